"""Rules of the horizon: consecutive or typical, and made of whole slots."""

from __future__ import annotations

from collections.abc import Iterator

from carbonplan.scenario.messages import Problem
from carbonplan.scenario.quantities import whole_minutes
from carbonplan.scenario.schema import Horizon
from carbonplan.units import MINUTES_PER_HOUR

LENGTHS = "60, 30, 20, 15, 12, 10, 6, 5, 4, 3, 2 or 1 min"


def consecutive_or_typical(horizon: Horizon) -> Iterator[Problem]:
    """Either a start and a number of hours, or typical days."""
    if horizon.typical_days is None:
        for key in ("start", "hours"):
            if getattr(horizon, key) is None:
                yield Problem((key,), "is missing; expected start and hours, or typical_days")
    elif horizon.start is not None or horizon.hours is not None:
        yield Problem(("typical_days",), "found with start or hours, expected without them")


def slots_are_whole(horizon: Horizon) -> Iterator[Problem]:
    """Slots of whole minutes divide the hour, and the horizon is made of them."""
    length = whole_minutes(horizon.slot_hours)
    if not length or MINUTES_PER_HOUR % length:
        found = f"found {horizon.slot_hours:g} h"
        yield Problem(("slot_hours",), f"{found}, expected an hour or a part of it: {LENGTHS}")
        return
    lasting = 0 if horizon.hours is None else whole_minutes(horizon.hours)
    if lasting is None or lasting % length:
        found = f"found {horizon.hours:g} h"
        yield Problem(("hours",), f"{found}, expected a whole number of slots of {length} min")
    if horizon.start is not None and horizon.start.minute % length:
        found = f"found {horizon.start:%H:%M}"
        yield Problem(("start",), f"{found}, expected a time when slots of {length} min begin")
