"""Hourly counts as windows of a weekly or daily clock, each a pair of cron expressions.

A window begins at the start of the first slot of a run of equal counts and ends at the start of
the slot after it. Windows of a count that begin and end at the same time of day share one pair,
with a list of weekdays. In every pair starts and ends take turns, which is what makes a cron
scaler active from each start to the next end. No window has a count of zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carbonplan.export.records import Hours

DAYS_PER_WEEK = 7
TimeOfDay = tuple[int, int]


@dataclass(frozen=True)
class Window:
    """From one time to another, on days of the week (0 is Sunday), with a count.

    ``days`` are those on which it begins; ``*`` stands for every day.
    """

    start: str
    end: str
    count: int


def windows(hours: Hours, counts: Sequence[int]) -> list[Window]:
    """Windows that say each slot's count, in the order of the slots; none where it is constant.

    Raises
    ------
    ValueError
        The slots do not recur.
    """
    if hours.period is None:
        raise ValueError(hours.reason)
    daily = hours.period == "day"
    grouped: dict[tuple[int, TimeOfDay, TimeOfDay], list[tuple[int, int]]] = {}
    for first, after, count in _runs(counts):
        if count == 0:
            continue
        start = hours.starts[first]
        end = start + timedelta(minutes=hours.minutes) * (after - first)
        key = count, (start.hour, start.minute), (end.hour, end.minute)
        grouped.setdefault(key, []).append((_weekday(start), _weekday(end)))
    return [
        Window(
            _cron(start, None if daily else [day for day, _ in days]),
            _cron(end, None if daily else [day for _, day in days]),
            count,
        )
        for (count, start, end), days in grouped.items()
    ]


def _runs(counts: Sequence[int]) -> list[tuple[int, int, int]]:
    """Runs of equal counts on a circle: first slot, the slot after the last, count.

    A run over the seam is one run that begins before it; a circle of one count has no runs.
    """
    slots = len(counts)
    changes = [t for t in range(slots) if counts[t] != counts[t - 1]]
    ends = [*changes[1:], *(first + slots for first in changes[:1])]
    return [(first, after, counts[first]) for first, after in zip(changes, ends, strict=True)]


def _weekday(time: datetime) -> int:
    """Day of the week as cron counts it, from Sunday."""
    return time.isoweekday() % 7


def _cron(time: TimeOfDay, days: Sequence[int] | None) -> str:
    chosen = sorted(set(days or ()))
    on = "*" if len(chosen) in (0, DAYS_PER_WEEK) else ",".join(map(str, chosen))
    hour, minute = time
    return f"{minute} {hour} * * {on}"
