"""When a plan operates: its hours, its runs of consecutive slots, and their names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.report.arrays import names, slot_hours, values
from carbonplan.report.wording import count, number
from carbonplan.units import (
    HOURS_PER_DAY,
    HOURS_PER_WEEK,
    MINUTES_PER_HOUR,
    SECONDS_PER_HOUR,
)

if TYPE_CHECKING:
    import xarray as xr

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Horizon:
    """The slots of a plan in their order.

    Attributes
    ----------
    times
        UTC start of each slot, (slot,); None where the plan has no clock.
    starts_h, length_h
        Where each slot begins on an axis without gaps, and how long it is, (slot,) [h].
    weight
        How many like slots each stands for, (slot,) [1].
    first_slots
        Slot that each run of consecutive slots begins with, (run,).
    hours
        Hours that all slots stand for [h].
    run_stages
        Stage that each run belongs to, (run,); empty where there is one stage only.
    """

    times: NDArray[np.datetime64] | None
    starts_h: NDArray[np.float64]
    length_h: NDArray[np.float64]
    weight: NDArray[np.float64]
    first_slots: NDArray[np.int64]
    hours: float
    run_stages: tuple[str, ...] = ()

    @property
    def typical(self) -> bool:
        """Whether the slots are runs that stand for others, not one course of time."""
        return len(self.first_slots) > 1 or bool(np.any(self.weight != 1))

    @property
    def run_word(self) -> str:
        """What a run is called that stands for others."""
        days = len(self.first_slots) * HOURS_PER_DAY == self.length_h.sum()
        return "typical day" if days else "typical run"

    @property
    def title(self) -> str:
        """What the slots are called: "The week, hour by hour"."""
        if self.typical:
            return f"The {self.run_word}s, {self.step}"
        span_h = float(self.length_h.sum())
        known = {1.0: "The hour", HOURS_PER_DAY: "The day", HOURS_PER_WEEK: "The week"}
        name = known.get(span_h, f"The {number(span_h)} hours")
        return name if len(self.length_h) <= 1 else f"{name}, {self.step}"

    @property
    def step(self) -> str:
        """How close the slots follow each other: "hour by hour", "every 5 min"."""
        length_h = float(self.length_h[0])
        return "hour by hour" if length_h == 1 else f"every {MINUTES_PER_HOUR * length_h:g} min"

    @property
    def day_slots(self) -> int:
        """How many slots a day has."""
        return round(HOURS_PER_DAY / float(self.length_h[0]))

    @property
    def wording(self) -> str:
        """The horizon in words: "168 hours from 2024-04-15 00:00 UTC"."""
        hours = count(self.hours, "hour")
        if self.typical:
            runs = count(len(self.first_slots), self.run_word)
            return f"{hours} ({runs} of {count(len(self.weight), 'slot')} in all)"
        return hours if self.times is None else f"{hours} from {clock(self.times[0])} UTC"


def horizon(data: xr.Dataset) -> Horizon:
    """The horizon of a plan's data."""
    slots = data.sizes.get("slot", 0)
    length_h = values(data, "slot_hours", "slot")
    length_h = np.ones(slots) if length_h is None else length_h
    weight = values(data, "weight", "slot")
    times = data["time_utc"].values.astype("datetime64[s]") if "time_utc" in data else None
    first_slots = _first_slots(data, times, length_h)
    stage_of = names(data, "slot_stage") if len(names(data, "stage")) > 1 else ()
    return Horizon(
        times=times,
        starts_h=np.concatenate([[0.0], np.cumsum(length_h)[:-1]]),
        length_h=length_h,
        weight=np.ones(slots) if weight is None else weight,
        first_slots=first_slots,
        hours=float(slot_hours(data).sum()),
        run_stages=tuple(stage_of[slot] for slot in first_slots) if stage_of else (),
    )


def _first_slots(
    data: xr.Dataset, times: NDArray[np.datetime64] | None, length_h: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Where the number of the run changes or, without one, where the clock jumps."""
    run = values(data, "run", "slot")
    if run is not None:
        jumps = np.diff(run) != 0
    elif times is not None:
        jumps = np.diff(times).astype(float) != length_h[:-1] * SECONDS_PER_HOUR
    else:
        jumps = np.zeros(max(len(length_h) - 1, 0), dtype=bool)
    return np.concatenate([[0], np.flatnonzero(jumps) + 1])


def clock(time: np.datetime64) -> str:
    """Date and hour, "2024-04-15 00:00"."""
    return np.datetime_as_string(time, unit="m").replace("T", " ")


def weekday_hour(time: np.datetime64) -> str:
    """Day of the week and hour, "Mon 14:00"."""
    moment = time.item()
    return f"{WEEKDAYS[moment.weekday()]} {moment:%H:%M}"
