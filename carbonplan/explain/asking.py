"""Questions that are answered by solving again, within one limit on time."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from carbonplan.solve import Limits, Solution, Status, solve
from carbonplan.steps import unless_interrupted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from carbonplan.program import Program

UNANSWERED = (Status.NO_PLAN, Status.UNRELIABLE, Status.OUT_OF_MEMORY)


NOISE = 1e-6  # share of an objective that is rounding


class OutOfTime(Exception):
    """The time for all questions is over; what was found so far stands."""


@dataclass(frozen=True)
class Difference:
    """How much more one optimum is than another, in the objective's unit.

    Attributes
    ----------
    found
        Between the plans that were found; None where one has no plan.
    at_least, at_most
        What bounds and plans prove; None where nothing is.
    """

    found: float | None
    at_least: float | None
    at_most: float | None

    def is_within(self, room: float) -> bool:
        """Whether nothing beyond so much is found, and none can be."""
        return self.at_most is not None and self.at_most <= room

    def never_negative(self) -> Difference:
        """The same where more freedom cannot make an optimum worse."""
        ends = (self.found, self.at_least, self.at_most)
        return Difference(*(None if one is None else max(one, 0.0) for one in ends))


@dataclass(frozen=True)
class Known:
    """An objective that was found, and the bound that was proven."""

    objective: float | None
    bound: float | None

    def more_than(self, other: Known) -> Difference:
        """How much more this optimum is than another."""
        return Difference(
            _less(self.objective, other.objective),
            _less(self.bound, other.objective),
            _less(self.objective, other.bound),
        )


def known(solution: Solution) -> Known:
    """What a solve says of its optimum."""
    return Known(solution.objective, solution.bound)


@dataclass
class Asker:
    """Solves programs until the time is over.

    Attributes
    ----------
    limits
        Of each solve; its time is cut to what is left.
    seconds
        For all solves together.
    isolated
        As ``solve`` has it.
    solves
        How many there were.
    """

    limits: Limits
    seconds: float
    isolated: bool = True
    solves: int = 0
    _started: float = field(default_factory=time.monotonic)

    @property
    def spent_s(self) -> float:
        """Time since the first question [s]."""
        return time.monotonic() - self._started

    @property
    def left_s(self) -> float:
        """Time for what is still to be asked [s]."""
        return max(self.seconds - self.spent_s, 0.0)

    def require_time(self) -> None:
        """Nothing where there is time for another question, else ``OutOfTime``."""
        if self.left_s <= 0.0:
            raise OutOfTime

    def solve(self, program: Program, start: NDArray | None = None) -> Solution:
        """The solution of a program: a plan with its bound, or the proof that there is none.

        Raises
        ------
        OutOfTime
            Neither was found in the time that is left.
        """
        self.require_time()
        limits = replace(self.limits, time_limit_s=min(self.limits.time_limit_s, self.left_s))
        usable = start if start is not None and len(start) == len(program.cost) else None
        self.solves += 1
        found = unless_interrupted(solve(program, limits, isolated=self.isolated, start=usable))
        if found.values is None and found.status in UNANSWERED:
            raise OutOfTime
        return found


def _less(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other
