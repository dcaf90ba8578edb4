"""The name and unit of what a scenario minimises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonplan.plan.totals import UNITS

if TYPE_CHECKING:
    from carbonplan.scenario.schema import Objective

WITH_CARBON_PRICE = "cost+carbon price"


def named_objective(objective: Objective) -> dict[str, str]:
    """Impact and unit of an objective; a weighted sum has the unit 1."""
    if objective.weights:
        summands = [
            f"{weight:g} {_name(impact, objective)}"
            for impact, weight in sorted(objective.weights.items())
        ]
        return {"impact": " + ".join(summands), "unit": "1"}
    impact = objective.minimise
    return {"impact": _name(impact, objective), "unit": UNITS[impact]}


def _name(impact: str, objective: Objective) -> str:
    priced = impact == "cost" and objective.carbon_price_usd_per_tonne > 0
    return WITH_CARBON_PRICE if priced else impact
