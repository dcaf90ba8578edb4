"""What arithmetic alone shows before any program is solved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.courses import slot_names
from carbonplan.diagnose import capacity, money, service
from carbonplan.diagnose.records import Finding
from carbonplan.diagnose.room import Room

if TYPE_CHECKING:
    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.configurations import Configurations
    from carbonplan.problem import Problem


def findings(
    inputs: Inputs, configurations: Configurations | None, problem: Problem | None
) -> tuple[Finding, ...]:
    """Reasons for which no plan can exist, the plainest first; most scenarios have none.

    Parameters
    ----------
    configurations, problem
        None where nothing serves anything, or a class or an origin cannot be served.
    """
    if configurations is None or problem is None:
        return tuple(service.findings(inputs, configurations))
    times, run = slot_names(inputs.series), inputs.series["run"].values
    return of_problem(problem, times, run)


def of_problem(
    problem: Problem, times: list[str], run: NDArray[np.int64]
) -> tuple[Finding, ...]:
    """What of a problem cannot be had, paid or kept within its bounds."""
    with np.errstate(divide="ignore", invalid="ignore"):
        room = Room.of(problem)
        return (*capacity.findings(room, times, run), *money.findings(room))
