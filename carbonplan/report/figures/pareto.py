"""A front: a panel for each pair of impacts, the balanced point marked."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.plan.totals import UNITS
from carbonplan.report.figures.palette import MUTED, REGIONS, SKUS
from carbonplan.report.figures.sheet import (
    AXIS_IN,
    CAPTION_IN,
    WIDTH_IN,
    add_legend,
    legend_height_in,
    plain_numbers,
    style,
)
from carbonplan.report.impacts import impact_title
from carbonplan.report.wording import label

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from carbonplan.solve.evolution import Evolved
    from carbonplan.solve.front import Front

PANEL_IN = 1.9
LEFT_IN, RIGHT_IN, GAP_IN = 0.75, 0.15, 0.75
POINT, OTHER, BALANCED = SKUS[0].light, MUTED.light, REGIONS[1].light


def pareto_figure(front: Front, caption: str, evolved: Evolved | None = None) -> Figure:
    """Scatter of the front over every pair of its impacts; the ideal is at the lower left."""
    from matplotlib.figure import Figure

    pairs = list(combinations(range(len(front.names)), 2))
    handles = _handles(evolved)
    foot_in = CAPTION_IN + AXIS_IN
    height_in = foot_in + PANEL_IN + legend_height_in(handles)
    with style():
        figure = Figure(figsize=(WIDTH_IN, height_in))
        panels = figure.subplots(1, len(pairs), squeeze=False)[0]
        width_in = (WIDTH_IN - LEFT_IN - RIGHT_IN - GAP_IN * (len(pairs) - 1)) / len(pairs)
        figure.subplots_adjust(
            left=LEFT_IN / WIDTH_IN,
            right=1 - RIGHT_IN / WIDTH_IN,
            bottom=foot_in / height_in,
            top=(foot_in + PANEL_IN) / height_in,
            wspace=GAP_IN / width_in,
        )
        for panel, (across, up) in zip(panels, pairs, strict=True):
            _draw(panel, front, evolved, across, up)
        add_legend(figure, handles)
        place = (0.1 / WIDTH_IN, 0.08 / height_in)
        figure.text(*place, label(caption, 140), size=6.5, color=MUTED.light, va="bottom")
    return figure


def _draw(panel: Axes, front: Front, evolved: Evolved | None, across: int, up: int) -> None:
    if evolved is not None and len(evolved.impacts):
        found = evolved.impacts
        panel.scatter(found[:, across], found[:, up], s=12, marker="x", color=OTHER, lw=0.9)
    points = front.impacts
    if len(front.names) == 2:
        order = np.argsort(points[:, across])
        panel.plot(points[order, across], points[order, up], color=POINT, lw=0.8)
    panel.scatter(points[:, across], points[:, up], s=16, color=POINT, zorder=3)
    chosen = points[front.balanced]
    panel.scatter(
        chosen[across], chosen[up], s=60, facecolor="none", edgecolor=BALANCED, lw=1.4, zorder=4
    )
    panel.set_xlabel(_title(front.names[across]), loc="left")
    panel.set_ylabel(_title(front.names[up]))
    plain_numbers(panel.xaxis)
    plain_numbers(panel.yaxis)
    panel.tick_params(axis="x", labelrotation=30)
    panel.grid(visible=True)


def _title(impact: str) -> str:
    return f"{impact_title(impact)} [{UNITS[impact]}]"


def _handles(evolved: Evolved | None) -> list[Artist]:
    from matplotlib.lines import Line2D

    dot = {"linestyle": "none", "markersize": 5}
    handles = [
        Line2D([], [], marker="o", color=POINT, label="plan of the front", **dot),
        Line2D(
            [],
            [],
            marker="o",
            markerfacecolor="none",
            color=BALANCED,
            label="balanced plan",
            linestyle="none",
            markersize=7,
        ),
    ]
    if evolved is not None:
        handles.append(
            Line2D([], [], marker="x", color=OTHER, label=f"by {evolved.algorithm}", **dot)
        )
    return handles
