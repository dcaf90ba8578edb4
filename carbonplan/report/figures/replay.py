"""A replayed plan in figures: how long users waited, what was promised, power by the minute.

One policy is drawn by workload; several are drawn side by side, each in one colour.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from carbonplan.replay.metrics import CURVE
from carbonplan.report.figures.palette import INK, MUTED, REGIONS, SKUS, shades
from carbonplan.report.figures.sheet import (
    AXIS_IN,
    CAPTION_IN,
    LEGEND_ROW_IN,
    add_legend,
    left_margin_in,
    legend_height_in,
    panel,
    plain_numbers,
    sheet,
    short,
    style,
    svg,
)

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from carbonplan.plan import Plan
    from carbonplan.report.replay import Judged

PANEL_IN = 1.35
LEFT_IN = 0.7
TITLES = {
    "ttft": "time to first token, s",
    "tpot": "time per token after the first, s",
    "latency": "time to last token, s",
}
SHARE_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
ROW_IN = 0.24
LEAST_S = 1e-4  # of a logarithmic axis
MANY_DECADES = 1e3  # between the ends of an axis: only powers of ten are written
LEAST_MISSED = 1e-5  # share of requests; where none missed, the dot stands here


def drawings(plan: Plan, found: Sequence[Judged]) -> dict[str, str]:
    """Every figure as SVG, by name; one that cannot be drawn is logged and left out."""
    drawn: dict[str, Callable[[], Figure]] = {
        "latency": lambda: latency(plan, found),
        "attainment": lambda: attainment(plan, found),
        "power": lambda: power(plan, found),
    }
    if len(found) > 1:
        drawn["energy_attainment"] = lambda: energy_against_attainment(plan, found)
    figures = {}
    for name, draw in drawn.items():
        try:
            with style():
                figures[name] = svg(draw())
        except Exception:  # a replay is worth more than its pictures
            logging.getLogger(__name__).warning("figure %s is left out", name, exc_info=True)
    return figures


def latency(plan: Plan, found: Sequence[Judged]) -> Figure:
    """Shares of requests by how long they took, a panel for each limit; limits are dotted."""
    from matplotlib.lines import Line2D

    lines = _lines(found)
    colours = shades([name for name, _, _ in lines], REGIONS)
    widths = _widths(list(dict.fromkeys(name for name, _, _ in lines)))
    handles: list[Artist] = [
        Line2D([], [], color=shade.colour, ls=shade.line, lw=1.4, label=short(name))
        for name, shade in colours.items()
    ]
    handles.append(Line2D([], [], color=MUTED.light, ls=":", lw=1, label="limit"))
    measures = [one for one in TITLES if any(measure == one for _, measure, _ in lines)]
    each_in = PANEL_IN + AXIS_IN
    height_in = CAPTION_IN + each_in * max(len(measures), 1) + legend_height_in(handles)
    figure = sheet(plan, height_in)
    for number, measure in enumerate(reversed(measures)):
        axes = panel(figure, LEFT_IN, CAPTION_IN + AXIS_IN + number * each_in, PANEL_IN)
        for name, of, values in lines:
            if of == measure:
                shade = colours[name]
                finite = [max(v, LEAST_S) if math.isfinite(v) else math.nan for v in values]
                axes.plot(finite, CURVE, color=shade.colour, ls=shade.line, lw=widths[name])
        for limit in _limits(found[0], measure):
            axes.axvline(limit, color=MUTED.light, ls=":", lw=1)
        _logarithmic(axes)
        axes.set_yticks(SHARE_TICKS, [f"{100 * share:.0f} %" for share in SHARE_TICKS])
        axes.set_xlabel(TITLES[measure], loc="left")
        axes.grid(visible=True)
    add_legend(figure, handles)
    return figure


def attainment(plan: Plan, found: Sequence[Judged]) -> Figure:
    """Requests outside each promise, with the range by luck; what was allowed is a line."""
    from matplotlib.lines import Line2D

    rows = [
        (_named(found, one, f"{p.workload}, {p.found.measure}"), p.found)
        for one in found
        for p in one.promises
    ]
    names = [name for name, _ in rows]
    handles = [
        Line2D([], [], marker="o", ls="none", ms=4, color=REGIONS[0].light, label="replayed"),
        Line2D([], [], marker="|", ls="none", ms=9, mew=2, color=INK.light, label="promised"),
    ]
    panel_in = ROW_IN * max(len(rows), 1) + 0.1
    height_in = CAPTION_IN + AXIS_IN + panel_in + legend_height_in(handles)
    figure = sheet(plan, height_in)
    axes = panel(figure, left_margin_in(names), CAPTION_IN + AXIS_IN, panel_in)
    for row, (_, one) in enumerate(rows):
        ends = [_missed_percent(share) for share in (one.high, one.low)]
        axes.plot(ends, [row, row], color=REGIONS[0].light, lw=1.2)
        axes.plot(_missed_percent(one.share), row, "o", color=REGIONS[0].light, ms=4)
        axes.plot(_missed_percent(one.promised), row, "|", color=INK.light, ms=9, mew=2)
    _logarithmic(axes)
    axes.set_yticks(range(len(rows)), [short(name) for name in names])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlabel(f"requests outside the limit, % (none: {100 * LEAST_MISSED:g})", loc="left")
    axes.grid(visible=True, axis="x")
    add_legend(figure, handles)
    return figure


def power(plan: Plan, found: Sequence[Judged]) -> Figure:
    """Power above idle, by the minute, of each region or policy; slots one after another."""
    from matplotlib.lines import Line2D

    series = _powers(found)
    colours = shades([name for name, _, _ in series], REGIONS)
    widths = dict.fromkeys(colours, 1.0)
    if len(found) > 1:
        widths = _widths([name for name, _, _ in series])
    handles = [
        Line2D([], [], color=shade.colour, ls=shade.line, lw=1.4, label=short(name))
        for name, shade in colours.items()
    ]
    panel_in = PANEL_IN + 5 * LEGEND_ROW_IN
    height_in = CAPTION_IN + AXIS_IN + panel_in + legend_height_in(handles)
    figure = sheet(plan, height_in)
    axes = panel(figure, LEFT_IN, CAPTION_IN + AXIS_IN, panel_in)
    for name, minutes, values in series:
        shade = colours[name]
        axes.plot(minutes, values, color=shade.colour, ls=shade.line, lw=widths[name])
    axes.set_xlabel("minutes replayed", loc="left")
    axes.set_ylabel("serving, kW above idle")
    axes.set_ylim(bottom=0.0)
    plain_numbers(axes.xaxis)
    plain_numbers(axes.yaxis)
    axes.grid(visible=True)
    add_legend(figure, handles)
    return figure


def energy_against_attainment(plan: Plan, found: Sequence[Judged]) -> Figure:
    """What serving took against the least share of requests inside a promise, by policy."""
    from matplotlib.lines import Line2D

    names = [one.replay.policy.name for one in found]
    colours = shades(names, SKUS)
    handles = [
        Line2D([], [], marker="o", ls="none", ms=5, color=shade.colour, label=short(name))
        for name, shade in colours.items()
    ]
    height_in = CAPTION_IN + AXIS_IN + 2 * PANEL_IN + legend_height_in(handles)
    figure = sheet(plan, height_in)
    axes = panel(figure, LEFT_IN, CAPTION_IN + AXIS_IN, 2 * PANEL_IN)
    for one, width in zip(found, _widths(names).values(), strict=True):
        worst = min((p.found.share for p in one.promises), default=1.0)
        kwh = one.impacts.parts[0].replayed["energy"]
        shade = colours[one.replay.policy.name]
        axes.plot(_missed_percent(worst), kwh, "o", color=shade.colour, ms=3 * width)
    _logarithmic(axes)
    axes.set_xlabel("share of requests outside the limit that is missed most, %", loc="left")
    axes.set_ylabel("energy of serving, kWh")
    plain_numbers(axes.yaxis)
    axes.grid(visible=True)
    add_legend(figure, handles)
    return figure


def _logarithmic(axes: Axes) -> None:
    """A logarithmic axis with plain numbers below it."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axes.set_xscale("log")
    low, high = axes.get_xlim()
    steps = [1.0] if high > MANY_DECADES * low else [1.0, 2.0, 5.0]
    axes.xaxis.set_major_locator(LogLocator(subs=steps))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _missed_percent(share: float) -> float:
    """Requests outside a limit, none as the least that is drawn [%]."""
    return 100 * max(1.0 - share, LEAST_MISSED)


