r"""The plans of a front from the few columns that its points share.

Most columns of a program are zero in every plan of its front. Those that coarse programs use
for each impact alone are solved; pricing (:mod:`carbonplan.solve.directions`) says which others
are missed, and these stay for all later points. What the duals prove holds for all columns.

Limits on impacts may be exceeded for a price (:mod:`carbonplan.solve.elastic`), so that no run
ends without a point. Whole numbers are found in the columns at hand: the fleet of the
relaxation is rounded up, or dived for (:mod:`carbonplan.solve.diving`), where an excess costs
little more than its dual. What that leaves open of the gap is left open.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from carbonplan.solve.arrays import FLEET, Arrays, Floats
from carbonplan.solve.coarse import labels_of
from carbonplan.solve.criteria import Criteria
from carbonplan.solve.directions import Pricing
from carbonplan.solve.diving import dive, exchanged
from carbonplan.solve.elastic import elastic, stretched
from carbonplan.solve.faults import answer_faults, plan_faults
from carbonplan.solve.finder import Means, Relaxed, raised
from carbonplan.solve.highs import Model
from carbonplan.solve.parts import Columns, restricted, rows_of, slots_count
from carbonplan.solve.planes import Plane, plane_of_duals
from carbonplan.solve.sifting import Sifted
from carbonplan.solve.start import Basis, Method
from carbonplan.solve.status import Answer, Claim

FEWEST_COLUMNS, FEWEST_SLOTS = 5_000, 20  # with fewer, the whole program is as fast
FEW_COLUMNS, MANY_COLUMNS = 8_000, 15_000  # in which simplex is slower than an interior point
MOST_ROUNDS = 4
SHARE_OF_GAP = 0.1  # of the gap asked for, which the relaxation may leave open
SMALLEST_ROOM = 1e-7
CHEAP = 1e-6  # reduced cost below which a column is worth having
STEEPEST = 20_000.0  # price of an excess, in weights of the impact: no trade is that dear
DEARER = 1.05  # than its dual is what an excess costs in a dive
LEAST_PRICE = 1e-3  # of the price above
EXCHANGES = 2  # of whole units that are tried for a point


@dataclass(frozen=True)
class State:
    """The last relaxation: what was asked, in which columns, and where it ended."""

    asked: Arrays
    columns: Columns
    part: Arrays
    basis: Basis
    answer: Answer
    prices: Floats
    seconds: float


def is_shared(criteria: Criteria) -> bool:
    """Whether a program is large and even enough, and only its fleet must be whole."""
    arrays = criteria.arrays
    if arrays.columns_count < FEWEST_COLUMNS or slots_count(arrays) < FEWEST_SLOTS:
        return False
    return bool((arrays.slot[arrays.integer] == FLEET).all()) and labels_of(arrays) is not None


class SharedColumns:
    """The columns that points of a front share, and the last relaxation in them."""

    is_elastic = True

    def __init__(self, criteria: Criteria, means: Means) -> None:
        self.criteria = criteria
        self.means = means
        self.labels = labels_of(criteria.arrays)
        self.program = stretched(criteria)
        is_fleet = criteria.arrays.slot == FLEET
        self.chosen = is_fleet | ~np.isfinite(criteria.arrays.lower)
        self.settings = means.settings(means.limits.gap)
        self.pricing = Pricing(self.settings)
        self.state: State | None = None

    def relaxed(self, impact: int, weights: Floats, at_most: Floats) -> Relaxed:
        """Solve without whole numbers, and leave the planes that the duals prove."""
        is_limited = np.isfinite(at_most)
        prices = np.where(is_limited, STEEPEST * weights, 0.0)
        asked = elastic(self.program, self.criteria, weights, at_most, prices)
        plane = None
        for _ in range(MOST_ROUNDS):
            answer = self._solved(asked)
            if answer.claim is not Claim.PROVED:
                return Relaxed(answer.claim)
            values = answer.values[: -len(prices)]
            plane, missed = self._proved(weights, answer)
            self.means.planes.append(plane)
            if not missed.any() or self._is_tight(plane, impact, values):
                break
            self._take(missed)
        return Relaxed(answer.claim, values, self._least(weights, plane, at_most))

    def plans(self, relaxed: Relaxed, weights: Floats, at_most: Floats) -> Iterator[Floats]:
        """Plans with the fleet rounded up, and dived for, before and after exchanges."""
        del weights, at_most  # the relaxation has them
        if relaxed.values is None:
            return
        arrays = self.criteria.arrays
        plan = raised(arrays, relaxed.values)
        if not plan_faults(arrays, plan):
            yield plan
        yield from self._dived()

    def more_plans(
        self, found: Sequence[Floats], weights: Floats, at_most: Floats, missing: int
    ) -> Sequence[Floats]:
        """None: what is open of the gap is left open."""
        del found, weights, at_most, missing
        return []

    def widen(self, weights: Floats) -> None:
        """Take the columns that a coarse program with these costs uses."""
        cost = weights @ self.criteria.vectors
        program = replace(self.criteria.arrays.relaxed(), cost=cost)
        sifted = Sifted(program, self.settings, self.labels)
        sifted.widen(self.means.watcher, time_limit_s=self.means.seconds_left())
        if sifted.chosen is not None:
            self.chosen = self.chosen | sifted.chosen

    def _take(self, missed: Columns) -> None:
        """Take the missed columns, and those of the same decision in all other slots."""
        is_missed = np.zeros(self.labels.max(initial=0) + 1, dtype=bool)
        is_missed[self.labels[missed & (self.labels != FLEET)]] = True
        self.chosen |= is_missed[np.maximum(self.labels, 0)] & (self.labels != FLEET)

    def _solved(self, asked: Arrays) -> Answer:
        """Answer in the chosen columns, for all columns and rows."""
        started = time.monotonic()
        columns = np.concatenate([self.chosen, np.ones(len(self.criteria.names), dtype=bool)])
        rows = rows_of(asked, columns)
        part = restricted(asked, columns, asked.lower)
        is_limited = bool((asked.upper[-len(self.criteria.names) :] > 0).any())
        is_large = part.columns_count > (FEW_COLUMNS if is_limited else MANY_COLUMNS)
        method = Method.INTERIOR if is_large else Method.CHOICE
        settings = replace(self.settings, method=method)
        model = Model(part.relaxed(), settings)
        answer = self._run(model, self.means.seconds_left())
        if answer.claim is not Claim.PROVED or answer.duals is None:
            return answer.discarded()
        duals = np.zeros(asked.rows_count)
        duals[rows] = answer.duals
        prices = -np.minimum(duals[-len(self.criteria.names) :], 0.0)
        seconds = time.monotonic() - started
        self.state = State(asked, columns, part, model.basis(), answer, prices, seconds)
        return replace(answer, values=self._spread(answer.values), duals=duals)

    def _proved(self, weights: Floats, answer: Answer) -> tuple[Plane, Columns]:
        """The plane that completed duals prove, and the columns that are missed."""
        prices = self.state.prices
        count = len(prices)
        cost = (weights + prices) @ self.criteria.vectors
        program = replace(self.criteria.arrays.relaxed(), cost=cost)
        duals = np.concatenate([answer.duals[:-count], np.zeros(count)])
        found = self.pricing.prices(
            program,
            answer.values[:-count],
            duals,
            self.means.watcher,
            self.means.seconds_left(),
        )
        outside = ~self.chosen & (program.lower < program.upper)
        missed = outside & (found.moving | (program.reduced_costs(found.duals) < -CHEAP))
        proved = np.concatenate([found.duals[:-count], -prices])
        return plane_of_duals(self.criteria, weights, proved), missed

    def _is_tight(self, plane: Plane, impact: int, values: Floats) -> bool:
        """Whether a plane is as near to a point as asked."""
        at = self.criteria.impacts(values)
        room = max(SHARE_OF_GAP * self.settings.gap, SMALLEST_ROOM)
        return at[impact] - plane.bound(impact, at) <= room * abs(at[impact])

    def _least(self, weights: Floats, plane: Plane, at_most: Floats) -> float:
        """What weighted scaled impacts come to at least, by a plane without limits."""
        if np.isfinite(at_most).any():
            return -np.inf
        of_constants = float(weights @ (self.criteria.constants * self.criteria.units))
        return plane.constant - of_constants

    def _dived(self) -> Iterator[Floats]:
        """The plan at the end of a dive from the relaxation, and after exchanges."""
        program = self._priced_excess()
        model = Model(program.relaxed(), replace(self.settings, method=Method.DUAL))
        model.start_at(self.state.basis)

        def run(model: Model) -> Answer:
            return self._run(model, self.means.seconds_left())

        answer = dive(model, program, self.state.answer, run)
        if answer is None:
            return
        yield from self._sound(answer.values)
        if program.columns_count <= MANY_COLUMNS:
            yield from self._sound(exchanged(model, program, answer, run, EXCHANGES).values)

    def _priced_excess(self) -> Arrays:
        """The last part, in which an excess costs what its dual says, and little more."""
        prices = self.state.prices
        cost = self.state.part.cost.copy()
        cost[-len(prices) :] = np.maximum(DEARER * prices, LEAST_PRICE * cost[-len(prices) :])
        return replace(self.state.part, cost=cost)

    def _run(self, model: Model, seconds: float) -> Answer:
        answer = model.run(self.means.watcher, time_limit_s=seconds)
        return answer.discarded() if answer_faults(model.arrays, answer) else answer

    def _sound(self, values: Floats) -> Iterator[Floats]:
        """Values of all columns, if those of the part are a plan without limits."""
        arrays = self.criteria.arrays
        plan = self._spread(values)[: arrays.columns_count]
        plan = np.clip(plan, arrays.lower, arrays.upper)
        plan[arrays.integer] = np.round(plan[arrays.integer])
        if not plan_faults(arrays, plan):
            yield plan

    def _spread(self, values: Floats) -> Floats:
        columns = self.state.columns
        spread = np.where(columns, 0.0, self.program.lower)
        spread[columns] = values
        return spread
