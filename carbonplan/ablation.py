"""Ablation: what each lever saves in this plan, by planning once more without it.

Each lever that the scenario pulls is let go alone, all others stay as they are; the last row
lets go of all of them together. What a lever saves lies between two differences that are
proven: the bound without it less the plan's objective, and the objective without it less the
plan's bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from carbonplan.baselines import home_region, no_shift, own_llms, single_sku
from carbonplan.catalogue.inputs import Inputs
from carbonplan.configurations import enumerate_configurations
from carbonplan.errors import NoPlanExists
from carbonplan.problem import Problem, assemble
from carbonplan.program.stamping import stamp
from carbonplan.scenario.schema import Scenario
from carbonplan.solve import Limits, Progress, solve
from carbonplan.solve.solution import Solution

Report = Callable[[Progress], None]
Change = Mapping[str, object]
Variants = Callable[[Problem], Iterable[tuple[Problem, str]]]


@dataclass(frozen=True)
class Lever:
    """A freedom that a scenario may give a plan.

    Attributes
    ----------
    let_go
        What the scenario's fleet, renewal and supply say without it, by section; empty where
        the scenario does not pull the lever.
    variants
        Problems without it, of which the best counts, where no field of the scenario tells.
    """

    name: str
    title: str
    let_go: Callable[[Scenario], Mapping[str, Change]] = lambda _scenario: {}
    variants: Variants | None = None


def _section(name: str, **off: object) -> Callable[[Scenario], Mapping[str, Change]]:
    """Fields of a section as they are without a lever; nothing where they are so already."""

    def let_go(scenario: Scenario) -> Mapping[str, Change]:
        section = getattr(scenario, name)
        changed = {key: value for key, value in off.items() if getattr(section, key) != value}
        return {name: changed} if changed else {}

    return let_go


def _first(key: str) -> Callable[[Scenario], Mapping[str, Change]]:
    """A list of the fleet's choices cut down to its first."""

    def let_go(scenario: Scenario) -> Mapping[str, Change]:
        choices = getattr(scenario.fleet, key)
        return {"fleet": {key: choices[:1]}} if len(choices) > 1 else {}

    return let_go


def _contracts(scenario: Scenario) -> Mapping[str, Change]:
    """Contracts, where no share of the energy has to be matched by them."""
    supply = scenario.supply
    return (
        {"supply": {"contracts": []}} if supply.contracts and not supply.matched_share else {}
    )


LEVERS = (
    Lever("heterogeneity", "Several SKUs", variants=single_sku),
    Lever("routing", "Routing between regions", variants=home_region),
    Lever("shifting", "Batch work at other hours", variants=no_shift),
    Lever("phases", "Prefill and decode apart", _section("fleet", phases="mixed")),
    Lever("reuse", "Batch work on idle hosts", _section("fleet", host_reuse=False)),
    Lever("memory", "Host memory as needed", _section("fleet", host_memory="as-sold")),
    Lever("clocks", "Lower clocks", _section("fleet", clock_fractions=[1.0])),
    Lever("precision", "Several precisions", _first("precisions")),
    Lever("pipelines", "Pipeline parallelism", _section("fleet", pipeline_parallel=[1])),
    Lever("switching", "Switching servers off", _section("fleet", switch_off=False)),
    Lever("upgrades", "New accelerators in old hosts", _section("renewal", upgrades=False)),
    Lever("moves", "Moving servers", _section("renewal", moves=False)),
    Lever("alternatives", "Other LLMs that may answer", variants=own_llms),
    Lever("contracts", "Power under contract", _contracts),
)
ALL = Lever("all", "All of these together")


def ablate(
    inputs: Inputs,
    problem: Problem,
    solution: Solution,
    limits: Limits,
    on_progress: Report | None = None,
) -> list[dict[str, object]]:
    """A row for each lever that is pulled: the objective without it, and its saving."""
    rows = []
    pulled = [lever for lever in LEVERS if is_pulled(lever, inputs.scenario, problem)]
    for lever in (*pulled, *([ALL] if len(pulled) > 1 else [])):
        found = _best(_without(lever, pulled, inputs, problem), limits, on_progress)
        rows.append({"name": lever.name, "title": lever.title} | _saving(solution, *found))
    return rows


def is_pulled(lever: Lever, scenario: Scenario, problem: Problem) -> bool:
    """Whether a scenario gives the freedom that a lever is."""
    match lever.name:
        case "heterogeneity":
            return len(set(problem.sku_of.values())) > 1
        case "routing":
            return len({r for _, _, r in problem.serving}) > 1
        case "alternatives":
            return bool(problem.promises.alternatives)
        case "shifting":
            return bool(problem.data["backlog_limit_krequests"].any())
        case _:
            return bool(lever.let_go(scenario))


def _without(
    lever: Lever, pulled: list[Lever], inputs: Inputs, problem: Problem
) -> Iterator[tuple[Problem, str]]:
    """Problems without a lever, or without all that are pulled."""
    gone = pulled if lever is ALL else [lever]
    changes: dict[str, dict[str, object]] = {}
    for one in gone:
        for section, changed in one.let_go(inputs.scenario).items():
            changes.setdefault(section, {}).update(changed)
    if changes:
        problem = _assembled(inputs, changes)
    problems = [(problem, "")]
    for one in gone:
        if one.variants is not None:
            problems = [
                (variant, "; ".join(filter(None, (note, more))))
                for known, note in problems
                for variant, more in one.variants(known)
            ]
    yield from problems


def _assembled(inputs: Inputs, changes: Mapping[str, Change]) -> Problem:
    """The problem of a scenario with sections changed."""
    scenario = inputs.scenario
    sections = {
        name: getattr(scenario, name).model_copy(update=dict(changed))
        for name, changed in changes.items()
    }
    changed = replace(inputs, scenario=scenario.model_copy(update=sections))
    return assemble(changed, enumerate_configurations(changed))


def _best(
    problems: Iterator[tuple[Problem, str]], limits: Limits, on_progress: Report | None
) -> tuple[float | None, float | None, str]:
    """Objective and bound of the best problem, and a note that says which one it is.

    The bound of several is the least of theirs; one that could not be bounded bounds nothing.
    """
    best: tuple[float, str] | None = None
    bounds: list[float | None] = []
    try:
        for problem, note in problems:
            found = solve(stamp(problem), limits, on_progress=on_progress)
            if str(found.status) == "infeasible":
                continue
            bounds.append(found.bound)
            if found.values is not None and (best is None or found.objective < best[0]):
                best = found.objective, note
    except NoPlanExists:
        pass
    if best is None:
        return None, None, "no plan without it" if not bounds else "no plan found in time"
    bound = None if None in bounds else min(bounds)
    return best[0], bound, best[1]


def _saving(
    solution: Solution, objective: float | None, bound: float | None, note: str
) -> dict[str, object]:
    """What letting go of a lever costs: found, and proven to be at least and at most."""
    row: dict[str, object] = {"objective": objective, "bound": bound, "note": note}
    if objective is None or solution.objective is None:
        return row | {"saving": None, "at_least": None, "at_most": None, "share": None}
    saving = objective - solution.objective
    return row | {
        "saving": saving,
        "at_least": None if bound is None else bound - solution.objective,
        "at_most": None if solution.bound is None else objective - solution.bound,
        "share": saving / abs(objective) if objective else None,
    }
