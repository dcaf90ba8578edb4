"""What one attempt at a program is asked, and what it answers; both cross process borders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from carbonplan.solve.arrays import Arrays, Floats
from carbonplan.solve.limits import Progress
from carbonplan.solve.status import Claim

SMALLEST_PRICED_SHARE = 1e-2

Report = Callable[[Progress], None]


@dataclass(frozen=True)
class Job:
    """One rung of the ladder: how to solve, and for how long.

    Attributes
    ----------
    start
        A plan that is known, in the units of the arrays; one that is not sound is ignored.
    """

    seconds: float
    gap: float
    threads: int = 1
    seed: int = 0
    tolerance: float = 1e-7
    presolve: bool = True
    max_nodes: int | None = None
    start: Floats | None = None

    def absolute_gap(self, arrays: Arrays) -> float:
        """Gap that no decision can close: a share of the cheapest unit of any decision."""
        prices = np.abs(arrays.cost[arrays.cost != 0])
        return self.gap * SMALLEST_PRICED_SHARE * float(prices.min(initial=1.0))

    def lasting(self, seconds: float) -> Job:
        """Return the same job with another time limit."""
        return replace(self, seconds=seconds)


@dataclass(frozen=True)
class Incumbent:
    """The best plan so far, in the units of the arrays that were solved."""

    values: Floats
    objective: float
    bound: float | None
    nodes: int
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """What an attempt claims, in the units of the arrays that were solved.

    Attributes
    ----------
    values
        Polished: whole columns are whole, the rest is optimal for them to 1e-9. In a large
        program, which is sifted, it is so among the columns that were chosen; more are looked
        for unless the plan is within half of the gap, and until a tenth of it is left.
    safe_bound
        Proved without trust in the solver (:mod:`carbonplan.solve.bounds`).
    relaxed_rows
        Infeasible and confirmed: (row, amount) by which rows had to give way; None where the
        claim was not confirmed.
    """

    claim: Claim
    values: Floats | None = None
    objective: float | None = None
    bound: float | None = None
    safe_bound: float | None = None
    nodes: int = 0
    relaxed_rows: tuple[tuple[int, float], ...] | None = None
    steps: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    solver_version: str = ""


@dataclass(frozen=True)
class Listener:
    """Whom an attempt asks whether to stop, and tells how it stands."""

    interrupted: Callable[[], bool] = lambda: False
    progress: Report = lambda _progress: None
    incumbent: Callable[[Incumbent], None] = lambda _incumbent: None