def _widths(names: Sequence[str]) -> dict[str, float]:
    """Widths of lines that may lie over one another: the first is broad, the last narrow."""
    many = max(len(names) - 1, 1)
    return {name: 1.2 + 2.4 * (1.0 - i / many) for i, name in enumerate(names)}


def _lines(found: Sequence[Judged]) -> list[tuple[str, str, Sequence[float]]]:
    """Name, limit and values of each curve: of workloads, or of policies and workloads."""
    return [
        (_named(found, one, workload), measure, values)
        for one in found
        for (workload, measure), values in one.curves.items()
        if measure in TITLES
    ]


def _named(found: Sequence[Judged], one: Judged, name: str) -> str:
    """A name, with the policy in front where several are shown."""
    if len(found) == 1:
        return name
    workloads = {p.workload for p in one.promises}
    policy = one.replay.policy.name
    return policy if len(workloads) == 1 and name in workloads else f"{policy}: {name}"


def _limits(one: Judged, measure: str) -> list[float]:
    """Limits that are promised, each once."""
    limits = {p.found.limit_s for p in one.promises if p.found.measure == measure}
    return sorted(limit for limit in limits if limit)


def _powers(found: Sequence[Judged]) -> list[tuple[str, list[float], list[float]]]:
    """Name, minutes and power: of each region, or of each policy all regions together."""
    if len(found) == 1:
        return [
            (region.region, *_minutes(region.minutes_kw.sum(axis=1), region.bin_s))
            for region in found[0].replay.regions
        ]
    return [
        (
            one.replay.policy.name,
            *_minutes(
                sum(region.minutes_kw.sum(axis=1) for region in one.replay.regions),
                one.replay.regions[0].bin_s,
            ),
        )
        for one in found
    ]


def _minutes(values: object, bin_s: float) -> tuple[list[float], list[float]]:
    power_kw = list(values)
    return [number * bin_s / 60.0 for number in range(len(power_kw))], power_kw
