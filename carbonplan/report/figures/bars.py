"""Lying bars, one for each row, stacked from segments that keep their shade.

A figure of bars is a function ``Plan -> Bars``, or the words that say why there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carbonplan.report.figures.numbers import Drawing, Numbers
from carbonplan.report.figures.palette import MUTED, NOBODY, PAPER, Shade
from carbonplan.report.figures.sheet import (
    AXIS_IN,
    CAPTION_IN,
    add_legend,
    empty,
    left_margin_in,
    legend_height_in,
    panel,
    plain_numbers,
    sheet,
    short,
    style,
)
from carbonplan.report.wording import NO_BREAK_SPACE

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from carbonplan.plan import Plan

ROW_IN = 0.3
FAINT = 0.4  # opacity
FULL = 1.0


@dataclass(frozen=True)
class Segment:
    """The same part of every bar: its length in each row, by name of the row."""

    key: tuple[str, ...]  # what it is, under the columns behind that of the rows
    lengths: Mapping[str, float]
    shades: Mapping[str, Shade]  # by name of the row
    opacity: float = FULL


@dataclass(frozen=True)
class Bars:
    """A figure of stacked bars: rows from the top, segments from the left."""

    columns: tuple[str, ...]  # what rows are called, then the parts of a segment's key
    rows: Sequence[str]
    segments: Sequence[Segment]
    totals: Mapping[str, str]  # written behind each bar
    axis: str  # label with unit
    handles: Sequence[Artist]
    whole: bool = False  # lengths are counts


def drawing_of(make: Callable[[Plan], Bars | str]) -> Drawing:
    """The figure of bars that ``make`` describes, and the lengths of the bars."""

    def draw(plan: Plan) -> Figure:
        with style():
            bars = make(plan)
            return empty(plan, bars) if isinstance(bars, str) else bars_figure(plan, bars)

    def numbers(plan: Plan) -> Numbers:
        bars = make(plan)
        return Numbers(()) if isinstance(bars, str) else bars_numbers(bars)

    return Drawing(draw, numbers)


def bars_numbers(bars: Bars) -> Numbers:
    """A row for each part of each bar that has a length."""
    rows = (
        (row, *segment.key, segment.lengths[row])
        for row in bars.rows
        for segment in bars.segments
        if segment.lengths.get(row)
    )
    return Numbers((*bars.columns, bars.axis), tuple(rows))


def bars_figure(plan: Plan, bars: Bars) -> Figure:
    """The figure, as high as its rows need."""
    legend_in = legend_height_in(bars.handles)
    room_in = ROW_IN * len(bars.rows) + 0.1
    figure = sheet(plan, CAPTION_IN + AXIS_IN + room_in + legend_in)
    axes = panel(figure, left_margin_in(bars.rows), CAPTION_IN + AXIS_IN, room_in)
    ends = _draw(axes, bars)
    for position, row in enumerate(bars.rows):
        text = f"{NO_BREAK_SPACE}{bars.totals[row]}"
        axes.text(ends[position], position, text, va="center")
    longest = max((len(text) for text in bars.totals.values()), default=0)
    axes.set_xlim(min(0.0, *ends, 0.0), max(max(ends), 0.0) * (1 + 0.015 * (longest + 3)) or 1)
    axes.set_ylim(len(bars.rows) - 0.4, -0.6)
    axes.set_yticks(range(len(bars.rows)), [short(row) for row in bars.rows])
    axes.spines["bottom"].set_visible(False)
    axes.grid(axis="x")
    plain_numbers(axes.xaxis, whole=bars.whole)
    axes.set_xlabel(bars.axis, loc="left")
    add_legend(figure, bars.handles)
    return figure


def tone(words: str, opacity: float) -> Artist:
    """Handle of a legend that says what full or faint colour means."""
    from matplotlib.patches import Patch

    return Patch(facecolor=MUTED.light, alpha=opacity, linewidth=0, label=words)


def _draw(axes: Axes, bars: Bars) -> list[float]:
    """Draw the segments; where each bar ends."""
    ends = [0.0] * len(bars.rows)
    for segment in bars.segments:
        for position, row in enumerate(bars.rows):
            length = segment.lengths.get(row, 0.0)
            if not length:
                continue
            shade = segment.shades.get(row, NOBODY)
            bar = {"y": position, "width": length, "left": ends[position], "height": 0.66}
            if segment.opacity < FULL:
                axes.barh(**bar, color=PAPER.light)
            axes.barh(
                **bar,
                color=shade.colour,
                hatch=shade.hatch,
                edgecolor=PAPER.light,
                linewidth=0.6,
                alpha=segment.opacity,
            )
            ends[position] += length
    return ends
