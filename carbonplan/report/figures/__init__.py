"""Figures of a plan: each a function ``Plan -> matplotlib.figure.Figure``, one file for each.

A figure shows what the plan holds and says so where it holds nothing; drawing it never ends a
run (``drawings``). What it draws is also had as numbers (``numbers``).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from carbonplan.report.figures.attribution import attribution
from carbonplan.report.figures.bars import drawing_of
from carbonplan.report.figures.baselines import baselines
from carbonplan.report.figures.carbon import carbon
from carbonplan.report.figures.energy import energy
from carbonplan.report.figures.fleet import fleet
from carbonplan.report.figures.flow import carbon_flow, carbon_flow_numbers
from carbonplan.report.figures.map import fleet_map, fleet_map_numbers
from carbonplan.report.figures.numbers import Drawing, Numbers, numbers_csv
from carbonplan.report.figures.sheet import png, svg
from carbonplan.report.figures.week import week, week_numbers

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from carbonplan.plan import Plan

__all__ = ["drawings", "figures", "numbers", "numbers_csv", "png", "svg"]

DRAWINGS: Mapping[str, Drawing] = MappingProxyType(
    {
        "map": Drawing(fleet_map, fleet_map_numbers),
        "fleet": drawing_of(fleet),
        "week": Drawing(week, week_numbers),
        "flow": Drawing(carbon_flow, carbon_flow_numbers),
        "carbon": drawing_of(carbon),
        "energy": drawing_of(energy),
        "attribution": drawing_of(attribution),
        "baselines": drawing_of(baselines),
    }
)
figures: Mapping[str, Callable[[Plan], Figure]] = MappingProxyType(
    {name: drawing.draw for name, drawing in DRAWINGS.items()}
)
numbers: Mapping[str, Callable[[Plan], Numbers]] = MappingProxyType(
    {name: drawing.numbers for name, drawing in DRAWINGS.items()}
)


def drawings(plan: Plan) -> dict[str, str]:
    """Every figure as SVG, by name; one that cannot be drawn is logged and left out."""
    drawn = {}
    for name, draw in figures.items():
        try:
            drawn[name] = svg(draw(plan))
        except Exception:  # a plan is worth more than its pictures
            logging.getLogger(__name__).warning("figure %s is left out", name, exc_info=True)
    return drawn
