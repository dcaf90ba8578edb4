"""Against baselines: what plans with another aim, or with less freedom, would emit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from carbonplan.report.baselines import (
    baseline_impacts,
    baseline_title,
    compared,
    listed_baselines,
)
from carbonplan.report.document import (
    Block,
    Illustration,
    Items,
    Paragraph,
    Section,
    Table,
)
from carbonplan.report.impacts import (
    PARTS,
    impact_header,
    impact_names,
    impact_scales,
    impact_title,
    objective_impact,
)
from carbonplan.report.wording import NONE, change, is_number, joined, label, percent, visible

if TYPE_CHECKING:
    from carbonplan.plan import Plan

HOW_TO_ASK = (
    "No baseline was solved beside this plan. To have them: "
    "carbonplan solve SCENARIO --baselines all."
)
CAPTION = (
    "This plan and its baselines by what it minimises; behind each bar, how far the baseline "
    "lies above or below this plan."
)


def baselines(plan: Plan) -> Section:
    """Every impact of the plan beside those of its baselines."""
    solved = listed_baselines(plan)
    blocks: tuple[Block, ...] = (Paragraph(HOW_TO_ASK),)
    if solved:
        notes = tuple(
            f"{baseline_title(baseline)}: {visible(baseline['note'])}"
            for baseline in solved
            if baseline.get("note")
        )
        items = (Items("What the baselines are", notes),) if notes else ()
        shown = compared(plan, objective_impact(plan))
        figure = (Illustration("baselines", CAPTION),) if shown else ()
        blocks = (*figure, _comparison_table(plan, solved), *items)
    return Section("baselines", "Against baselines", blocks)


def comparison(plan: Plan) -> str:
    """The objective's impact against each baseline, in a sentence."""
    impact = objective_impact(plan)
    total = plan.impacts.get(impact)
    if not listed_baselines(plan) or total is None:
        return HOW_TO_ASK
    differences = [
        f"{_difference(total.value, value)} {_in_sentence(baseline_title(baseline))}"
        for baseline in listed_baselines(plan)
        if is_number(value := baseline_impacts(baseline).get(impact)) and value
    ]
    if not differences:
        return "No baseline has a plan to compare with."
    return f"{impact_title(impact)} against baselines: {joined(differences)}."


def _in_sentence(title: str) -> str:
    """The title without the capital that begins it."""
    return title[:1].lower() + title[1:]


def _difference(value: float, reference: float) -> str:
    """ "23 % below", "level with" or "4 % above"."""
    fraction = (value - reference) / abs(reference)
    if abs(fraction) < 5e-4:  # reads as zero
        return "level with"
    return f"{percent(abs(fraction))} {'below' if fraction < 0 else 'above'}"


def _comparison_table(plan: Plan, solved: list[Mapping]) -> Table:
    """Rows are plans, columns impacts; the third compares the objective's impact."""
    measure = objective_impact(plan)
    impacts = [name for name in impact_names(plan) if name not in PARTS]
    own = {name: total.value for name, total in plan.impacts.items()}
    columns = {
        name: [own[name], *(baseline_impacts(b).get(name) for b in solved)] for name in impacts
    }
    scales = impact_scales(plan, columns)

    def row(title: str, status: object, values: Mapping) -> tuple[str, ...]:
        shown = (scales[name].shown(values.get(name)) for name in impacts)
        difference = change(values.get(measure), own.get(measure))
        return title, label(status or NONE, 24), difference, *shown

    against = f"{impact_title(measure)} against this plan"
    header = ("Plan", "Status", against, *(impact_header(i, scales[i]) for i in impacts))
    rows = [row(baseline_title(b), b.get("status"), baseline_impacts(b)) for b in solved]
    this = row("This plan", plan.summary.get("status"), own)
    return Table("This plan beside its baselines", header, (this, *rows), words=2)
