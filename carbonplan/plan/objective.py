"""The name and unit of what a scenario minimises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from carbonplan.plan.totals import UNITS

if TYPE_CHECKING:
    from carbonplan.plan.records import Plan
    from carbonplan.scenario.schema import Objective
    from carbonplan.solve.lexicographic import Level

WITH_CARBON_PRICE = "cost+carbon price"


def named_objective(objective: Objective) -> dict[str, str]:
    """Impact and unit of an objective, of levels the last; a weighted sum has the unit 1."""
    if objective.weights:
        summands = [
            f"{weight:g} {_name(impact, objective)}"
            for impact, weight in sorted(objective.weights.items())
        ]
        return {"impact": " + ".join(summands), "unit": "1"}
    (impact,) = objective.counted
    return {"impact": _name(impact, objective), "unit": UNITS[impact]}


def with_levels(plan: Plan, levels: Sequence[Level]) -> Plan:
    """The plan with what came of each level of its order; itself where there is none.

    Value, bound and gap of the plan are those of the last level.
    """
    if not levels:
        return plan
    listed = [asdict(level) | {"status": str(level.status)} for level in levels]
    objective = {**plan.summary["objective"], "levels": listed}
    return replace(plan, summary={**plan.summary, "objective": objective})


def _name(impact: str, objective: Objective) -> str:
    priced = impact == "cost" and objective.carbon_price_usd_per_tonne > 0
    return WITH_CARBON_PRICE if priced else impact
