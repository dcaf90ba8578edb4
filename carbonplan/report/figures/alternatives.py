"""Servers of near-optimal plans: a bar from fewest to most, the best plan marked on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonplan.alternatives.ranges import Mark
from carbonplan.report.figures.palette import INK, MUTED, REGIONS, RULE, SKUS
from carbonplan.report.figures.sheet import (
    AXIS_IN,
    CAPTION_IN,
    CHARACTER_IN,
    WIDTH_IN,
    add_legend,
    legend_height_in,
    plain_numbers,
    style,
)
from carbonplan.report.wording import label

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from carbonplan.alternatives import Alternatives, Range

ROW_IN = 0.2
MOST_ROWS = 60
LONGEST_NAME = 44  # characters
HALF_BAR = 0.06  # beyond its ends, so that a single number is seen
RIGHT_IN = 0.3
COLOURS = {
    Mark.MUST: REGIONS[0].light,
    Mark.MAY: SKUS[0].light,
    Mark.NEVER: RULE.light,
    Mark.OPEN: MUTED.light,
}


def alternatives_figure(found: Alternatives, caption: str) -> Figure:
    """A row for each SKU, region and pair; thin ends are neither found nor excluded."""
    from matplotlib.figure import Figure

    ranges = found.ranges[:MOST_ROWS]
    handles = _handles(ranges)
    panel_in = ROW_IN * len(ranges) + 0.1
    height_in = CAPTION_IN + AXIS_IN + panel_in + legend_height_in(handles)
    names = [label(one.title, LONGEST_NAME) for one in ranges]
    left_in = 0.25 + CHARACTER_IN * max(map(len, names))
    with style():
        figure = Figure(figsize=(WIDTH_IN, height_in))
        panel = figure.add_axes(
            (
                left_in / WIDTH_IN,
                (CAPTION_IN + AXIS_IN) / height_in,
                (WIDTH_IN - left_in - RIGHT_IN) / WIDTH_IN,
                panel_in / height_in,
            )
        )
        for row, one in enumerate(ranges):
            _draw(panel, row, one)
        panel.set_yticks(range(len(ranges)), names)
        panel.set_ylim(len(ranges) - 0.4, -0.6)
        panel.set_xlim(left=-0.3)
        panel.set_xlabel(
            f"servers in plans at most {100 * found.slack:.3g} % above the best objective",
            loc="left",
        )
        plain_numbers(panel.xaxis, whole=True)
        panel.grid(visible=True, axis="x")
        add_legend(figure, handles)
        place = (0.1 / WIDTH_IN, 0.08 / height_in)
        figure.text(*place, label(caption, 140), size=6.5, color=MUTED.light, va="bottom")
    return figure


def _draw(panel: Axes, row: int, one: Range) -> None:
    colour = COLOURS[one.mark]
    panel.plot([one.least_proven, one.most_proven], [row, row], color=colour, lw=0.9)
    panel.plot(
        [one.least_found - HALF_BAR, one.most_found + HALF_BAR],
        [row, row],
        color=colour,
        lw=6,
        solid_capstyle="butt",
    )
    panel.plot(one.planned, row, "o", color=INK.light, markersize=4, zorder=3)


def _handles(ranges: tuple[Range, ...]) -> list[Artist]:
    from matplotlib.lines import Line2D

    present = {one.mark for one in ranges}
    handles = [
        Line2D([], [], color=colour, lw=5, label=str(mark))
        for mark, colour in COLOURS.items()
        if mark in present
    ]
    best = Line2D(
        [], [], marker="o", color=INK.light, linestyle="none", markersize=4, label="best plan"
    )
    thin = Line2D([], [], color=MUTED.light, lw=0.9, label="neither found nor excluded")
    is_open = any(one.open_least or one.open_most for one in ranges)
    return [*handles, best, *([thin] if is_open else [])]
