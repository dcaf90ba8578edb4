"""The time axis: hours of a day, days of a run, or typical days and what they stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carbonplan.report.figures.palette import MUTED, RULE
from carbonplan.report.figures.sheet import short
from carbonplan.report.horizon import WEEKDAYS, Horizon
from carbonplan.report.wording import number
from carbonplan.units import HOURS_PER_DAY, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
HOUR_STEPS = (1, 2, 3, 6, 12)
MOST_HOURS = 48  # that are marked by hours instead of days
MOST_MARKS = 9

Marks = list[tuple[float, str]]


def mark_time(axes: Axes, hours: Horizon, *, named: bool) -> None:
    """Limits and marks of the time axis; only where ``named`` with words."""
    end_h = float(hours.starts_h[-1] + hours.length_h[-1])
    axes.set_xlim(0, end_h)
    marks, title = _marks(hours, end_h)
    axes.set_xticks([x for x, _ in marks], [words for _, words in marks])
    axes.tick_params(axis="x", labelbottom=named, length=2.5 if named else 0)
    if hours.typical:
        edges = hours.starts_h[hours.first_slots[1:]]
        axes.vlines(
            edges,
            0,
            1,
            transform=axes.get_xaxis_transform(),
            zorder=1.2,
            color=RULE.light,
            lw=0.6,
        )
    if named:
        axes.set_xlabel(title, loc="left")
    axes.spines["bottom"].set_color(MUTED.light)


def _marks(hours: Horizon, end_h: float) -> tuple[Marks, str]:
    if hours.run_stages:
        return _stage_marks(hours, end_h), f"{hours.run_word.capitalize()}s of each stage"
    if hours.typical:
        title = f"{hours.run_word.capitalize()}s, and how often each counts [1]"
        return _run_marks(hours, end_h), title
    if hours.times is None:
        step = max(1.0, np.ceil(end_h / MOST_MARKS))
        return [(x, number(x)) for x in np.arange(0, end_h + 1e-9, step)], "Time [h]"
    if end_h <= MOST_HOURS:
        return _hour_marks(hours, end_h), f"Time [UTC], {_date(hours.times[0], year=True)}"
    return _day_marks(hours, end_h), f"Time [UTC], from {_date(hours.times[0], year=True)}"


def _run_marks(hours: Horizon, end_h: float) -> Marks:
    """The weight of each run below its middle."""
    edges = np.append(hours.starts_h[hours.first_slots], end_h)
    every = -(-len(hours.first_slots) // (2 * MOST_MARKS))
    weights = hours.weight[hours.first_slots]
    middles = (edges[:-1] + edges[1:]) / 2
    return [
        (float(x), f"×{number(weight)}")
        for x, weight in list(zip(middles, weights, strict=True))[::every]
    ]


def _stage_marks(hours: Horizon, end_h: float) -> Marks:
    """The name of each stage below the middle of its runs."""
    edges = np.append(hours.starts_h[hours.first_slots], end_h)
    first = [
        run
        for run, stage in enumerate(hours.run_stages)
        if run == 0 or stage != hours.run_stages[run - 1]
    ]
    every = -(-len(first) // (2 * MOST_MARKS))
    ends = [*first[1:], len(hours.run_stages)]
    return [
        (float(edges[run] + edges[end]) / 2, short(hours.run_stages[run]))
        for run, end in list(zip(first, ends, strict=True))[::every]
    ]


def _hour_marks(hours: Horizon, end_h: float) -> Marks:
    step = next((step for step in HOUR_STEPS if end_h / step <= MOST_MARKS), HOUR_STEPS[-1])
    return [(x, f"{_moment(hours, x):%H:%M}") for x in np.arange(0, end_h + 1e-9, step)]


def _day_marks(hours: Horizon, end_h: float) -> Marks:
    """Midnights, as many as can be read."""
    start = _moment(hours, 0)
    first = (-(start.hour + start.minute / 60)) % HOURS_PER_DAY
    every = -(-int(end_h / HOURS_PER_DAY) // MOST_MARKS)
    midnights = np.arange(first, end_h, HOURS_PER_DAY * every)
    return [(x, _date(hours.times[0] + _seconds(x), weekday=every == 1)) for x in midnights]


def _moment(hours: Horizon, offset_h: float):
    return (hours.times[0] + _seconds(offset_h)).item()


def _seconds(offset_h: float) -> np.timedelta64:
    return np.timedelta64(round(offset_h * SECONDS_PER_HOUR), "s")


def _date(time: np.datetime64, *, year: bool = False, weekday: bool = True) -> str:
    """ "Mon 15 Apr 2024" or parts of it, whatever the language of the machine."""
    moment = time.item()
    words = [WEEKDAYS[moment.weekday()]] if weekday else []
    words += [str(moment.day), MONTHS[moment.month - 1]]
    return " ".join([*words, str(moment.year)] if year else words)
