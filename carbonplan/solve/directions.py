r"""Row duals that price columns which the program they come from did not have.

In a program restricted to some columns, the dual of a row in which nothing moves is arbitrary:
what such a row holds back would look free, and columns that are far too dear would look cheap.
Call rows at rest that are held at a side with all their columns at lower bounds. Their duals
can be chosen anew without moving the point that the others belong to. The best choice for
*all* columns is that of the program of directions in which columns at rest might move,

.. math:: \min_z \sum_j d_j z_j \quad \text{with} \quad A z \ge 0 \ (\le, =) \text{ in rows at
   rest}, \quad 0 \le z \le u - l

with d the reduced costs by the other rows' duals. Its duals are those of the rows at rest; its
optimum is what the bound still lacks, and columns that move in it are those that a better plan
needs, capacity and all. Capacity costs what the cheapest way to get it costs, nothing starts
for an hour that does not pay for its start, and most columns turn out to be too dear.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from carbonplan.solve.arrays import Arrays, Floats
from carbonplan.solve.highs import Model, Settings
from carbonplan.solve.parts import Columns, Rows, rows_of
from carbonplan.solve.start import Method
from carbonplan.solve.status import Claim
from carbonplan.solve.watching import Watcher

AT_REST = 1e-7  # distance from the lower bound below which a column does not move
TIGHT = 1e-9  # distance from its side below which a row at rest is held there
MOVES = 1e-7
UNBOUNDED = 1.0  # how far a column without an upper bound may move: the direction matters


@dataclass(frozen=True)
class Prices:
    """What pricing all columns came to.

    Attributes
    ----------
    claim
        Proved, or why there are no prices.
    duals
        Of all rows, (row,).
    moving
        Columns that move where a better plan may lie, (column,).
    """

    claim: Claim
    duals: Floats
    moving: Columns


class Pricing:
    """The program of directions, kept in HiGHS: from point to point it changes little."""

    def __init__(self, settings: Settings) -> None:
        self._settings = replace(settings, method=Method.DUAL, presolve=False)
        self._model: Model | None = None

    def prices(
        self, arrays: Arrays, values: Floats, duals: Floats, watcher: Watcher, seconds: float
    ) -> Prices:
        """Price all columns at a point, given the duals of the rows in which something moves.

        Parameters
        ----------
        arrays
            The program; from call to call its matrix stays the same.
        values
            A point, optimal in some columns, (column,).
        duals
            Of its rows; those of rows at rest do not matter, (row,).
        """
        at_lower, at_upper, free = at_rest(arrays, values)
        resting = at_lower | at_upper
        kept = np.where(resting, 0.0, duals)
        directions = replace(
            arrays,
            cost=arrays.reduced_costs(kept),
            offset=0.0,
            lower=np.zeros(arrays.columns_count),
            upper=np.where(free, _room(arrays), 0.0),
            row_lower=np.where(at_lower, 0.0, -np.inf),
            row_upper=np.where(at_upper, 0.0, np.inf),
        )
        answer = self._loaded(directions).run(watcher, time_limit_s=seconds)
        if answer.claim is Claim.PROVED and answer.duals is None:
            answer = replace(answer, claim=Claim.FAILED)
        if answer.claim is not Claim.PROVED:
            return Prices(answer.claim, kept, np.zeros_like(free))
        return Prices(
            answer.claim, np.where(resting, answer.duals, duals), answer.values > MOVES
        )

    def _loaded(self, directions: Arrays) -> Model:
        """The model with the program of directions; it goes on from its last basis."""
        if self._model is None:
            self._model = Model(directions, self._settings)
        else:
            self._model.set_costs(directions.cost)
            self._model.set_bounds(directions.lower, directions.upper)
            self._model.set_rows(directions.row_lower, directions.row_upper)
        return self._model


def at_rest(arrays: Arrays, values: Floats) -> tuple[Rows, Rows, Columns]:
    """Rows at rest at their lower and at their upper side, and columns that might move."""
    moved = ~(values - arrays.lower <= AT_REST)
    lower = np.where(np.isfinite(arrays.lower), arrays.lower, 0.0)
    activity = arrays.activities(lower)
    is_still = ~rows_of(arrays, moved)
    at_lower = is_still & (np.abs(activity - arrays.row_lower) <= TIGHT)
    at_upper = is_still & (np.abs(activity - arrays.row_upper) <= TIGHT)
    return at_lower, at_upper, ~moved & (arrays.lower < arrays.upper)


def _room(arrays: Arrays) -> Floats:
    """How far each column may rise."""
    has_room = np.isfinite(arrays.upper) & np.isfinite(arrays.lower)
    return np.where(has_room, arrays.upper - np.where(has_room, arrays.lower, 0.0), UNBOUNDED)
