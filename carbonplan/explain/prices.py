r"""What limits are worth beside a plan, in the units of the scenario.

With whole numbers held, the objective z changes with a number p of the scenario by

.. math:: \frac{dz}{dp} = \sum_i y_i \Big(\frac{db_i}{dp} - \frac{da_i}{dp} x\Big)
   + \sum_j d_j \frac{du_j}{dp} + \frac{dc}{dp} x

with the duals y of the rows, the reduced costs d of the columns and the plan x. How sides b,
coefficients a, bounds u and costs c move with p is read from the program that is stamped with
another p, so that one number is followed to every row that it stands behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.explain.limit import Limit
from carbonplan.explain.subject import Subject
from carbonplan.solve.prices import Prices

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from carbonplan.program import Layout, Program

BINDS = 1e-6  # slack, relative to a limit's number, at which it binds
STILL = 1e-12  # change of a side that is none


@dataclass(frozen=True)
class Standing:
    """How a limit stands beside a plan.

    Attributes
    ----------
    binds
        Whether it has no slack left; None where no row tells.
    slack
        Least that is left of it anywhere, in its unit; None where no row tells.
    hours_share
        Share of the horizon's hours in which it binds [1].
    price
        Objective for one unit more, with whole numbers held; None where it is about whole
        servers alone, or no row tells.
    """

    limit: Limit
    binds: bool | None
    slack: float | None
    hours_share: float
    price: float | None

    @property
    def saves_per_unit(self) -> float | None:
        """What the price says that one unit of relaxing it saves."""
        return None if self.price is None else -self.price * np.sign(self.limit.step)

    @property
    def saves_by_step(self) -> float | None:
        """What the price says that the whole step saves."""
        return None if self.price is None else -self.price * self.limit.step


@dataclass(frozen=True)
class Moved:
    """What moves with a limit: room of rows at a plan and bounds of columns, by its unit.

    Attributes
    ----------
    program
        The one with the limit another by ``probe``.
    """

    program: Program
    probe: float

    def rates(self, subject: Subject) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """How far the room of rows and the upper bounds of columns grow for one unit."""
        bounds = self.program.column_upper - subject.program.column_upper
        return row_rates(subject, self.program, self.probe), bounds / self.probe


def moved_by(subject: Subject, limit: Limit) -> Moved | None:
    """What moves with a limit; None where no row or bound does by itself."""
    probe = limit.step if limit.probe is None else limit.probe
    if limit.changed is None or not probe:
        return None
    other = subject.program_of(limit.changed(subject.problem, limit.value + probe))
    alike = other.matrix.shape == subject.program.matrix.shape
    return Moved(other, probe) if alike else None


def standing(subject: Subject, limit: Limit, prices: Prices | None) -> Standing:
    """Slack and price of a limit beside a plan."""
    moved = moved_by(subject, limit)
    if moved is None:
        refused = limit.changed is None and limit.value == 0
        return Standing(limit, True if refused else None, 0.0 if refused else None, 1.0, None)
    return standing_with(subject, limit, moved, prices)


def standing_with(
    subject: Subject, limit: Limit, moved: Moved, prices: Prices | None
) -> Standing:
    """The same where it is known what moves with the limit."""
    rates, bounds = moved.rates(subject)
    slack, hours_share = _slack(subject, limit, rates, bounds)
    if slack is None:
        return Standing(limit, None, None, 0.0, None)
    binds = slack <= BINDS * max(abs(limit.value), 1.0)
    price = None
    if prices is not None and not limit.is_whole:
        price = _price(subject, limit, prices, moved) if binds else 0.0
    return Standing(limit, binds, max(slack, 0.0), hours_share if binds else 0.0, price)


def row_rates(subject: Subject, other: Program, probe: float) -> NDArray[np.float64]:
    """How far the room of each row grows for a unit of what changed, at the plan, (row,)."""
    here = subject.program
    moved = sides(other) - sides(here)
    used = (other.matrix - here.matrix) @ subject.values
    return (moved - used) / probe


def sides(program: Program) -> NDArray[np.float64]:
    """The upper side of each row, or the lower one where there is no upper; 0 without any."""
    side = np.where(np.isfinite(program.row_upper), program.row_upper, program.row_lower)
    return np.where(np.isfinite(side), side, 0.0)


def _price(subject: Subject, limit: Limit, prices: Prices, moved: Moved) -> float:
    """Objective for one unit more of a limit; columns count where the limit is on them."""
    rates, bounds = moved.rates(subject)
    cost = (moved.program.cost - subject.program.cost) @ subject.values / moved.probe
    of_columns = 0.0
    for family in limit.families:
        if family in subject.program.columns:
            columns = subject.program.columns[family].positions.ravel()
            at_upper = np.minimum(prices.columns[columns], 0.0)  # of a column at its lower: > 0
            of_columns += float(at_upper @ bounds[columns])
    return float(prices.rows @ rates + of_columns + cost) + 0.0


def _slack(
    subject: Subject, limit: Limit, rates: NDArray, bounds: NDArray
) -> tuple[float | None, float]:
    """Least slack of a limit's rows and columns in its unit, and hours in which it is least."""
    program, found = subject.program, []
    activity = program.matrix @ subject.values
    room = np.fmin(program.row_upper - activity, activity - program.row_lower)
    left = program.column_upper - subject.values
    for family in limit.families:
        if family in program.rows:
            found.append(_in_unit(program.rows[family], room, rates))
        if family in program.columns:
            found.append(_in_unit(program.columns[family], left, bounds))
    slacks = np.concatenate([one.ravel() for one in found]) if found else np.array([])
    if not np.isfinite(slacks).any():
        return None, 0.0
    least = float(np.min(slacks))
    level = max(least, 0.0) + BINDS * max(abs(limit.value), 1.0)
    return least, max(_hours_share(subject, one <= level) for one in found)


def _in_unit(layout: Layout, room: NDArray, rates: NDArray) -> NDArray[np.float64]:
    """Room of a family in the unit of a limit; infinite where it does not move with it."""
    room, rate = room[layout.positions], np.abs(rates[layout.positions])
    moves = rate > STILL
    return np.where(moves, room / np.where(moves, rate, 1.0), np.inf)


def _hours_share(subject: Subject, binding: NDArray[np.bool_]) -> float:
    """Share of the hours in which any row of a family binds; of the fleet's, all or none."""
    if binding.ndim == 1:
        return float(binding.any())
    hours = subject.problem.data["hours"].values
    return float(hours[binding.any(axis=0)].sum() / hours.sum())
