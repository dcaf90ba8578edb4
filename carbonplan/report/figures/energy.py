"""Where the energy goes: by use, and within each use by region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonplan.report.arrays import names
from carbonplan.report.energy import energy_kwh, use_title
from carbonplan.report.figures.bars import Bars, Segment
from carbonplan.report.figures.palette import REGIONS, shades
from carbonplan.report.figures.sheet import swatches
from carbonplan.report.wording import scale, share

if TYPE_CHECKING:
    from carbonplan.plan import Plan


def energy(plan: Plan) -> Bars | str:
    """One bar for each use, largest on top; reads ``energy_kwh`` (use, sku, region)."""
    by_use = {use_title(use): parts for use, parts in energy_kwh(plan.data).items()}
    if not by_use:
        return "The plan does not say what its energy is used for."
    return _bars(plan, by_use)


def _bars(plan: Plan, by_use: dict[str, dict[str, float]]) -> Bars:
    used = {use: sum(parts.values()) for use, parts in by_use.items()}
    total = sum(used.values())
    fit = scale(used.values(), "kWh")
    regions = names(plan.data, "region")
    colours = shades(regions, REGIONS)
    segments = [
        Segment(
            (region,),
            {use: fit.factor * parts[region] for use, parts in by_use.items()},
            dict.fromkeys(by_use, colours[region]),
        )
        for region in regions
    ]
    drawing = [r for r in regions if any(parts[r] for parts in by_use.values())]
    return Bars(
        columns=("use", "region"),
        rows=list(by_use),
        segments=segments,
        totals={use: share(kwh / total) for use, kwh in used.items()},
        axis=f"Energy over the horizon [{fit.unit}]",
        handles=swatches(colours, drawing),
    )
