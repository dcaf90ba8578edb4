"""Where it comes from: impacts by region and SKU, operation against making, energy by use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from carbonplan.report.arrays import beyond_rounding
from carbonplan.report.attribution import is_attributed
from carbonplan.report.document import Block, Illustration, Section, Table
from carbonplan.report.energy import energy_kwh, use_title
from carbonplan.report.impacts import MEANS, PARTS, impact_header, impact_names, impact_scales
from carbonplan.report.wording import label, scale, share

if TYPE_CHECKING:
    from carbonplan.plan import Plan

CARBON_CAPTION = "Carbon from operation against carbon embodied in servers, by region."
FLOW_CAPTION = (
    "Carbon from operation and from making servers, by region, and to whom it is owed. What "
    "stands in grey on the right serves nobody."
)
ENERGY_CAPTION = (
    "Where the energy goes, by use and region. Replicas held ready, accelerators at rest and "
    "host platforms draw power whether or not a request runs."
)
UNDIVIDED = {"(network)": "Network", "(all)": "Not divided"}


def origin(plan: Plan) -> Section:
    """Carbon by region and SKU, and energy by use."""
    blocks: list[Block] = []
    if is_attributed(plan.data):
        blocks.append(Illustration("flow", FLOW_CAPTION))
    blocks.append(Illustration("carbon", CARBON_CAPTION))
    blocks += _impacts_table(plan, "region", "by_region")
    blocks += _impacts_table(plan, "SKU", "by_sku", detail=True)
    blocks.append(Illustration("energy", ENERGY_CAPTION))
    blocks += _energy_table(plan)
    return Section("origin", "Where it comes from", tuple(blocks))


def _impacts_table(plan: Plan, thing: str, parts: str, *, detail: bool = False) -> list[Block]:
    """Every impact that can be divided so, largest part of the first impact first."""
    split = {
        impact: getattr(plan.impacts[impact], parts)
        for impact in impact_names(plan)
        if impact not in PARTS | MEANS and any(getattr(plan.impacts[impact], parts).values())
    }
    if not split:
        return []
    totals = {impact: plan.impacts[impact].value for impact in split}
    scales = impact_scales(plan, {impact: [totals[impact]] for impact in split})

    def row(name: str, values: Mapping[str, object]) -> tuple[str, ...]:
        return name, *(scales[impact].shown(values[impact]) for impact in split)

    rows = tuple(
        row(label(UNDIVIDED.get(name, name)), {i: split[i].get(name, 0.0) for i in split})
        for name in _largest_first(split.values())
    )
    titles = (impact_header(impact, scales[impact]) for impact in split)
    header = (thing[0].upper() + thing[1:], *titles)
    return [Table(f"Impacts by {thing}", header, rows, row("All", totals), detail=detail)]


def _largest_first(parts: Iterable[Mapping[str, float]]) -> list[str]:
    """Names that have a part of anything, by the first mapping's values, falling."""
    found = list(parts)
    used = dict.fromkeys(name for part in found for name in beyond_rounding(part))
    return sorted(used, key=lambda name: -found[0].get(name, 0.0))


def _energy_table(plan: Plan) -> list[Block]:
    """Energy by use with its share, largest first."""
    uses = {use: sum(by_region.values()) for use, by_region in energy_kwh(plan.data).items()}
    total = sum(uses.values())
    if not uses:
        return []
    fit = scale([total], "kWh")
    rows = tuple(
        (use_title(use), fit.shown(used), share(used / total)) for use, used in uses.items()
    )
    header = ("Use", f"Energy [{fit.unit}]", "Share")
    return [Table("Energy by use", header, rows, ("All", fit.shown(total), share(1.0)))]
