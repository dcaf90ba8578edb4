"""The fleet: how many servers of which SKU stand in which region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonplan.report.arrays import Floats, names, values
from carbonplan.report.document import Block, Illustration, Paragraph, Section, Table
from carbonplan.report.wording import joined, label, number

if TYPE_CHECKING:
    from carbonplan.plan import Plan


def fleet(plan: Plan) -> Section:
    """Purchases, and what stands already, by SKU and region."""
    bought = values(plan.data, "purchased_servers", "sku", "region")
    standing = values(plan.data, "existing_servers", "sku", "region")
    servers = values(plan.data, "servers", "sku", "region")
    blocks: list[Block] = []
    if bought is not None and bought.any():
        blocks.append(_servers_table(plan, "Servers to buy, by SKU and region", bought))
    if standing is not None and standing.any():
        blocks.append(_servers_table(plan, "Servers that already stand", standing))
    if servers is not None:
        blocks.extend(_unused(plan, servers))
    caption = "Servers by region and SKU, bought and already standing."
    return Section("fleet", "The fleet", (*blocks, Illustration("fleet", caption)))


def _servers_table(plan: Plan, caption: str, servers: Floats) -> Table:
    """Rows are SKUs, columns regions, without those that have no server."""
    skus, regions = names(plan.data, "sku"), names(plan.data, "region")
    rows = [g for g in range(len(skus)) if servers[g].any()]
    columns = [r for r in range(len(regions)) if servers[:, r].any()]
    used = servers[:, columns]
    return Table(
        caption,
        ("SKU", *(label(regions[r]) for r in columns), "All"),
        tuple((label(skus[g]), *map(_shown, used[g]), number(used[g].sum())) for g in rows),
        ("All", *map(_shown, used.sum(axis=0)), number(used.sum())),
    )


def _shown(servers: float) -> str:
    return number(servers) if servers else "–"


def _unused(plan: Plan, servers: Floats) -> list[Paragraph]:
    """Which SKUs and regions of the scenario the plan leaves alone."""
    sentences = []
    for dim, axis, without in (("SKU", 1, "Not chosen"), ("region", 0, "Without servers")):
        given = names(plan.data, dim.lower())
        unused = [
            label(name)
            for name, used in zip(given, servers.any(axis=axis), strict=True)
            if not used
        ]
        if unused:
            sentences.append(f"{without}: {joined(unused)}.")
    return [Paragraph(" ".join(sentences))] if sentences else []
