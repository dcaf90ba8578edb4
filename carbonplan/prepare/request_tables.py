"""Counted requests to what a scenario takes: classes, a weekly shape, and hourly rates.

Each workload of the logs becomes a service with request classes; with a weekly shape of its
load where the logs cover a day or more and say when in the week they begin; and with its hourly
rates where they cover an hour or more of the calendar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.records import ArrivalShape, Evidence, RequestClass
from carbonplan.catalogue.requests import hour_of_week
from carbonplan.catalogue.series import HOUR
from carbonplan.errors import InvalidInput
from carbonplan.prepare.arrivals import (
    HOURS_OF_A_DAY,
    HourlyLoad,
    arrival_shape,
)
from carbonplan.prepare.classes import (
    ClassErrors,
    Lengths,
    class_errors,
    request_classes,
)
from carbonplan.prepare.request_logs import Counted
from carbonplan.units import HOURS_PER_WEEK, SECONDS_PER_HOUR

LONGEST_NAME = 48
TOLD_SHARE = 5e-5  # of the requests, from which on it is told that they are left out


@dataclass(frozen=True)
class Calendar:
    """Where hour 0 of the logs lies, and how local time differs from UTC.

    Attributes
    ----------
    zero
        The hour in UTC; None where nobody knows.
    utc_offset_hours
        Local time of the users less UTC, for the shape over the local week [h].
    """

    zero: np.datetime64 | None
    utc_offset_hours: float


@dataclass(frozen=True)
class Service:
    """What a workload of the logs amounts to.

    Attributes
    ----------
    shape_error
        Root mean square by which the hours of the logs differ from the shape, relative to
        their mean; None without a shape [1].
    hours
        Consecutive hours in UTC and their rates, (hour,) each; empty without a calendar.
    notes
        What could not be made and why, and what was left out.
    """

    name: str
    requests: float
    mean_rps: float | None
    classes: tuple[RequestClass, ...]
    class_errors: ClassErrors | None
    shape: tuple[ArrivalShape, ...]
    shape_error: float | None
    hours: NDArray[np.datetime64]
    rps: NDArray[np.float64]
    notes: tuple[str, ...]


def services(
    counted: Mapping[str, Counted],
    name: str,
    calendar: Calendar,
    *,
    classes: int,
    evidence: Evidence,
    source: str,
) -> list[Service]:
    """A service for each workload, called ``name`` or, of several, ``name-<workload>``."""
    names = [name if len(counted) == 1 else f"{name}-{workload}" for workload in counted]
    made = [
        _service(plain(one), counts, calendar, classes, evidence, source)
        for one, counts in zip(names, counted.values(), strict=True)
    ]
    repeated = {one.name for one in made if [two.name for two in made].count(one.name) > 1}
    if repeated:
        raise InvalidInput(
            "traces",
            [f'workloads that would all be called "{one}"' for one in sorted(repeated)],
        )
    if not any(one.classes or one.mean_rps for one in made):
        raise InvalidInput("traces", ["neither lengths nor times of a request in them"])
    return made


def _service(
    name: str,
    counted: Counted,
    calendar: Calendar,
    classes: int,
    evidence: Evidence,
    source: str,
) -> Service:
    lengths = Lengths(counted.tokens, counted.requests, counted.dropped)
    rows: list[RequestClass] = []
    if lengths.weight.size:
        rows = request_classes(lengths, name, classes, evidence=evidence, source=source)
    shape, hours, notes = _arrivals(name, counted, calendar, source)
    known = counted.rps[~np.isnan(counted.rps)]
    mean_rps = float(known.mean()) if known.size else counted.mean_rps
    return Service(
        name=name,
        requests=_requests(counted),
        mean_rps=mean_rps if mean_rps > 0 else None,
        classes=tuple(rows),
        class_errors=class_errors(lengths, rows) if rows else None,
        shape=tuple(shape),
        shape_error=_shape_error(counted, shape, calendar) if shape else None,
        hours=hours,
        rps=counted.rps if hours.size else np.empty(0),
        notes=(*_length_notes(counted), *notes),
    )


def _requests(counted: Counted) -> float:
    """Requests that the logs tell of: by their lengths, or else by their rates."""
    if counted.span_s > 0:
        return counted.mean_rps * counted.span_s
    return float(counted.requests.sum())


def _length_notes(counted: Counted) -> Iterator[str]:
    if not counted.requests.size:
        yield "no lengths: no classes"
    elif counted.dropped >= TOLD_SHARE:
        yield f"{counted.dropped:.2%} of the requests lack input or output and are left out"


def _arrivals(
    name: str, counted: Counted, calendar: Calendar, source: str
) -> tuple[list[ArrivalShape], NDArray[np.datetime64], list[str]]:
    """Shape over the week, hours of the calendar, and why one of them could not be made."""
    none = np.empty(0, "datetime64[m]")
    if not counted.span_s:
        return [], none, ["no times: no arrivals"]
    told, gaps = len(counted.rps), int(np.isnan(counted.rps).sum())
    notes = []
    if told < HOURS_OF_A_DAY:
        covered = counted.span_s / SECONDS_PER_HOUR
        notes.append(f"{covered:.1f} hours: a shape over the day takes at least 24 whole ones")
    if calendar.zero is None:
        notes.append("times since the log began: give --start for a shape and hourly arrivals")
        return [], none, notes
    still = int((counted.rps == 0).sum())
    if still:
        notes.append(f"{still} of {told} hours without any request count as they are")
    hours = calendar.zero + HOUR * (counted.first_hour + np.arange(told))
    if gaps:
        notes.append(f"{gaps} of {told} hours not recorded: no file of hourly arrivals")
    shape: list[ArrivalShape] = []
    if told >= HOURS_OF_A_DAY and counted.mean_rps > 0:
        start = int(hour_of_week(hours[:1], calendar.utc_offset_hours)[0])
        load = HourlyLoad(counted.rps * SECONDS_PER_HOUR)
        try:
            shape = arrival_shape(load, name, start_hour_of_week=start, source=source)
        except InvalidInput as error:
            notes.append(f"no shape: {error.problems[0]}")
    if shape and told < HOURS_PER_WEEK:
        notes.append(f"{told} hours: the shape is that of a day, repeated over the week")
    return shape, (none if gaps else hours), notes


def _shape_error(counted: Counted, shape: Sequence[ArrivalShape], calendar: Calendar) -> float:
    times = calendar.zero + HOUR * (counted.first_hour + np.arange(len(counted.rps)))
    relative = np.array([row.relative_rate for row in shape])
    stands = relative[hour_of_week(times, calendar.utc_offset_hours)]
    mean = float(np.nanmean(counted.rps))
    return float(np.sqrt(np.nanmean((counted.rps / mean - stands) ** 2)))


def plain(text: str) -> str:
    """A name of letters, digits, dots and dashes."""
    return re.sub(r"[^A-Za-z0-9._]+", "-", text).strip("-._")[:LONGEST_NAME] or "requests"
