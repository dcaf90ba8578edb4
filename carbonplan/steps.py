"""Steps on the way to a plan that every way of planning shares."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carbonplan.errors import (
    EnvironmentFailed,
    Interrupted,
    NoPlanExists,
    StoppedWithoutPlan,
    Terminated,
    UnreliableAnswer,
)
from carbonplan.solve.limits import Limits, Progress
from carbonplan.solve.solution import Solution, Status

if TYPE_CHECKING:
    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.configurations import Configurations
    from carbonplan.problem import Problem
    from carbonplan.program import Program
    from carbonplan.solve.lexicographic import Ordered

log = logging.getLogger(__name__)
Report = Callable[[Progress], None]


@dataclass
class Stopwatch:
    """Seconds of each step."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step; steps of one name add up."""
        started = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - started
            self.seconds[name] = self.seconds.get(name, 0.0) + spent
            log.info("%s: %.2f s", name, spent)


def formulate(inputs: Inputs, watch: Stopwatch) -> tuple[Configurations, Problem, Program]:
    """What a replica can be, what is to be decided, and the program of it."""
    from carbonplan.configurations import enumerate_configurations
    from carbonplan.formulation.build import template
    from carbonplan.problem import assemble
    from carbonplan.program.compiled import collector_paused, compile_model
    from carbonplan.program.stamping import stamp_compiled

    with collector_paused():
        with watch.step("model"):
            configurations = enumerate_configurations(inputs)
            problem = assemble(inputs, configurations)
            model = template(problem)
        with watch.step("compile"):
            compiled = compile_model(model)
        with watch.step("stamp"):
            program = stamp_compiled(compiled, problem)
    return configurations, problem, program


def solved(
    problem: Problem,
    program: Program,
    inputs: Inputs,
    limits: Limits,
    on_progress: Report | None,
) -> Solution:
    """A solution with values, or the error that says why there is none."""
    from carbonplan.solve import solve

    solution = solve(program, limits, on_progress=on_progress)
    return with_values(problem, solution, inputs, limits)


def solved_in_order(
    problem: Problem,
    program: Program,
    inputs: Inputs,
    limits: Limits,
    on_progress: Report | None,
) -> Ordered:
    """The plan of a scenario's levels, each least within those before it."""
    from carbonplan.solve.lexicographic import solve_in_order

    levels = inputs.scenario.objective.lexicographic or ()
    order = [(level.impact, level.slack) for level in levels]
    ordered = solve_in_order(program, order, limits, on_progress=on_progress)
    with_values(problem, ordered.solution, inputs, limits)
    return ordered


def with_values(
    problem: Problem, solution: Solution, inputs: Inputs, limits: Limits
) -> Solution:
    """The solution, or the error that says why it has no values."""
    if solution.values is not None:
        return solution
    name = inputs.scenario.name
    if solution.status is Status.INFEASIBLE:
        from carbonplan.catalogue.courses import slot_names
        from carbonplan.diagnose import reasons

        raise NoPlanExists(name, reasons(problem, limits, slot_names(inputs.series)))
    raise _without_plan(name, solution)


def unless_interrupted(solution: Solution) -> Solution:
    """The solution, unless it was asked to stop: what builds on it stops as well."""
    if solution.status is not Status.INTERRUPTED:
        return solution
    kind = Interrupted if solution.interrupted_by == "SIGINT" else Terminated
    raise kind("interrupted before all plans that were to be compared were found")


def _without_plan(name: str, solution: Solution) -> Exception:
    """The error of a solve that ended without a plan."""
    steps = "".join(f"\n  - {step}" for step in solution.steps)
    match solution.status:
        case Status.NO_PLAN:
            found = "none" if solution.bound is None else f"{solution.bound:.6g}"
            return StoppedWithoutPlan(
                f"{name}: the time limit ended the search before a plan was found (bound: "
                f"{found}); allow more time, a larger gap or fewer slots{steps}"
            )
        case Status.INTERRUPTED:
            kind = Interrupted if solution.interrupted_by == "SIGINT" else Terminated
            return kind(f"{name}: interrupted before a plan was found")
        case Status.OUT_OF_MEMORY:
            return EnvironmentFailed(
                f"{name}: out of memory; fewer slots, regions or SKUs need less{steps}"
            )
        case _:
            return UnreliableAnswer(f"{name}: no answer survived its checks{steps}")
