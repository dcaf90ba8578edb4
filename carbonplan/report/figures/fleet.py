"""Servers by region and SKU: bought in full colour, already standing faint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonplan.report.arrays import Floats, names, values
from carbonplan.report.figures.bars import FAINT, FULL, Bars, Segment, bars_figure, tone
from carbonplan.report.figures.palette import SKUS, shades
from carbonplan.report.figures.sheet import empty, style, swatches
from carbonplan.report.wording import number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from carbonplan.plan import Plan


def fleet(plan: Plan) -> Figure:
    """One bar for each region with servers, most servers on top.

    Reads ``servers`` and ``purchased_servers`` (sku, region).
    """
    with style():
        servers = values(plan.data, "servers", "sku", "region")
        bought = values(plan.data, "purchased_servers", "sku", "region")
        if servers is None or bought is None or not servers.any():
            return empty(plan, "The plan has no servers.")
        return bars_figure(plan, _bars(plan, servers, bought))


def _bars(plan: Plan, servers: Floats, bought: Floats) -> Bars:
    skus, regions = names(plan.data, "sku"), names(plan.data, "region")
    colours = shades(skus, SKUS)
    by_region = dict(zip(regions, servers.sum(axis=0).tolist(), strict=True))
    segments = [
        Segment(
            dict(zip(regions, amounts[g].tolist(), strict=True)),
            dict.fromkeys(regions, colours[sku]),
            opacity,
        )
        for g, sku in enumerate(skus)
        for amounts, opacity in ((bought, FULL), (servers - bought, FAINT))
    ]
    used = [sku for g, sku in enumerate(skus) if servers[g].any()]
    handles = swatches(colours, used)
    if (servers > bought).any():
        handles.append(tone("faint: already standing", FAINT))
    return Bars(
        rows=sorted(filter(by_region.get, regions), key=lambda region: -by_region[region]),
        segments=segments,
        totals={region: number(total) for region, total in by_region.items()},
        axis="Number of servers",
        handles=handles,
    )
