"""Cases as points: what two impacts trade, and an impact along an axis of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from carbonplan.compare.cases import SEPARATOR
from carbonplan.plan.totals import UNITS
from carbonplan.report.figures.comparison_sheet import (
    DOMINATED,
    POINT,
    case_panel,
    case_sheet,
    tones,
)
from carbonplan.report.figures.palette import INK, MUTED, REGIONS, SKUS, Shade, shades
from carbonplan.report.figures.sheet import (
    RIGHT_IN,
    WIDTH_IN,
    add_legend,
    plain_numbers,
    short,
    style,
)
from carbonplan.report.impacts import impact_header
from carbonplan.report.wording import label, scale

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from carbonplan.compare.records import CaseResult, Comparison

MOST_OPTIONS, MOST_NAMED = 8, 200
PANEL_IN, LEFT_IN = 2.4, 0.8
NAME_CHARACTER_IN, NAME_IN = 0.055, 0.11  # of a name beside a point
RING = REGIONS[1].light


def tradeoff(comparison: Comparison, cases: Sequence[CaseResult], caption: str) -> Figure:
    """Every case over the first two impacts; those on one front are joined."""
    across, up = comparison.impacts[:2]
    dominated = {one.case for one in comparison.standings if one.dominated_by is not None}
    fits = [scale([c.impacts[i].value for c in cases], UNITS.get(i, "")) for i in (across, up)]
    places = {
        case.name: tuple(
            fit.factor * case.impacts[impact].value
            for fit, impact in zip(fits, (across, up), strict=True)
        )
        for case in cases
    }
    front = sorted(places[name] for name in places if name not in dominated)
    with style():
        handles = tones(bool(dominated))
        figure = case_sheet(caption, PANEL_IN, handles)
        axes = case_panel(figure, LEFT_IN, WIDTH_IN - LEFT_IN - RIGHT_IN, PANEL_IN)
        if len(comparison.impacts) == len((across, up)) and not comparison.given:
            axes.plot(*zip(*front, strict=True), color=POINT, lw=0.8)
        for colour, names in ((DOMINATED, dominated), (POINT, set(places) - dominated)):
            shown = [place for name, place in places.items() if name in names]
            if shown:
                axes.scatter(*zip(*shown, strict=True), s=18, color=colour, zorder=3)
        for axis, fit, impact in zip((axes.xaxis, axes.yaxis), fits, (across, up), strict=True):
            plain_numbers(axis)
            axis.set_label_text(impact_header(impact, fit))
        axes.margins(x=0.12, y=0.12)
        axes.autoscale_view()
        _name_points(axes, places, dominated)
        axes.grid(visible=True)
        add_legend(figure, handles)
    return figure


def _name_points(
    axes: Axes, places: Mapping[str, tuple[float, float]], dominated: set[str]
) -> None:
    """Names beside the points, first of the front, where they do not cover one another."""
    taken: list[tuple[float, float, float]] = []  # left, right and foot [in]
    for name in sorted(places, key=lambda name: name in dominated)[:MOST_NAMED]:
        left, foot = axes.figure.dpi_scale_trans.inverted().transform(
            axes.transData.transform(places[name])
        )
        right = left + NAME_CHARACTER_IN * (len(short(name)) + 1)
        if right > WIDTH_IN or any(
            left < other[1] and other[0] < right and abs(foot - other[2]) < NAME_IN
            for other in taken
        ):
            continue
        taken.append((left, right, foot))
        axes.annotate(
            short(name),
            places[name],
            xytext=(4, 3),
            textcoords="offset points",
            size=6.5,
            color=MUTED.light if name in dominated else INK.light,
        )


def along(
    comparison: Comparison, cases: Sequence[CaseResult], axis: str, caption: str
) -> Figure:
    """The first impact along an axis of numbers, a line for each point of the other axes."""
    impact = comparison.impacts[0]
    fit = scale([case.impacts[impact].value for case in cases], UNITS.get(impact, ""))
    lines: dict[str, list[tuple[float, float]]] = {}
    for case in cases:
        if axis in case.numbers:
            point = (case.numbers[axis], fit.factor * case.impacts[impact].value)
            lines.setdefault(_option(comparison, case, axis), []).append(point)
    shown = dict(list(lines.items())[:MOST_OPTIONS])
    colours = shades(shown, SKUS)
    with style():
        handles = _line_handles(colours)
        figure = case_sheet(caption, PANEL_IN, handles)
        axes = case_panel(figure, LEFT_IN, WIDTH_IN - LEFT_IN - RIGHT_IN, PANEL_IN)
        for name, points in shown.items():
            look = {"color": colours[name].colour, "ls": colours[name].line, "marker": "o"}
            axes.plot(*zip(*sorted(points), strict=True), ms=3, lw=1.2, **look)
        for one in comparison.crossings:
            is_here = (one.axis, one.impact) == (axis, impact)
            if is_here and one.below in shown and one.above in shown:
                _ring(axes, one.at, sorted(shown[one.below]))
        axes.set_xlabel(label(axis, 60), loc="left")
        axes.set_ylabel(impact_header(impact, fit))
        plain_numbers(axes.xaxis)
        plain_numbers(axes.yaxis)
        axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
        axes.grid(visible=True)
        add_legend(figure, handles)
    return figure


def _option(comparison: Comparison, case: CaseResult, axis: str) -> str:
    """What a case is called on the other axes."""
    others = [case.labels[name] for name in comparison.axes if name in case.labels]
    names = [name for name in comparison.axes if name in case.labels]
    return SEPARATOR.join(o for o, name in zip(others, names, strict=True) if name != axis)


def _ring(axes: Axes, at: float, points: Sequence[tuple[float, float]]) -> None:
    import numpy as np

    height = np.interp(at, *zip(*points, strict=True))
    axes.scatter(at, height, s=52, facecolor="none", edgecolor=RING, lw=1.4, zorder=4)


def _line_handles(colours: Mapping[str, Shade]) -> list[Artist]:
    from matplotlib.lines import Line2D

    if set(colours) == {""}:
        return []
    return [
        Line2D([], [], color=shade.colour, ls=shade.line, marker="o", ms=3, label=short(name))
        for name, shade in colours.items()
    ]
