"""The impacts of a plan under their titles, in the order in which reports list them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from carbonplan.report.wording import NONE, Scale, is_number, label, number, scale, with_unit

if TYPE_CHECKING:
    from carbonplan.plan import Plan

TITLES = {
    "carbon": "Carbon",
    "operational_carbon": "Operational carbon",
    "embodied_carbon": "Embodied carbon",
    "energy": "Energy",
    "cost": "Cost",
    "water": "Water",
    "onsite_water": "Water on site",
    "offsite_water": "Water off site",
    "latency": "Latency",
    "location_carbon": "Operational carbon by location",
    "market_carbon": "Operational carbon by market",
}

PARTS = {"onsite_water", "offsite_water"}  # of an impact that is listed anyway
MEANS = {"latency"}  # impacts whose parts do not add up to something a reader would sum


def impact_title(impact: object) -> str:
    """The impact as a reader calls it: "Operational carbon"."""
    words = label(impact, 40).replace("_", " ")
    return TITLES.get(str(impact), words[:1].upper() + words[1:])


def impact_names(plan: Plan) -> list[str]:
    """Impacts of the plan: those with a title first, in its order, then any others."""
    return in_order(plan.impacts)


def in_order(impacts: Iterable[str]) -> list[str]:
    """Impacts in the order of their titles, any others behind."""
    found = list(impacts)
    return [name for name in TITLES if name in found] + [
        name for name in found if name not in TITLES
    ]


def impact_quantity(plan: Plan, impact: str) -> str:
    """Value of an impact with its unit, the same for all impacts that share one."""
    if impact not in plan.impacts or not is_number(plan.impacts[impact].value):
        return NONE
    fit = impact_scales(plan)[impact]
    return with_unit(number(fit.factor * plan.impacts[impact].value), fit.unit)


def impact_scales(
    plan: Plan, columns: Mapping[str, Sequence[object]] | None = None
) -> dict[str, Scale]:
    """How each impact is shown, over columns of its values; without them, its total."""
    totals = {impact: total.value for impact, total in plan.impacts.items()}
    shown = {impact: [value] for impact, value in totals.items()} | dict(columns or {})
    units = {impact: total.unit for impact, total in plan.impacts.items()}
    alike: dict[str, list[object]] = {unit: [] for unit in units.values()}
    for impact, unit in units.items():
        alike[unit].extend(shown[impact])
    return {impact: scale(shown[impact], unit, alike[unit]) for impact, unit in units.items()}


def impact_header(impact: str, fit: Scale) -> str:
    """Head of a column: "Operational carbon [tCO2e]"."""
    return f"{impact_title(impact)} [{label(fit.unit, 16)}]"


def objective_impact(plan: Plan) -> str:
    """The impact that the plan minimises, or carbon where that is a weighted sum."""
    objective = plan.summary.get("objective")
    impact = objective.get("impact") if isinstance(objective, Mapping) else None
    return str(impact) if impact in plan.impacts else "carbon"
