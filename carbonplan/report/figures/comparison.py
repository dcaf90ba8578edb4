"""Figures of a comparison: impacts of all cases, what they trade, by part, along an axis."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from carbonplan.compare.intervals import within
from carbonplan.compare.judgement import grouped
from carbonplan.plan.totals import UNITS
from carbonplan.report.figures.comparison_points import along, tradeoff
from carbonplan.report.figures.comparison_sheet import (
    DOMINATED,
    POINT,
    case_panel,
    case_sheet,
    tones,
)
from carbonplan.report.figures.palette import (
    INK,
    PAPER,
    REGIONS,
    RULE,
    SKUS,
    Colour,
    Shade,
    shades,
)
from carbonplan.report.figures.sheet import (
    RIGHT_IN,
    WIDTH_IN,
    add_legend,
    left_margin_in,
    plain_numbers,
    short,
    style,
    swatches,
)
from carbonplan.report.impacts import impact_header
from carbonplan.report.wording import Scale, scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from carbonplan.compare.records import CaseResult, Comparison

MOST_CASES, MOST_PANELS = 40, 3
ROW_IN, GAP_IN = 0.24, 0.28

Draw = Callable[[], "Figure"]
Parts = Mapping[str, Mapping[str, float]]  # of each case, by name of the part


def figures(comparison: Comparison, caption: str) -> dict[str, Draw]:
    """What there is to draw, by name: each draws its figure when it is called."""
    with_plan = [case for case in comparison.cases if case.has_plan]
    planned = [
        case for group in grouped(with_plan, comparison.given).values() for case in group
    ]
    if not planned or not comparison.impacts:
        return {}
    shown = planned[:MOST_CASES]
    impact = comparison.impacts[0]
    words = caption if len(shown) == len(planned) else f"{caption} · first {len(shown)} cases"
    fit = scale([case.impacts[impact].value for case in shown], UNITS.get(impact, ""))
    title = impact_header(impact, fit)
    by_region = {case.name: _scaled(case.impacts[impact].by_region, fit) for case in shown}
    by_sku = {case.name: _scaled(case.impacts[impact].by_sku, fit) for case in shown}
    servers = {case.name: case.servers_by_sku for case in shown}
    found: dict[str, Draw] = {"impacts": partial(_impacts, comparison, shown, words)}
    if len(comparison.impacts) > 1 and len(planned) > 1:
        found["tradeoff"] = partial(tradeoff, comparison, planned, caption)
    for name, parts, palette in (("regions", by_region, REGIONS), ("skus", by_sku, SKUS)):
        if len({part for of_case in parts.values() for part in of_case}) > 1:
            found[name] = partial(_stacked, parts, palette, title, words)
    found["servers"] = partial(_stacked, servers, SKUS, "Servers", words, whole=True)
    for number, axis in enumerate(comparison.axes):
        if sum(axis in case.numbers for case in planned) > 1:
            found[f"along-{number}"] = partial(along, comparison, planned, axis, caption)
    return found


def _scaled(parts: Mapping[str, float], fit: Scale) -> dict[str, float]:
    return {name: fit.factor * value for name, value in parts.items()}


def _impacts(comparison: Comparison, cases: Sequence[CaseResult], caption: str) -> Figure:
    """A panel for each impact, a bar for each case; the dominated ones are grey."""
    dominated = {one.case for one in comparison.standings if one.dominated_by is not None}
    chosen = comparison.impacts[:MOST_PANELS]
    names = [case.name for case in cases]
    with style():
        left_in, handles = left_margin_in(names), tones(bool(dominated))
        figure = case_sheet(caption, _height_in(cases), handles)
        room_in = (WIDTH_IN - left_in - RIGHT_IN - GAP_IN * (len(chosen) - 1)) / len(chosen)
        for position, impact in enumerate(chosen):
            axes = case_panel(
                figure, left_in + position * (room_in + GAP_IN), room_in, _height_in(cases)
            )
            fit = scale([case.impacts[impact].value for case in cases], UNITS.get(impact, ""))
            for row, case in enumerate(cases):
                _bar(axes, row, case, impact, fit, case.name in dominated)
            _rows(axes, names if position == 0 else [""] * len(names))
            axes.set_xlabel(impact_header(impact, fit), loc="left")
        add_legend(figure, handles)
    return figure


def _bar(
    axes: Axes, row: int, case: CaseResult, impact: str, fit: Scale, is_dominated: bool
) -> None:
    ends = within(case, impact)
    low, high = fit.factor * ends.at_least, fit.factor * ends.at_most
    axes.barh(row, high, height=0.66, color=DOMINATED if is_dominated else POINT)
    if high > low:
        axes.plot([low, high], [row, row], color=INK.light, lw=1.0, solid_capstyle="butt")


def _stacked(
    parts: Parts, palette: tuple[Colour, ...], title: str, caption: str, *, whole: bool = False
) -> Figure:
    """A bar for each case, divided; what is negative lies left of zero."""
    names = list(dict.fromkeys(n for of in parts.values() for n in of))
    used = [name for name in names if any(of.get(name) for of in parts.values())]
    colours = shades(names, palette)
    cases = list(parts)
    with style():
        handles = swatches(colours, used)
        left_in = left_margin_in(cases)
        figure = case_sheet(caption, _height_in(cases), handles)
        axes = case_panel(figure, left_in, WIDTH_IN - left_in - RIGHT_IN, _height_in(cases))
        for row, case in enumerate(cases):
            _stack(axes, row, {name: parts[case].get(name, 0.0) for name in used}, colours)
        _rows(axes, cases, whole=whole)
        axes.set_xlabel(title, loc="left")
        add_legend(figure, handles)
    return figure


def _stack(
    axes: Axes, row: int, lengths: Mapping[str, float], colours: Mapping[str, Shade]
) -> None:
    ends = {True: 0.0, False: 0.0}  # of what is positive and of what is not
    for name, length in lengths.items():
        if not length:
            continue
        axes.barh(
            row,
            length,
            left=ends[length > 0],
            height=0.66,
            color=colours[name].colour,
            hatch=colours[name].hatch,
            edgecolor=PAPER.light,
            linewidth=0.6,
        )
        ends[length > 0] += length


def _rows(axes: Axes, names: Sequence[str], *, whole: bool = False) -> None:
    """Rows of bars from the top, with their names."""
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_yticks(range(len(names)), [short(name) if name else "" for name in names])
    axes.spines["bottom"].set_visible(False)
    axes.axvline(0.0, color=RULE.light, lw=0.6)
    axes.grid(axis="x")
    plain_numbers(axes.xaxis, whole=whole)


def _height_in(cases: Sequence[object]) -> float:
    """Room that so many bars take."""
    return ROW_IN * len(cases) + 0.1
