"""The plan beside its baselines, by the impact that it minimises."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain, count
from typing import TYPE_CHECKING

from carbonplan.report.baselines import baseline_impacts, baseline_title, compared
from carbonplan.report.figures.bars import FULL, Bars, Segment, tone
from carbonplan.report.figures.carbon import PARTS
from carbonplan.report.figures.palette import MUTED, REGIONS, Shade
from carbonplan.report.impacts import impact_title, objective_impact
from carbonplan.report.wording import change, is_number, scale, with_unit

if TYPE_CHECKING:
    from carbonplan.plan import Plan

OWN, OTHER = Shade(REGIONS[0].light), Shade(MUTED.light)
THIS = "This plan"
Rows = Mapping[str, Mapping[str, float]]  # impacts by name of the plan


def baselines(plan: Plan) -> Bars | str:
    """This plan on top, then its baselines, least first; carbon in its two parts.

    Reads the impacts of the plan and ``baselines`` of its summary.
    """
    impact = objective_impact(plan)
    solved = compared(plan, impact) if impact in plan.impacts else []
    if not solved or not is_number(plan.impacts[impact].value):
        return "The plan has no baselines beside it."
    rows = {THIS: {name: total.value for name, total in plan.impacts.items()}}
    for one in solved:
        rows[_unique(baseline_title(one), rows)] = baseline_impacts(one)
    return _bars(rows, impact, plan.impacts[impact].unit)


def _unique(title: str, taken: Mapping[str, object]) -> str:
    """The title, numbered where another plan has it."""
    numbered = (f"{title} ({n})" for n in count(2))
    return next(one for one in chain([title], numbered) if one not in taken)


def _bars(rows: Rows, impact: str, unit: str) -> Bars:
    fit = scale([impacts[impact] for impacts in rows.values()], unit)
    own = rows[THIS][impact]
    parts = _parts(rows, impact)
    segments = [
        Segment(
            (word,),
            {row: fit.factor * impacts[name] for row, impacts in rows.items()},
            {row: OWN if row == THIS else OTHER for row in rows},
            opacity,
        )
        for name, (word, opacity) in parts.items()
    ]
    return Bars(
        columns=("plan", "part"),
        rows=list(rows),
        segments=segments,
        totals={
            row: with_unit(fit.shown(impacts[impact]), fit.unit)
            + ("" if row == THIS else f" ({change(impacts[impact], own)})")
            for row, impacts in rows.items()
        },
        axis=f"{impact_title(impact)} over the horizon [{fit.unit}]",
        handles=[tone(*part) for part in parts.values()] if len(parts) > 1 else [],
    )


def _parts(rows: Rows, impact: str) -> Mapping[str, tuple[str, float]]:
    """Operational and embodied carbon where every plan has both; else the impact itself."""
    divided = impact == "carbon" and all(
        is_number(impacts.get(part)) for impacts in rows.values() for part in PARTS
    )
    return PARTS if divided else {impact: (impact, FULL)}
