"""Operational against embodied carbon by region: full colour against faint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonplan.report.arrays import beyond_rounding, names
from carbonplan.report.figures.bars import FAINT, FULL, Bars, Segment, tone
from carbonplan.report.figures.palette import REGIONS, shades
from carbonplan.report.impacts import impact_scales
from carbonplan.report.wording import with_unit

if TYPE_CHECKING:
    from carbonplan.plan import Plan

PARTS = {"operational_carbon": ("operational", FULL), "embodied_carbon": ("embodied", FAINT)}


def carbon(plan: Plan) -> Bars | str:
    """One bar for each region that emits, largest on top.

    Reads the impacts ``operational_carbon`` and ``embodied_carbon`` by region.
    """
    found = {name: _by_region(plan, name) for name in PARTS if name in plan.impacts}
    regions = dict.fromkeys(region for part in found.values() for region in part)
    totals = {r: sum(part.get(r, 0.0) for part in found.values()) for r in regions}
    if not totals:
        return "The plan does not divide its carbon by region."
    return _bars(plan, found, totals)


def _by_region(plan: Plan, impact: str) -> dict[str, float]:
    return beyond_rounding(plan.impacts[impact].by_region)


def _bars(plan: Plan, found: dict[str, dict[str, float]], totals: dict[str, float]) -> Bars:
    columns = {impact: list(totals.values()) for impact in found}
    fit = impact_scales(plan, columns)[next(iter(found))]
    colours = shades(names(plan.data, "region"), REGIONS)
    segments = [
        Segment(
            PARTS[impact][:1],
            {r: fit.factor * value for r, value in part.items()},
            colours,
            PARTS[impact][1],
        )
        for impact, part in found.items()
    ]
    return Bars(
        columns=("region", "part"),
        rows=sorted(totals, key=lambda region: -totals[region]),
        segments=segments,
        totals={r: with_unit(fit.shown(total), fit.unit) for r, total in totals.items()},
        axis=f"Carbon over the horizon [{fit.unit}]",
        handles=[tone(*PARTS[impact]) for impact in found],
    )
