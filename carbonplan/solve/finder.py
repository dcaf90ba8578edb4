"""How the plans of a front are looked for: what a run may use, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from carbonplan.solve.arrays import Arrays, Floats
from carbonplan.solve.highs import Settings
from carbonplan.solve.limits import Limits
from carbonplan.solve.planes import Plane
from carbonplan.solve.signals import Flag
from carbonplan.solve.status import Claim
from carbonplan.solve.watching import Watcher

ALREADY_WHOLE = 1e-6


@dataclass(frozen=True)
class Relaxed:
    """A point of the relaxation within limits on impacts.

    Attributes
    ----------
    values
        Of all columns of the scaled program; None where none was found, (column,).
    least
        What the weighted scaled impacts of any plan within the limits come to at least.
    """

    claim: Claim
    values: Floats | None = None
    least: float = -np.inf


@dataclass(frozen=True)
class Means:
    """What all runs of a front use together, and where they leave what they prove."""

    limits: Limits
    flag: Flag
    seconds_left: Callable[[], float]
    planes: list[Plane] = field(default_factory=list)

    @property
    def watcher(self) -> Watcher:
        """Stops a run when the front is interrupted."""
        return Watcher(lambda: bool(self.flag))

    def settings(self, gap: float) -> Settings:
        """Settings of a run with a gap."""
        return Settings(
            time_limit_s=self.limits.time_limit_s,
            gap=gap,
            threads=self.limits.threads,
            seed=self.limits.seed,
        )


class Finder(Protocol):
    """A way to the plan of least weighted impacts within limits.

    Attributes
    ----------
    is_elastic
        Limits may be exceeded: no plan within them does not mean that there is none.
    """

    is_elastic: bool

    def relaxed(self, impact: int, weights: Floats, at_most: Floats) -> Relaxed:
        """Solve without whole numbers, and leave the planes that the duals prove."""

    def widen(self, weights: Floats) -> None:
        """Look at what weighted impacts alone would use, before any run."""

    def plans(self, relaxed: Relaxed, weights: Floats, at_most: Floats) -> Iterator[Floats]:
        """Plans near to the relaxation, each after more work than the last."""

    def more_plans(
        self, found: Sequence[Floats], weights: Floats, at_most: Floats, missing: int
    ) -> Sequence[Floats]:
        """Plans from all that can be tried, where those found leave the gap open.

        Parameters
        ----------
        missing
            Points that share the time left.
        """


def raised(arrays: Arrays, values: Floats) -> Floats:
    """Return the point with its whole columns rounded up, as far as their bounds allow."""
    plan = np.clip(values, arrays.lower, arrays.upper)
    whole = arrays.integer
    plan[whole] = np.minimum(np.ceil(plan[whole] - ALREADY_WHOLE), arrays.upper[whole])
    return plan
