"""The hours: carbon intensity, online requests and batch work, one above the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.plan.roles import answering
from carbonplan.report.arrays import Floats, classes_of, names, operated, values
from carbonplan.report.figures.clock import mark_time
from carbonplan.report.figures.numbers import Numbers
from carbonplan.report.figures.palette import INK, MUTED, PAPER, REGIONS, Shade, shades
from carbonplan.report.figures.sheet import (
    AXIS_IN,
    CAPTION_IN,
    RIGHT_IN,
    WIDTH_IN,
    add_legend,
    empty,
    legend_height_in,
    panel,
    plain_numbers,
    sheet,
    style,
    swatches,
)
from carbonplan.report.horizon import Horizon, horizon
from carbonplan.units import G_PER_KG

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from carbonplan.plan import Plan

PANEL_IN = 1.3
GAP_IN = 0.42  # between panels; holds the label of the lower one
ABOVE_IN = 0.2  # holds the label of the topmost
LEFT_IN = 0.55
MOST_STEPS = 800  # slots that a panel shows; of more it shows the means of days
EDGES_UP_TO = 400  # slots: beyond, edges between areas would hide them
INTENSITY = "Carbon intensity [gCO2e/kWh]"
KINDS = {"online": "Online requests [requests/s]", "batch": "Batch work [requests/s]"}
ARRIVING = "Batch work as it arrives [requests/s]"
COLUMNS = ("shown", "region", "start_h", "time_utc", "hours", "value")


def week(plan: Plan) -> Figure:
    """Panels over one clock, as far as the plan has what they show.

    Reads ``intensity_kgco2e_per_kwh`` (region, slot), ``load_rps`` (request_class,
    configuration, region, slot), ``demand_rps`` (request_class, origin, slot) of batch
    classes, and the horizon's ``time_utc``, ``weight``, ``run`` and ``slot_hours``.
    """
    plan = replace(plan, data=operated(plan.data))
    with style():
        served = {kind: rps for kind in KINDS if (rps := _served_rps(plan, kind)) is not None}
        intensity = values(plan.data, "intensity_kgco2e_per_kwh", "region", "slot")
        if not served:
            return empty(plan, "The plan does not say what runs when.")
        return _panels(plan, intensity, served)


def week_numbers(plan: Plan) -> Numbers:
    """What the panels show, step by step."""
    plan = replace(plan, data=operated(plan.data))
    if not any(_served_rps(plan, kind) is not None for kind in KINDS):
        return Numbers(COLUMNS)
    return Numbers(COLUMNS, tuple(_rows(plan)))


def _rows(plan: Plan) -> Iterator[tuple[object, ...]]:
    hours, regions = horizon(plan.data), names(plan.data, "region")
    intensity = values(plan.data, "intensity_kgco2e_per_kwh", "region", "slot")
    shown = {INTENSITY: None if intensity is None else G_PER_KG * intensity}
    shown |= {title: _served_rps(plan, kind) for kind, title in KINDS.items()}
    for title, amounts in shown.items():
        for region, row in zip(regions, () if amounts is None else amounts, strict=False):
            yield from _step_rows(hours, title, region, row)
    arriving = _arriving_rps(plan) if shown[KINDS["batch"]] is not None else None
    if arriving is not None:
        yield from _step_rows(hours, ARRIVING, "", arriving)


def _step_rows(
    hours: Horizon, title: str, region: str, amounts: Floats
) -> Iterator[tuple[object, ...]]:
    edges_h, means = _step_means(hours, amounts)
    for start_h, end_h, mean in zip(edges_h[:-1], edges_h[1:], means, strict=True):
        slot = int(np.searchsorted(hours.starts_h, start_h))
        time = "" if hours.times is None else f"{np.datetime_as_string(hours.times[slot])}Z"
        yield title, region, float(start_h), time, float(end_h - start_h), float(mean)


def _panels(plan: Plan, intensity: Floats | None, served: dict[str, Floats]) -> Figure:
    hours = horizon(plan.data)
    regions = names(plan.data, "region")
    colours = shades(regions, REGIONS)
    working = [r for r in range(len(regions)) if any(rps[r].any() for rps in served.values())]
    handles = [*swatches(colours, [regions[r] for r in working]), *_line_handles(served)]
    count = len(served) + (intensity is not None)
    room_in = PANEL_IN * count + GAP_IN * (count - 1) + ABOVE_IN
    figure = sheet(plan, CAPTION_IN + AXIS_IN + room_in + legend_height_in(handles))
    bottom_in = CAPTION_IN + AXIS_IN
    clock, means = None, ", daily means" if _averaged(hours) else ""
    for kind in reversed(served):
        axes = panel(figure, LEFT_IN, bottom_in, PANEL_IN, sharex=clock)
        _stack(axes, hours, served[kind], [colours[region] for region in regions])
        if kind == "batch":
            _arrivals(axes, plan, hours)
        _finish(axes, f"{KINDS[kind]}{means}")
        clock = _with_clock(axes, hours, clock)
        bottom_in += PANEL_IN + GAP_IN
    if intensity is not None:
        axes = panel(figure, LEFT_IN, bottom_in, PANEL_IN, sharex=clock)
        _lines(axes, hours, G_PER_KG * intensity, [colours[r] for r in regions], working)
        _finish(axes, f"{INTENSITY}{means}")
        _with_clock(axes, hours, clock)
    add_legend(figure, handles)
    return figure


def _served_rps(plan: Plan, kind: str) -> Floats | None:
    """Requests of a kind served by region, (region, slot); None where there are none."""
    load = values(plan.data, "load_rps", "request_class", "configuration", "region", "slot")
    classes = classes_of(plan.data, kind)
    if load is None or not classes.any():
        return None
    return load[classes][:, answering(plan.data)].sum(axis=(0, 1))


def _with_clock(axes: Axes, hours: Horizon, clock: Axes | None) -> Axes:
    """Only the lowest panel, the first one drawn, names the time."""
    mark_time(axes, hours, named=clock is None)
    return clock or axes


def _finish(axes: Axes, title: str) -> None:
    """Label lying above the axis, where it is read first; room for it."""
    axes.set_ylim(min(axes.get_ylim()[0], 0), None)
    axes.set_ylabel(title, rotation=0, ha="left", va="bottom")
    axes.yaxis.set_label_coords((0.1 - LEFT_IN) / (WIDTH_IN - LEFT_IN - RIGHT_IN), 1.04)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="y")
    plain_numbers(axes.yaxis)


def _stack(axes: Axes, hours: Horizon, served_rps: Floats, colours: list[Shade]) -> None:
    """Areas of the regions, one on top of the other."""
    top: Floats | float = 0.0
    for rps, shade in zip(served_rps, colours, strict=True):
        if not rps.any():
            continue
        x, y = _steps(hours, rps)
        axes.fill_between(
            x, top, top + y, facecolor=shade.colour, hatch=shade.hatch,
            edgecolor=PAPER.light,
            linewidth=0.3 if len(x) <= 2 * EDGES_UP_TO else 0,
        )  # fmt: skip
        top = top + y
    axes.set_ylim(0, 1.08 * float(np.max(top)) or 1)


def _lines(
    axes: Axes, hours: Horizon, amounts: Floats, colours: list[Shade], working: list[int]
) -> None:
    """A line for each region; thin and grey where nothing runs."""
    for r, (row, shade) in enumerate(zip(amounts, colours, strict=True)):
        x, y = _steps(hours, row)
        if r in working:
            axes.plot(x, y, color=shade.colour, linestyle=shade.line, linewidth=1.3)
        else:
            axes.plot(x, y, color=MUTED.light, linewidth=0.5, zorder=1.5)


def _arriving_rps(plan: Plan) -> Floats | None:
    """Batch work as it arrives, (slot,); None where the plan does not say."""
    demand = values(plan.data, "demand_rps", "request_class", "origin", "slot")
    return None if demand is None else demand[classes_of(plan.data, "batch")].sum(axis=(0, 1))


def _arrivals(axes: Axes, plan: Plan, hours: Horizon) -> None:
    """Batch work as it arrives, above what is done of it."""
    arriving = _arriving_rps(plan)
    if arriving is None:
        return
    x, y = _steps(hours, arriving)
    axes.plot(x, y, color=INK.light, linewidth=1.0, linestyle=(0, (3, 2)))
    axes.set_ylim(0, max(axes.get_ylim()[1], 1.08 * float(y.max())))


def _line_handles(served: dict[str, Floats]) -> list[Artist]:
    from matplotlib.lines import Line2D

    dashed = Line2D([], [], color=INK.light, linewidth=1.0, linestyle=(0, (3, 2)))
    dashed.set_label("batch work as it arrives")
    return [dashed] if "batch" in served else []


def _averaged(hours: Horizon) -> bool:
    """Whether there are more slots than a panel can show."""
    return len(hours.weight) > MOST_STEPS


def _steps(hours: Horizon, amounts: Floats) -> tuple[Floats, Floats]:
    """Corners of the steps that are drawn."""
    edges_h, means = _step_means(hours, amounts)
    return np.repeat(edges_h, 2)[1:-1], np.repeat(means, 2)


def _step_means(hours: Horizon, amounts: Floats) -> tuple[Floats, Floats]:
    """Edges [h] and heights of the steps: slots, or means of days."""
    first = np.arange(0, len(amounts), hours.day_slots if _averaged(hours) else 1)
    length_h = np.add.reduceat(hours.length_h, first)
    means = np.add.reduceat(amounts * hours.length_h, first) / length_h
    return np.append(hours.starts_h[first], hours.starts_h[-1] + hours.length_h[-1]), means
