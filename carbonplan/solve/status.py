"""What HiGHS says, reduced to what it means for us; total over its statuses.

The keys are names of ``highspy.HighsModelStatus``; a test compares them with the enum, so that
a new status of a new HiGHS cannot pass unnoticed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

TESTED_VERSIONS = ("1.15.1",)


class Claim(StrEnum):
    """What an answer claims; nothing is believed before it is checked."""

    PROVED = "proved"  # optimal within the gap
    STOPPED = "stopped"  # a limit was reached, with or without a plan
    INTERRUPTED = "interrupted"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"  # or infeasible
    OUT_OF_MEMORY = "out of memory"
    EMPTY = "empty"
    FAILED = "failed"


CLAIMS = {
    "kNotset": Claim.FAILED,
    "kLoadError": Claim.FAILED,
    "kModelError": Claim.FAILED,
    "kPresolveError": Claim.FAILED,
    "kSolveError": Claim.FAILED,
    "kPostsolveError": Claim.FAILED,
    "kModelEmpty": Claim.EMPTY,
    "kOptimal": Claim.PROVED,
    "kInfeasible": Claim.INFEASIBLE,
    "kUnboundedOrInfeasible": Claim.UNBOUNDED,
    "kUnbounded": Claim.UNBOUNDED,
    "kObjectiveBound": Claim.STOPPED,
    "kObjectiveTarget": Claim.STOPPED,
    "kTimeLimit": Claim.STOPPED,
    "kIterationLimit": Claim.STOPPED,
    "kUnknown": Claim.FAILED,
    "kSolutionLimit": Claim.STOPPED,
    "kInterrupt": Claim.INTERRUPTED,
    "kMemoryLimit": Claim.OUT_OF_MEMORY,
    "kHighsInterrupt": Claim.INTERRUPTED,
}


@dataclass(frozen=True)
class Answer:
    """What HiGHS claims; ``duals`` of rows only for programs without whole columns."""

    claim: Claim
    model_status: str
    values: NDArray[np.float64] | None
    objective: float | None
    bound: float | None
    nodes: int
    duals: NDArray[np.float64] | None = None

    def discarded(self) -> Answer:
        """Return the answer as one that is not believed."""
        return Answer(Claim.FAILED, self.model_status, None, None, None, self.nodes)
