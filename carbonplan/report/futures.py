"""What a plan costs in each future, and what foresight would have saved it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from carbonplan.report.document import Block, Paragraph, Table
from carbonplan.report.wording import is_number, label, percent, quantity, scale

if TYPE_CHECKING:
    from carbonplan.plan import Plan


def futures_blocks(plan: Plan) -> list[Block]:
    """The objective by future, and against perfect foresight; none where there are neither."""
    blocks: list[Block] = []
    risk, foresight = (plan.summary.get(key) for key in ("risk", "foresight"))
    if isinstance(risk, Mapping):
        blocks.append(_futures_table(plan, risk))
    if isinstance(foresight, Mapping):
        blocks.append(Paragraph(_without_foresight(plan, foresight)))
    return blocks


def _futures_table(plan: Plan, risk: Mapping) -> Table:
    rows = risk.get("by_future") or ()
    worst = f"Mean of the worst {percent(risk.get('tail'))}"
    means = (("Mean of all", risk.get("expected")), (worst, risk.get("mean_of_worst")))
    values = [row.get("objective") for row in rows] + [value for _, value in means]
    fit = scale(values, _unit(plan))
    shown = [
        (label(row.get("future")), percent(row.get("probability")), fit.shown(value))
        for row, value in zip(rows, values, strict=False)
    ]
    shown += [(words, "", fit.shown(value)) for words, value in means]
    header = ("Future", "Probability", f"Objective [{label(fit.unit, 16)}]")
    weight = risk.get("weight")
    counted = f"; the worst count {percent(weight)} of it" if weight else ""
    return Table(f"The objective in each future{counted}", header, tuple(shown))


def _without_foresight(plan: Plan, foresight: Mapping) -> str:
    least, most = (foresight.get(f"foresight_saves_{end}") for end in ("at_least", "at_most"))
    saved = f"at least {_saved(plan, foresight, least)}"
    if is_number(most):
        saved += f" and at most {_saved(plan, foresight, most)}"
    return (
        "Each stage was planned as if it were the last, with what stood from before. "
        f"Knowing all stages from the first would save {saved}."
    )


def _saved(plan: Plan, foresight: Mapping, value: object) -> str:
    objective = foresight.get("objective")
    share = value / abs(objective) if is_number(value) and objective else None
    return f"{quantity(value, _unit(plan))} ({percent(share)})"


def _unit(plan: Plan) -> str:
    objective = plan.summary.get("objective")
    return str(objective.get("unit") or "") if isinstance(objective, Mapping) else ""
