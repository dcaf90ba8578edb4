"""The answer: what to buy, what it emits, against what, and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carbonplan.report.arrays import names, values
from carbonplan.report.document import Facts, Paragraph, Section
from carbonplan.report.evidence import stance_sentence
from carbonplan.report.horizon import horizon
from carbonplan.report.impacts import impact_names, impact_quantity, impact_title
from carbonplan.report.sections.baselines import comparison
from carbonplan.report.sections.certainty import proof, verification
from carbonplan.report.wording import count, joined, label, number

if TYPE_CHECKING:
    from carbonplan.plan import Plan

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
            Paragraph(emission(plan)),
            Paragraph(f"{comparison(plan)} {proof(plan)} {verification(plan)}"),
            *([Paragraph(stance)] if stance else []),
            Facts(figures, headline=True),
        ),
    )


def purchase(plan: Plan) -> str:
    """What to buy: "Buy 12 servers for 2 regions: 8 × h100-sxm-8, 4 × l4-8."""
    bought = values(plan.data, "purchased_servers", "sku", "region")
    servers = values(plan.data, "servers", "sku", "region")
    if bought is None or servers is None:
        return "The plan does not say which servers it needs."
    bought, servers = np.rint(bought), np.rint(servers)  # the solver's rounding apart
    standing = float(servers.sum() - bought.sum())
    if not bought.any():
        return f"Buy nothing: {count(standing, 'server')} already stand and suffice."
    by_sku = dict(zip(names(plan.data, "sku"), bought.sum(axis=1), strict=True))
    most_first = sorted((sku for sku in by_sku if by_sku[sku]), key=lambda sku: -by_sku[sku])
    kinds = (f"{number(by_sku[sku])}{TIMES}{label(sku, 40)}" for sku in most_first)
    where = count(np.count_nonzero(bought.sum(axis=0)), "region")
    beside = f", beside {count(standing, 'server')} that already stand" if standing else ""
    return f"Buy {count(bought.sum(), 'server')} for {where}: {joined(kinds, most=6)}{beside}."


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
    over = f"over {horizon(plan.data).wording}"
    if "carbon" in plan.impacts:
        split = f": {' and '.join(parts)}" if parts else ""
        return f"It emits {impact_quantity(plan, 'carbon')} {over}{split}."
    return f"It emits {' and '.join(parts) or 'an unstated amount of carbon'} {over}."
