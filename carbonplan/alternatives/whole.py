"""Near-optimal plans of a scenario as whole plans, each recomputed before it counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from carbonplan.alternatives.explore import explore
from carbonplan.alternatives.records import Alternatives, Found
from carbonplan.alternatives.search import Say
from carbonplan.solve.limits import relative_gap
from carbonplan.solve.solution import Solution, Status
from carbonplan.steps import Report, unless_interrupted

if TYPE_CHECKING:
    from carbonplan.pipeline import Options, Prepared
    from carbonplan.plan import Plan
    from carbonplan.scenario.loaded import LoadedScenario
    from carbonplan.solve.lexicographic import Level
    from carbonplan.verify import Verification


@dataclass(frozen=True)
class Alternative:
    """One of the plans, whole and recomputed."""

    found: Found
    plan: Plan
    verification: Verification


def alternatives(
    loaded: LoadedScenario,
    options: Options,
    *,
    slack: float,
    count: int,
    on_progress: Report | None = None,
    say: Say = lambda _words: None,
) -> tuple[Prepared, Alternatives, tuple[Alternative, ...]]:
    """Plan a scenario, and find plans nearly as good in different directions.

    The time limit of the options is that of the plan, and again that of all questions together.
    """
    from carbonplan.pipeline import prepare
    from carbonplan.steps import solved_in_order

    prepared = prepare(loaded, options)
    levels: tuple[Level, ...] = ()
    if prepared.inputs.scenario.objective.lexicographic:
        ordered = solved_in_order(
            prepared.problem, prepared.program, prepared.inputs, prepared.limits, on_progress
        )
        prepared = replace(prepared, program=ordered.program)
        best, levels = unless_interrupted(ordered.solution), ordered.levels
    else:
        best = unless_interrupted(prepared.solution(on_progress))
    found = explore(prepared.program, best, prepared.limits, slack=slack, count=count, say=say)
    whole = tuple(_whole(prepared, best, levels, one) for one in found.plans)
    return prepared, found, whole


def _whole(
    prepared: Prepared, best: Solution, levels: Sequence[Level], found: Found
) -> Alternative:
    """The plan that values stand for, judged by the objective of the scenario."""
    from carbonplan.pipeline import verified
    from carbonplan.plan.objective import with_levels

    is_best = found.values is best.values
    solution = replace(
        best,
        status=best.status if is_best else Status.FEASIBLE,
        values=found.values,
        objective=found.objective,
        gap=relative_gap(found.objective, best.bound),
        steps=() if not is_best else best.steps,
    )
    plan = with_levels(prepared.plan(solution), levels)
    verification, plan = verified(prepared.inputs, plan)
    return Alternative(found, plan, verification)
