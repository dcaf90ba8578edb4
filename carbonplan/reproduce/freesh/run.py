"""Every window of a FREESH folder planned, and held against what was published of it.

A window goes the way of any scenario: written to a file, loaded, gathered, formulated, solved
to a gap of 0, made a plan and verified. Windows share nothing and run in several processes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from carbonplan.errors import NoPlanExists
from carbonplan.reproduce.freesh.data import Optimum, Study
from carbonplan.reproduce.freesh.scenario import (
    EWS_PER_KG,
    J_PER_KWH,
    Question,
    write_window,
)

if TYPE_CHECKING:
    from carbonplan.plan import Plan

PROCESSES = 2
SAME = 1e-6  # relative, between our objective and the published one
PUBLISHED_RUN = Question(("a",))  # what the published optima answer


@dataclass(frozen=True)
class Answer:
    """What came of a window.

    Attributes
    ----------
    status
        "optimal", "infeasible", or how the solve ended.
    objective
        Of the question, in the study's units: e W s for carbon, J for energy.
    carbon_ews, energy_j
        Both impacts of the plan.
    partition
        The one in use.
    violations
        What verification found wrong with the plan: nothing.
    published, difference
        What was published, and our objective's relative difference from it.
    """

    window: int
    status: str
    objective: float | None = None
    carbon_ews: float | None = None
    energy_j: float | None = None
    partition: str | None = None
    violations: tuple[str, ...] = ()
    published: Optimum | None = None
    difference: float | None = None

    @property
    def agrees(self) -> bool | None:
        """Whether status and objective are the published ones; None where there are none."""
        if self.published is None:
            return None
        same = self.difference is None or self.difference <= SAME
        return self.status == self.published.status and same


@dataclass(frozen=True)
class Totals:
    """Sums over the windows that have a plan."""

    windows: int
    planned: int
    infeasible: int
    carbon_ews: float
    energy_j: float
    partitions: dict[str, int]
    published: int
    agreeing: int


def reproduce(
    study: Study,
    question: Question,
    windows: Sequence[int],
    processes: int = PROCESSES,
    told: Callable[[Answer], None] | None = None,
) -> list[Answer]:
    """Plan the windows, in their order.

    Parameters
    ----------
    told
        Called with each answer as soon as it and those before it are there.
    """
    answers = []
    for answer in _planned(study, question, windows, processes):
        compared = with_published(study, question, answer)
        if told is not None:
            told(compared)
        answers.append(compared)
    return answers


def _planned(
    study: Study, question: Question, windows: Sequence[int], processes: int
) -> Iterator[Answer]:
    one = partial(plan_window, study, question)
    if processes == 1 or len(windows) == 1:
        yield from map(one, windows)
        return
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        yield from pool.map(one, windows)


def plan_window(study: Study, question: Question, window: int) -> Answer:
    """Plan one window by way of its scenario file."""
    from carbonplan.catalogue.gather import gather
    from carbonplan.plan import make_plan
    from carbonplan.scenario import load
    from carbonplan.solve import Limits, solve
    from carbonplan.solve.solution import Status
    from carbonplan.steps import Stopwatch, formulate
    from carbonplan.verify import verify

    with tempfile.TemporaryDirectory(prefix="carbonplan-") as folder:
        inputs = gather(load(write_window(study, question, window, Path(folder))))
    try:
        configurations, _, program = formulate(inputs, Stopwatch())
    except NoPlanExists:
        return Answer(window, Status.INFEASIBLE.value)
    solver = inputs.scenario.solver
    limits = Limits(solver.gap, solver.time_limit_s, solver.threads, solver.seed)
    solution = solve(program, limits, isolated=False)  # a worker would cost more than it
    if solution.values is None:
        return Answer(window, solution.status.value)
    plan = make_plan(inputs, configurations, program, solution)
    answer = _answer(window, question, plan)
    violations = verify(inputs, plan).violations
    return replace(answer, status=solution.status.value, violations=violations)


def _answer(window: int, question: Question, plan: Plan) -> Answer:
    carbon_ews = plan.impacts["operational_carbon"].value * EWS_PER_KG
    energy_j = plan.impacts["energy"].value * J_PER_KWH
    return Answer(
        window,
        "",
        objective=carbon_ews if question.objective == "carbon" else energy_j,
        carbon_ews=carbon_ews,
        energy_j=energy_j,
        partition=_partition(question, plan),
    )


def _partition(question: Question, plan: Plan) -> str:
    """The partition in use; the only one where there is no choice."""
    if len(question.partitions) == 1:
        return question.partitions[0]
    chosen = plan.data["chosen"].isel(slot=0)
    (name,) = chosen["partition"].values[chosen.values > 0.5]
    return str(name).rpartition("/")[2]


def with_published(study: Study, question: Question, answer: Answer) -> Answer:
    """The answer beside the published one, where the question is the published run's."""
    published = study.published.get(answer.window)
    if published is None or question != PUBLISHED_RUN:
        return answer
    if published.objective is None or answer.objective is None:
        return replace(answer, published=published)
    difference = abs(answer.objective - published.objective) / abs(published.objective)
    return replace(answer, published=published, difference=difference)


def totals(answers: Sequence[Answer]) -> Totals:
    """Sums of the answers."""
    planned = [one for one in answers if one.objective is not None]
    names = [one.partition for one in planned if one.partition is not None]
    return Totals(
        windows=len(answers),
        planned=len(planned),
        infeasible=sum(one.status == "infeasible" for one in answers),
        carbon_ews=sum(one.carbon_ews or 0.0 for one in planned),
        energy_j=sum(one.energy_j or 0.0 for one in planned),
        partitions={name: names.count(name) for name in sorted(set(names))},
        published=sum(one.published is not None for one in answers),
        agreeing=sum(one.agrees is True for one in answers),
    )
