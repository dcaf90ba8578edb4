"""From a loaded scenario to a verified plan in its folder: every step, in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from carbonplan.errors import InvalidInput, NoPlanExists
from carbonplan.solve.limits import Limits
from carbonplan.steps import Report, Stopwatch, formulate, solved, solved_in_order

if TYPE_CHECKING:
    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.configurations import Configurations
    from carbonplan.plan import Plan
    from carbonplan.problem import Problem
    from carbonplan.program import Program
    from carbonplan.scenario.loaded import LoadedScenario
    from carbonplan.solve.solution import Solution
    from carbonplan.verify import Verification

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
    ablation: bool = False
    allow_range: bool = False
    myopic: bool = False

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
class Prepared:
    """A scenario whose program stands ready: for the plan, and for questions about it."""

    loaded: LoadedScenario
    inputs: Inputs
    configurations: Configurations
    problem: Problem
    program: Program
    limits: Limits

    def solution(self, on_progress: Report | None = None) -> Solution:
        """The solution of the scenario, or the error that says why there is none."""
        return solved(self.problem, self.program, self.inputs, self.limits, on_progress)

    def plan(self, solution: Solution, watch: Stopwatch | None = None) -> Plan:
        """The plan that a solution of the program stands for."""
        from carbonplan.plan import make_plan
        from carbonplan.scenario import warnings

        return make_plan(
            self.inputs,
            self.configurations,
            self.program,
            solution,
            timings={} if watch is None else watch.seconds,
            warnings=[*warnings(self.inputs.scenario), *self.inputs.notes],
        )


@dataclass(frozen=True)
class Checked:
    """What a valid scenario amounts to, and what is surprising about it."""

    sizes: Mapping[str, int]
    warnings: tuple[str, ...]


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
    return Checked(sizes, (*warnings(inputs.scenario), *inputs.notes))


def prepare(
    loaded: LoadedScenario, options: Options, watch: Stopwatch | None = None
) -> Prepared:
    """Gather what a scenario names and build its program."""
    from carbonplan.catalogue.gather import gather

    watch = Stopwatch() if watch is None else watch
    with watch.step("load"):
        inputs = gather(loaded)
    limits = options.limits(inputs)
    configurations, problem, program = formulate(inputs, watch)
    refuse_impossible(inputs, configurations, problem)
    return Prepared(loaded, inputs, configurations, problem, program, limits)


def refuse_impossible(inputs: Inputs, configurations: Configurations, problem: Problem) -> None:
    """Raise NoPlanExists where arithmetic alone shows that no plan exists."""
    from carbonplan.diagnose import findings

    found = findings(inputs, configurations, problem)
    if found:
        raise NoPlanExists(inputs.scenario.name, [one.words for one in found])


def diagnosed(loaded: LoadedScenario, options: Options, error: NoPlanExists) -> NoPlanExists:
    """The error with what cannot hold together and the cheapest ways out, if they are found."""
    from carbonplan.catalogue.gather import gather
    from carbonplan.diagnose import SECONDS, diagnose, lines

    limits = options.limits(gather(loaded))
    found = diagnose(loaded, limits, min(SECONDS, limits.time_limit_s))
    if found is None:
        return error
    return NoPlanExists(error.subject, lines(found), found.document())


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
    try:
        return _run(loaded, options, on_progress, render)
    except NoPlanExists as error:
        if options.myopic:
            raise
        raise diagnosed(loaded, options, error) from error


def _run(
    loaded: LoadedScenario,
    options: Options,
    on_progress: Report | None,
    render: Renderer | None,
) -> Result:
    """Every step from a scenario to its plan."""
    from carbonplan.ablation import ablate
    from carbonplan.baselines import chosen, compare
    from carbonplan.myopic import plan_without_foresight
    from carbonplan.plan.objective import with_levels

    baselines = chosen(options.baselines)
    watch = Stopwatch()
    with watch.step("total"):
        prepared = prepare(loaded, options, watch)
        inputs, problem, limits = prepared.inputs, prepared.problem, prepared.limits
        foresight, levels = None, ()
        with watch.step("solve"):
            if options.myopic:
                found = plan_without_foresight(
                    loaded, inputs, problem, prepared.program, limits, on_progress
                )
                prepared = replace(prepared, program=found.program)
                solution, foresight = found.solution, found.comparison
            elif inputs.scenario.objective.lexicographic:
                ordered = solved_in_order(
                    problem, prepared.program, inputs, limits, on_progress
                )
                prepared = replace(prepared, program=ordered.program)
                solution, levels = ordered.solution, ordered.levels
            else:
                solution = prepared.solution(on_progress)
        compared = [compare(b, problem, limits, on_progress) for b in baselines]
        asked = options.ablation
        ablation = ablate(inputs, problem, solution, limits, on_progress) if asked else []
        with watch.step("write"):
            plan = with_levels(prepared.plan(solution, watch), levels)
            verification, plan = verified(inputs, plan)
            more = {"baselines": compared, "ablation": ablation, "foresight": foresight}
            plan = replace(plan, summary={**plan.summary, **more})
    plan = replace(plan, summary={**plan.summary, "timings_s": dict(watch.seconds)})
    return Result(plan, write_out(loaded, inputs, plan, options, render), verification)


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
