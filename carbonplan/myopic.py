"""Planning without foresight: stage after stage, each as if it were the last.

In each stage the scenario ends with it: what stands from before stays as it was decided, and
nothing is known of what is to come. Bounds over the whole horizon then hold for what has passed
and the stage at hand. The fleet that comes of it is held in the program of all stages, so that
it is charged, credited and checked like any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from carbonplan.errors import InvalidInput, NoPlanExists
from carbonplan.scenario.courses import Risk
from carbonplan.solve import Limits, Solution
from carbonplan.steps import Report, Stopwatch, formulate, solved, unless_interrupted

if TYPE_CHECKING:
    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.problem import Problem
    from carbonplan.program import Program
    from carbonplan.program.fixing import Decided
    from carbonplan.scenario.loaded import LoadedScenario
    from carbonplan.scenario.schema import Scenario

FEWEST_STAGES = 2


@dataclass(frozen=True)
class Myopic:
    """A plan that was made without foresight.

    Attributes
    ----------
    program, solution
        The program of all stages with the fleet held, and its solution; the bound is that of
        all plans, with foresight.
    comparison
        What foresight would have saved, as plain JSON values.
    """

    program: Program
    solution: Solution
    comparison: dict[str, object]


def plan_without_foresight(
    loaded: LoadedScenario,
    inputs: Inputs,
    problem: Problem,
    program: Program,
    limits: Limits,
    on_progress: Report | None = None,
) -> Myopic:
    """Decide the fleet stage by stage, then operate it over all of them.

    Parameters
    ----------
    inputs, problem, program
        Of all stages.
    limits
        Of each solve.

    Raises
    ------
    InvalidInput
        There is nothing to foresee: the scenario has fewer than two stages.
    NoPlanExists
        A stage cannot be planned after what was decided before it.
    """
    from carbonplan.program.fixing import with_fleet

    if len(loaded.scenario.stages) < FEWEST_STAGES:
        problems = [f"stages: found {len(loaded.scenario.stages)}, expected two or more"]
        raise InvalidInput(str(loaded.path), problems)
    decided: Decided = {}
    for part in parts(loaded.scenario, whole_replicas=problem.whole_replicas):
        decided = _with_last_stage(replace(loaded, scenario=part), decided, limits, on_progress)
    held = with_fleet(program, decided, {node.name for node in inputs.nodes})
    short_sighted = solved(problem, held, inputs, limits, on_progress)
    foreseen = unless_interrupted(solved(problem, program, inputs, limits, on_progress))
    proven = replace(short_sighted, bound=foreseen.bound)
    return Myopic(held, proven, _comparison(short_sighted, foreseen))


def parts(scenario: Scenario, *, whole_replicas: bool) -> Iterator[Scenario]:
    """The scenario as it is known in each stage: it ends with that stage.

    Replicas are whole or not as in the whole scenario, whatever its parts are large enough for.
    """
    replicas = "whole" if whole_replicas else "continuous"
    names = [stage.name for stage in scenario.stages]
    for count in range(1, len(names) + 1):
        known = (None, *names[:count])
        stock = [one for one in scenario.fleet.stock if one.stage in known]
        fleet = scenario.fleet.model_copy(update={"stock": stock, "replicas": replicas})
        have_come_apart = scenario.risk.known_after in known[:-1]
        yield scenario.model_copy(
            update={
                "stages": scenario.stages[:count],
                "bounds": [bound for bound in scenario.bounds if bound.stage in known],
                "fleet": fleet,
                "futures": scenario.futures if have_come_apart else [],
                "risk": scenario.risk if have_come_apart else Risk(),
            }
        )


def _with_last_stage(
    loaded: LoadedScenario, decided: Decided, limits: Limits, on_progress: Report | None
) -> Decided:
    """What was decided, and what is for the last stage of a scenario."""
    from carbonplan.catalogue.gather import gather
    from carbonplan.program.fixing import fleet_decisions, with_fleet

    stage = loaded.scenario.stages[-1].name
    inputs = gather(loaded)
    _, problem, program = formulate(inputs, Stopwatch())
    before = {node.name for node in inputs.nodes if node.stage != stage}
    held = with_fleet(program, decided, before)
    try:
        solution = unless_interrupted(solved(problem, held, inputs, limits, on_progress))
    except NoPlanExists as error:
        subject = f"{error.subject} without foresight, as it stands in stage {stage}"
        raise NoPlanExists(subject, error.reasons) from error
    return fleet_decisions(program, solution.values)


def _comparison(short_sighted: Solution, foreseen: Solution) -> dict[str, object]:
    """Objectives with and without foresight, and what it saves at least and at most."""
    most = None if foreseen.bound is None else short_sighted.objective - foreseen.bound
    return {
        "objective": short_sighted.objective,
        "foresight_objective": foreseen.objective,
        "foresight_bound": foreseen.bound,
        "foresight_status": str(foreseen.status),
        "foresight_saves_at_least": max(short_sighted.objective - foreseen.objective, 0.0),
        "foresight_saves_at_most": most,
    }
