"""What each lever saves: the plan against itself without one of its freedoms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from carbonplan.report.document import Block, Paragraph, Section, Table
from carbonplan.report.impacts import impact_header, impact_scales, impact_title
from carbonplan.report.wording import NONE, is_number, label, number, percent

if TYPE_CHECKING:
    from carbonplan.plan import Plan

HOW_TO_READ = (
    "Each row lets go of one freedom and keeps all the others, so that the rows do not add up. "
    "At least and at most are what the bounds of both plans prove."
)


def levers(plan: Plan) -> Section | None:
    """What was saved by each lever, where it was asked for."""
    rows = plan.summary.get("ablation") or ()
    if not rows:
        return None
    blocks: tuple[Block, ...] = (_table(plan, rows), Paragraph(HOW_TO_READ))
    return Section("levers", "What each lever saves", blocks)


def _table(plan: Plan, rows: list[Mapping]) -> Table:
    name = (plan.summary.get("objective") or {}).get("impact")
    impact = str(name) if name in plan.impacts else None
    columns = {impact: [row.get("objective") for row in rows]} if impact else {}
    scale = impact_scales(plan, columns)[impact] if impact else None
    title = impact_title(impact) if impact else "Objective"

    def shown(value: object) -> str:
        if not is_number(value):
            return NONE
        return number(value) if scale is None else scale.shown(value)

    header = (
        "Without",
        "Note",
        title if scale is None else impact_header(impact, scale),
        "Saved by it",
        "At least",
        "At most",
        "Share",
    )
    cells = [
        (
            label(row.get("title") or row.get("name"), 40),
            label(row.get("note") or "", 40),
            *(shown(row.get(key)) for key in ("objective", "saving", "at_least", "at_most")),
            percent(row["share"]) if is_number(row.get("share")) else NONE,
        )
        for row in rows
    ]
    return Table(f"{title} without each lever", header, tuple(cells), words=2)
