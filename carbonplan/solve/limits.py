"""What a solve may use, and what it says while it runs."""

from __future__ import annotations

import math
from dataclasses import dataclass

from carbonplan.errors import UsageError

LARGEST_SEED = 2**31 - 2  # the retry ladder adds one, HiGHS takes 31 bits


@dataclass(frozen=True)
class Limits:
    """What a solve may use; anything out of range is refused, never ignored.

    Attributes
    ----------
    gap
        Relative gap at which a plan counts as optimal, (objective - bound) / |objective| [1].
    time_limit_s
        Wall clock [s].
    threads
        Of the solver; every solve of one process must ask for the same number.
    seed
        Same seed, same threads, same program: same plan, unless the time limit ends the solve.
    allow_range
        Solve although the range audit fails; the answer is then cross-checked.
    memory_gb
        Address space of the worker process [10⁹ bytes]; None for no limit.
    max_nodes
        A limit on branch-and-bound nodes is reproducible where one on time is not.
    """

    gap: float = 1e-4
    time_limit_s: float = 600.0
    threads: int = 1
    seed: int = 0
    allow_range: bool = False
    memory_gb: float | None = None
    max_nodes: int | None = None

    def __post_init__(self) -> None:
        """Refuse what HiGHS would silently ignore."""
        wrong = [message for holds, message in self._rules() if not holds]
        if wrong:
            raise UsageError("; ".join(wrong))

    def _rules(self) -> tuple[tuple[bool, str], ...]:
        return (
            (0 <= self.gap < math.inf, f"gap {self.gap}: expected a number >= 0"),
            (
                0 < self.time_limit_s < math.inf,
                f"time_limit_s {self.time_limit_s}: expected seconds > 0",
            ),
            (_whole(self.threads, 1, 1024), f"threads {self.threads}: expected 1 or more"),
            (
                _whole(self.seed, 0, LARGEST_SEED),
                f"seed {self.seed}: expected a whole number from 0 to {LARGEST_SEED}",
            ),
            (
                self.memory_gb is None or 0 < self.memory_gb < math.inf,
                f"memory_gb {self.memory_gb}: expected 10⁹ bytes > 0",
            ),
            (
                self.max_nodes is None or _whole(self.max_nodes, 0, LARGEST_SEED),
                f"max_nodes {self.max_nodes}: expected a whole number >= 0",
            ),
        )


@dataclass(frozen=True)
class Progress:
    """Where a running solve stands, in the objective's unit."""

    seconds: float
    objective: float | None
    bound: float | None
    gap: float | None
    nodes: int
    phase: str


def relative_gap(objective: float | None, bound: float | None) -> float | None:
    """Gap of a plan, (objective - bound) / |objective|; None where it has no meaning [1]."""
    if objective is None or bound is None or objective == 0:
        return None
    return max(objective - bound, 0.0) / abs(objective)


def _whole(value: object, lowest: int, highest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest
