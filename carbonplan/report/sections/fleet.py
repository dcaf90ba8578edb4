"""The fleet: how many servers of which SKU stand in which region, stage by stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonplan.report.arrays import Floats, names
from carbonplan.report.document import Block, Illustration, Items, Paragraph, Section, Table
from carbonplan.report.places import places
from carbonplan.report.sections.supply import contract_tables
from carbonplan.report.stages import Stages, renewals, stages, stood_before
from carbonplan.report.wording import count, joined, label, number

if TYPE_CHECKING:
    from carbonplan.plan import Plan

MAP_CAPTION = (
    "Where servers stand: the area of a disc is as their number. A hollow ring is a region "
    "without servers; g/kWh is the mean carbon intensity of the grid."
)


def fleet(plan: Plan) -> Section:
    """Purchases, and what stands already, by SKU and region."""
    found, standing = stages(plan.data), stood_before(plan.data)
    blocks: list[Block] = [Illustration("map", MAP_CAPTION)] if places(plan) else []
    if found is not None and found.several:
        blocks += _over_stages(plan, found)
    elif found is not None and found.bought.any():
        blocks.append(
            _servers_table(plan, "Servers to buy, by SKU and region", found.bought[0])
        )
    if standing is not None and standing.any():
        blocks.append(_servers_table(plan, "Servers that already stand", standing))
    if found is not None:
        blocks.extend(_unused(plan, found.standing.sum(axis=0)))
    blocks.extend(contract_tables(plan))
    by = "stage" if found is not None and found.several else "region"
    caption = f"Servers by {by} and SKU, bought and already standing."
    return Section("fleet", "The fleet", (*blocks, Illustration("fleet", caption)))


def _over_stages(plan: Plan, found: Stages) -> list[Block]:
    """What stands in each stage, what each buys, and what becomes of older servers."""
    blocks: list[Block] = [_standing_table(plan, found)]
    if found.bought.any():
        blocks.append(_purchases_table(plan, found))
    lines = tuple(
        f"{label(stage, 32)}: {count(servers, 'server')} {label(sku)} in {label(region)} "
        f"{'become' if servers != 1 else 'becomes'} {label(new)}"
        if new in names(plan.data, "sku")
        else f"{label(stage, 32)}: {count(servers, 'server')} {label(sku)} from "
        f"{label(region)} to {label(new)}"
        for stage, servers, sku, new, region in renewals(plan.data)
    )
    return [*blocks, *([Items("Upgrades and moves", lines)] if lines else [])]


def _standing_table(plan: Plan, found: Stages) -> Table:
    """Rows are stages, columns SKUs, without those that never have a server."""
    skus = names(plan.data, "sku")
    used = [g for g in range(len(skus)) if found.standing[:, g].any()]
    rows = found.standing[:, used].sum(axis=2)
    return Table(
        "Servers that stand, by stage and SKU",
        ("Stage", *(label(skus[g]) for g in used), "All"),
        tuple(
            (label(stage, 32), *map(_shown, row), number(row.sum()))
            for stage, row in zip(found.names, rows, strict=True)
        ),
    )


def _purchases_table(plan: Plan, found: Stages) -> Table:
    """Rows are stages with the SKUs that they buy, columns regions."""
    skus, regions = names(plan.data, "sku"), names(plan.data, "region")
    columns = [r for r in range(len(regions)) if found.bought[:, :, r].any()]
    rows = tuple(
        (label(stage, 32), label(skus[g]), *map(_shown, row[columns]), number(row.sum()))
        for stage, bought in zip(found.names, found.bought, strict=True)
        for g, row in enumerate(bought)
        if row.any()
    )
    header = ("Stage", "SKU", *(label(regions[r]) for r in columns), "All")
    return Table("Servers to buy, by stage, SKU and region", header, rows, words=2)


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
