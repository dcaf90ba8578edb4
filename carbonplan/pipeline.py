"""From a loaded scenario to a verified plan in its folder: every step, in order."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from carbonplan.errors import (
    EnvironmentFailed,
    Interrupted,
    InvalidInput,
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
    from carbonplan.plan import Plan
    from carbonplan.problem import Problem
    from carbonplan.program import Program
    from carbonplan.scenario.loaded import LoadedScenario
    from carbonplan.verify import Verification

log = logging.getLogger(__name__)
Report = Callable[[Progress], None]
Renderer = Callable[["Plan"], Mapping[str, bytes]]


@dataclass(frozen=True)
class Options:
    """How to solve and where to write; None is what the scenario says."""

    gap: float | None = None
    time_limit_s: float | None = None
    threads: int | None = None
    seed: int | None = None
    out: Path | None = None  # None: nothing is written
    overwrite: bool = False
    baselines: tuple[str, ...] = ()
    allow_range: bool = False

    def limits(self, inputs: Inputs) -> Limits:
        """Limits of the solve: the scenario's, where none is given."""
        solver = inputs.scenario.solver
        given = {
            name: getattr(solver, name) if getattr(self, name) is None else getattr(self, name)
            for name in ("gap", "time_limit_s", "threads", "seed")
        }
        return Limits(**given, allow_range=self.allow_range)


@dataclass(frozen=True)
class Result:
    """A plan, the folder that it was written to, and whether it holds."""

    plan: Plan
    folder: Path | None
    verification: Verification


@dataclass(frozen=True)
class Checked:
    """What a valid scenario amounts to, and what is surprising about it."""

    sizes: Mapping[str, int]
    warnings: tuple[str, ...]


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


def validate(loaded: LoadedScenario) -> Checked:
    """Gather everything that a scenario names; every problem is raised at once."""
    from carbonplan.catalogue.gather import gather
    from carbonplan.scenario import warnings

    inputs = gather(loaded)
    sizes = {
        "regions": len(inputs.regions),
        "SKUs": len(inputs.servers),
        "LLMs": len(inputs.llms),
        "workloads": len(inputs.scenario.workloads),
        "request classes": len(inputs.classes),
        "slots": inputs.series.sizes["slot"],
    }
    return Checked(sizes, tuple(warnings(inputs.scenario)))


def run(
    loaded: LoadedScenario,
    options: Options,
    *,
    on_progress: Report | None = None,
    render: Renderer | None = None,
) -> Result:
    """Plan a scenario; write the plan if the options name a folder.

    Parameters
    ----------
    render
        Makes files that are written beside the plan, by their path in its folder: the report.

    Raises
    ------
    InvalidInput, NoPlanExists, StoppedWithoutPlan, UnreliableAnswer, EnvironmentFailed
        There is no plan; the error says why.
    """
    from carbonplan.baselines import chosen, compare
    from carbonplan.catalogue.gather import gather
    from carbonplan.plan import make_plan
    from carbonplan.scenario import warnings

    baselines = chosen(options.baselines)
    watch = Stopwatch()
    with watch.step("total"):
        with watch.step("load"):
            inputs = gather(loaded)
        limits = options.limits(inputs)
        configurations, problem, program = formulate(inputs, watch)
        with watch.step("solve"):
            solution = solved(problem, program, inputs, limits, on_progress)
        compared = [compare(b, problem, limits, on_progress) for b in baselines]
        with watch.step("write"):
            plan = make_plan(
                inputs,
                configurations,
                program,
                solution,
                timings=watch.seconds,
                warnings=warnings(inputs.scenario),
            )
            verification, plan = verified(inputs, plan)
            plan = replace(plan, summary={**plan.summary, "baselines": compared})
    plan = replace(plan, summary={**plan.summary, "timings_s": dict(watch.seconds)})
    return Result(plan, write_out(loaded, inputs, plan, options, render), verification)


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
    if solution.values is not None:
        return solution
    name = inputs.scenario.name
    if solution.status is Status.INFEASIBLE:
        from carbonplan.diagnose import reasons

        times = [f"{t:%Y-%m-%dT%H:%MZ}" for t in inputs.series["time_utc"].to_index()]
        raise NoPlanExists(name, reasons(problem, limits, times))
    raise _without_plan(name, solution)


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


def verified(inputs: Inputs, plan: Plan) -> tuple[Verification, Plan]:
    """Recompute a plan without the formulation, and note the outcome in its summary."""
    from carbonplan.verify import verify

    verification = verify(inputs, plan)
    outcome = {
        "holds": verification.ok,
        "checks": verification.checks,
        "violations": list(verification.violations),
    }
    return verification, replace(plan, summary={**plan.summary, "verification": outcome})


def write_out(
    loaded: LoadedScenario,
    inputs: Inputs,
    plan: Plan,
    options: Options,
    render: Renderer | None,
) -> Path | None:
    """Write the plan's folder, if one is asked for."""
    if options.out is None:
        return None
    from carbonplan.plan import write

    origin = {
        "scenario": str(loaded.path),
        "overrides": list(loaded.overrides),
        "variant": loaded.variant,
        "allowed_folders": [str(allowed) for allowed in loaded.allowed_folders],
    }
    limits = asdict(options.limits(inputs))
    return write(
        plan,
        options.out,
        extra=render(plan) if render else {},
        inputs_files=inputs.files,
        options={**limits, **origin, "baselines": list(options.baselines)},
        overwrite=options.overwrite,
    )


def reload(folder: Path) -> LoadedScenario:
    """The scenario that a plan was made from, as its manifest names it.

    Raises
    ------
    InvalidInput
        The manifest cannot be read, or the scenario has changed or gone.
    """
    from carbonplan.plan.manifest import part
    from carbonplan.scenario import load

    origin = part(folder, "options")
    try:
        path, overrides = Path(origin["scenario"]), tuple(origin["overrides"])
        variant, folders = origin["variant"], tuple(map(Path, origin["allowed_folders"]))
    except (KeyError, TypeError) as error:
        raise InvalidInput(
            str(folder), [f"its manifest names no scenario ({error})"]
        ) from error
    return load(path, overrides, variant, folders)


def changed_inputs(folder: Path, inputs: Inputs) -> list[str]:
    """Files that a plan was made from and that are others now, or are not read any more."""
    from carbonplan.plan.manifest import part

    now = {str(file.path): file.sha256 for file in inputs.files}
    made_from = part(folder, "inputs")
    return [file["path"] for file in made_from if now.get(file["path"]) != file["sha256"]]
