"""The answer: what to buy, what it emits, against what, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.report.arrays import names, operated
from carbonplan.report.document import Facts, Paragraph, Section
from carbonplan.report.evidence import stance_sentence
from carbonplan.report.horizon import horizon
from carbonplan.report.impacts import impact_names, impact_quantity, impact_title
from carbonplan.report.sections.baselines import comparison
from carbonplan.report.sections.certainty import proof, verification
from carbonplan.report.stages import Stages, stages
from carbonplan.report.wording import (
    count,
    is_number,
    joined,
    label,
    number,
    percent,
    quantity,
    span,
)

if TYPE_CHECKING:
    from carbonplan.plan import Plan

WORTH_A_WORD = 0.01  # of the carbon of a plan
TIMES = "\u00a0×\u00a0"


def answer(plan: Plan) -> Section:
    """The plan in a few sentences and its key figures."""
    stance = stance_sentence(plan)
    figures = tuple(
        (impact_title(impact), impact_quantity(plan, impact)) for impact in impact_names(plan)
    )
    return Section(
        "answer",
        "The answer",
        (
            Paragraph(purchase(plan), lead=True),
            Paragraph(" ".join(filter(None, (emission(plan), at_loads(plan))))),
            Paragraph(f"{comparison(plan)} {proof(plan)} {verification(plan)}"),
            *([Paragraph(stance)] if stance else []),
            Facts(figures, headline=True),
        ),
    )


def at_loads(plan: Plan) -> str:
    """What all comes to where serving takes other power than the program counts."""
    found = plan.summary.get("serving_at_load")
    more = found.get("carbon_kgco2e") if isinstance(found, Mapping) else None
    carbon = plan.impacts.get("carbon")
    if carbon is None or not (is_number(more) and is_number(carbon.value)):
        return ""
    if abs(more) < WORTH_A_WORD * abs(carbon.value):
        return ""
    aside = f"{percent(abs(more / carbon.value))} {'more' if more > 0 else 'less'}"
    return (
        f"At the loads that its replicas have, all comes to "
        f"{quantity(carbon.value + more, carbon.unit)}, {aside}."
    )


def purchase(plan: Plan) -> str:
    """What to buy: "Buy 12 servers for 2 regions: 8 × h100-sxm-8, 4 × l4-8."""
    fleet = stages(plan.data)
    if fleet is None:
        return "The plan does not say which servers it needs."
    first = f" in {label(fleet.names[0], 32)}" if fleet.several else ""
    bought = fleet.bought[0]
    standing = float(fleet.standing[0].sum() - bought.sum())
    if not bought.any():
        enough = f"{count(standing, 'server')} already stand and suffice"
        return f"Buy nothing{first}: {enough}.{_later(fleet)}"
    by_sku = dict(zip(names(plan.data, "sku"), bought.sum(axis=1), strict=True))
    most_first = sorted((sku for sku in by_sku if by_sku[sku]), key=lambda sku: -by_sku[sku])
    kinds = (f"{number(by_sku[sku])}{TIMES}{label(sku, 40)}" for sku in most_first)
    where = count(np.count_nonzero(bought.sum(axis=0)), "region")
    beside = f", beside {count(standing, 'server')} that already stand" if standing else ""
    what = f"Buy {count(bought.sum(), 'server')} for {where}{first}"
    return f"{what}: {joined(kinds, most=6)}{beside}.{_later(fleet)}"


def _later(fleet: Stages) -> str:
    """What the stages after the first buy, over the futures that may come."""
    if not fleet.several:
        return ""
    later = fleet.bought_later()
    if not any(later):
        return " Later stages buy nothing."
    more = span(min(later), max(later))
    apart = ", by the future that comes" if min(later) < max(later) else ""
    return f" Later stages buy {more} more{apart}."


def emission(plan: Plan) -> str:
    """What the plan emits over its horizon."""
    parts = [
        f"{impact_quantity(plan, impact)} {word}"
        for impact, word in (
            ("operational_carbon", "from operation"),
            ("embodied_carbon", "embodied in servers"),
        )
        if impact in plan.impacts
    ]
    over = f"over {horizon(operated(plan.data)).wording}"
    if "carbon" in plan.impacts:
        split = f": {' and '.join(parts)}" if parts else ""
        return f"It emits {impact_quantity(plan, 'carbon')} {over}{split}."
    return f"It emits {' and '.join(parts) or 'an unstated amount of carbon'} {over}."
