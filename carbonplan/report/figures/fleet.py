"""Servers by region or stage, and SKU: bought in full colour, already standing faint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.report.arrays import Floats, names
from carbonplan.report.figures.bars import FAINT, FULL, Bars, Segment, tone
from carbonplan.report.figures.palette import SKUS, shades
from carbonplan.report.figures.sheet import swatches
from carbonplan.report.stages import stages
from carbonplan.report.wording import number

if TYPE_CHECKING:
    from carbonplan.plan import Plan


def fleet(plan: Plan) -> Bars | str:
    """One bar for each region with servers, most on top; of several stages one for each.

    Reads ``servers`` and ``purchased_servers`` (stage, sku, region).
    """
    found = stages(plan.data)
    if found is None or not found.standing.any():
        return "The plan has no servers."
    if found.several:
        by_stage = (amounts.sum(axis=2).T for amounts in (found.standing, found.bought))
        return _bars(plan, "stage", found.names, *by_stage)
    regions, servers = names(plan.data, "region"), found.standing[0]
    bars = _bars(plan, "region", regions, servers, found.bought[0])
    most_first = np.argsort(-servers.sum(axis=0), kind="stable")
    rows = [regions[r] for r in most_first if servers[:, r].any()]
    return replace(bars, rows=rows)


def _bars(plan: Plan, thing: str, rows: Sequence[str], servers: Floats, bought: Floats) -> Bars:
    """Bars in the order of their rows; servers over (sku, row)."""
    skus = names(plan.data, "sku")
    colours = shades(skus, SKUS)
    totals = dict(zip(rows, servers.sum(axis=0).tolist(), strict=True))
    segments = [
        Segment(
            (sku, state),
            dict(zip(rows, amounts[g].tolist(), strict=True)),
            dict.fromkeys(rows, colours[sku]),
            opacity,
        )
        for g, sku in enumerate(skus)
        for state, amounts, opacity in (
            ("bought", bought, FULL),
            ("already standing", servers - bought, FAINT),
        )
    ]
    used = [sku for g, sku in enumerate(skus) if servers[g].any()]
    handles = swatches(colours, used)
    if (servers > bought).any():
        handles.append(tone("faint: already standing", FAINT))
    return Bars(
        columns=(thing, "sku", "state"),
        rows=rows,
        segments=segments,
        totals={row: number(total) for row, total in totals.items()},
        axis="Number of servers",
        handles=handles,
        whole=True,
    )
