"""Whether the slots of a stage recur as a day or a week, so that a clock can follow them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from carbonplan.export.records import Hours, Period
from carbonplan.units import MINUTES_PER_HOUR

if TYPE_CHECKING:
    import xarray as xr

DAY, WEEK = timedelta(days=1), timedelta(days=7)
PERIODS: dict[timedelta, Period] = {DAY: "day", WEEK: "week"}


def hours_of(data: xr.Dataset) -> Hours:
    """Starts of the slots, their length, and the period that they fill or why there is none."""
    starts = tuple(
        datetime.fromtimestamp(seconds, UTC)
        for seconds in data["time_utc"].values.astype("datetime64[s]").astype(int).tolist()
    )
    minutes = round(float(data["slot_hours"].values[0]) * MINUTES_PER_HOUR)
    reason = _reason(data, starts, minutes)
    length = timedelta(minutes=minutes) * len(starts)
    if not reason and length not in PERIODS:
        reason = (
            f"the horizon of {length / timedelta(hours=1):g} h is neither a day nor a week, so "
            "that no weekly clock can follow it"
        )
    return Hours(starts, minutes, None if reason else PERIODS[length], reason)


def _reason(data: xr.Dataset, starts: tuple[datetime, ...], minutes: int) -> str:
    if len(set(data["slot_future"].values.astype(str).tolist())) > 1:
        return "the stage has slots of several futures; which one comes is not known"
    if (data["weight"].values != data["weight"].values[0]).any():
        return "the horizon is made of weighted days, which stand for dates that are not named"
    step = timedelta(minutes=minutes)
    even = all(later - earlier == step for earlier, later in pairwise(starts))
    return "" if even else "the slots do not follow one another"
