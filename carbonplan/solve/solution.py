"""What a solver run says: values, bound and status together."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class Status(StrEnum):
    """How a solve ended."""

    OPTIMAL = "optimal"  # within the gap asked for
    FEASIBLE = "feasible"  # a plan, stopped at a limit before the gap was reached
    INFEASIBLE = "infeasible"  # confirmed by an elastic solve
    NO_PLAN = "no plan found"  # stopped at a limit without a plan
    UNRELIABLE = "unreliable"  # unbounded, or answers that contradict each other
    INTERRUPTED = "interrupted"  # stopped by a signal, with or without a plan
    OUT_OF_MEMORY = "out of memory"


@dataclass(frozen=True)
class Solution:
    """Outcome of one solve of a ``Program``.

    Attributes
    ----------
    values
        One value for each column of the program, or None without a plan.
    objective, bound
        Of the polished plan, and proven; in the objective's unit.
    gap
        (objective - bound) / |objective|; None where either is missing or the objective is 0.
    violated_rows
        Infeasible: rows of the program that an elastic solve had to relax, largest first.
    steps
        One line for each step of the protocol (audit, heuristic, solve, polish, ladder, ...).
    """

    status: Status
    values: NDArray[np.float64] | None
    objective: float | None
    bound: float | None
    gap: float | None
    violated_rows: tuple[tuple[int, float], ...]
    nodes: int
    seconds: float
    steps: tuple[str, ...]
    solver: str  # name and version
    interrupted_by: str | None = None  # name of the signal that stopped the solve
