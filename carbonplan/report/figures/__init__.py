"""Figures of a plan: each a function ``Plan -> matplotlib.figure.Figure``, one file for each.

A figure shows what the plan holds and says so where it holds nothing; drawing it never ends a
run (``drawings``).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from carbonplan.report.figures.attribution import attribution
from carbonplan.report.figures.carbon import carbon
from carbonplan.report.figures.energy import energy
from carbonplan.report.figures.fleet import fleet
from carbonplan.report.figures.sheet import png, svg
from carbonplan.report.figures.week import week

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from carbonplan.plan import Plan

__all__ = ["drawings", "figures", "png", "svg"]

figures: Mapping[str, Callable[[Plan], Figure]] = MappingProxyType(
    {
        "fleet": fleet,
        "week": week,
        "carbon": carbon,
        "energy": energy,
        "attribution": attribution,
    }
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
