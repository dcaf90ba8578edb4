"""To whom carbon is owed: workloads and what serves nobody, each by region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonplan.plan.accounts import carbon_by_region
from carbonplan.report.arrays import beyond_rounding, names
from carbonplan.report.attribution import is_attributed, state_title
from carbonplan.report.figures.bars import FAINT, FULL, Bars, Segment, tone
from carbonplan.report.figures.palette import REGIONS, shades
from carbonplan.report.figures.sheet import swatches
from carbonplan.report.wording import scale, with_unit

if TYPE_CHECKING:
    from carbonplan.plan import Plan

Parts = dict[str, dict[str, float]]  # carbon by row and region [kgCO2e]


def attribution(plan: Plan) -> Bars | str:
    """One bar for each workload, largest on top, and below one for each state of idleness.

    Reads ``served_impact`` and ``idle_impact``, the latter of what serves nobody.
    """
    if not is_attributed(plan.data):
        return "The plan does not say to whom its impacts are owed."
    served, idle = carbon_by_region(plan.data)
    idle = {state_title(state): by_region for state, by_region in idle.items()}
    rows = [*_most_first(served), *_most_first(idle)]
    if not rows:
        return "The plan emits nothing that could be owed to anybody."
    return _bars(plan, rows, served, idle)


def _most_first(parts: Parts) -> list[str]:
    totals = {name: sum(by_region.values()) for name, by_region in parts.items()}
    return sorted(beyond_rounding(totals), key=lambda name: -totals[name])


def _bars(plan: Plan, rows: list[str], served: Parts, idle: Parts) -> Bars:
    """Workloads in full colour, what serves nobody faint."""
    totals = {row: sum((served | idle)[row].values()) for row in rows}
    fit = scale(totals.values(), "kgCO2e")
    regions = names(plan.data, "region")
    colours = shades(regions, REGIONS)
    segments = [
        Segment(
            (region, kind),
            {row: fit.factor * by_region[region] for row, by_region in parts.items()},
            dict.fromkeys(rows, colours[region]),
            opacity,
        )
        for region in regions
        for kind, parts, opacity in (("served", served, FULL), ("idle", idle, FAINT))
    ]
    of_region = {r: sum((served | idle)[row][r] for row in rows) for r in regions}
    drawing = list(beyond_rounding(of_region))
    handles = swatches(colours, drawing)
    if any(row in idle for row in rows):
        handles.append(tone("faint: serves nobody", FAINT))
    return Bars(
        columns=("owed to", "region", "kind"),
        rows=rows,
        segments=segments,
        totals={row: with_unit(fit.shown(totals[row]), fit.unit) for row in rows},
        axis=f"Carbon over the horizon [{fit.unit}]",
        handles=handles,
    )
