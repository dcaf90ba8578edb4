"""Arrival shapes: load over the hours of the week, relative to its mean.

A trace of whole weeks gives every hour of the week the mean of its hours. A trace of at least a
day but less than a week says how load runs over the day and nothing of the week: its hours of
the day are repeated for seven days. Both take the trace to start where its user says it does.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.records import ArrivalShape, Evidence
from carbonplan.errors import InvalidInput
from carbonplan.prepare.trace import read_columns
from carbonplan.units import HOURS_PER_WEEK, SECONDS_PER_HOUR

HOURS_OF_A_DAY = 24
RATE_DIGITS = 6
LEAST_COVERED = 0.99


@dataclass(frozen=True)
class HourlyLoad:
    """Requests in each hour of a trace, (hour,); NaN where the trace says nothing."""

    requests: NDArray[np.float64]


def read_rates(path: Path, workload: str | None = None) -> HourlyLoad:
    """Load of a rate series with columns ``t_s`` and ``requests_per_s``.

    A rate of exactly zero is a gap in the recording: a service of many users never rests.
    """
    only = {"workload": workload} if workload else None
    columns = read_columns(path, ("t_s", "requests_per_s"), only)
    known = columns["requests_per_s"] > 0
    hour = (columns["t_s"] // SECONDS_PER_HOUR).astype(np.int64)
    _refuse_negative(path, columns["t_s"])
    hours = int(hour.max()) + 1
    samples = np.bincount(hour[known], minlength=hours)
    sums = np.bincount(hour[known], weights=columns["requests_per_s"][known], minlength=hours)
    means = np.divide(sums, samples, out=np.full(hours, np.nan), where=samples > 0)
    return HourlyLoad(means * SECONDS_PER_HOUR)


def read_log(path: Path) -> HourlyLoad:
    """Load of a request log with a column ``t_ms``; its last hour counts if it is whole."""
    t_s = read_columns(path, ("t_ms",))["t_ms"] / 1e3
    _refuse_negative(path, t_s)
    whole_hours = int(t_s.max() // SECONDS_PER_HOUR)
    if t_s.max() % SECONDS_PER_HOUR >= LEAST_COVERED * SECONDS_PER_HOUR:
        whole_hours += 1
    hour = (t_s // SECONDS_PER_HOUR).astype(np.int64)
    counts = np.bincount(hour, minlength=whole_hours)[:whole_hours]
    return HourlyLoad(counts.astype(np.float64))


def arrival_shape(
    load: HourlyLoad, service: str, *, start_hour_of_week: int, source: str
) -> list[ArrivalShape]:
    """Relative rate in every hour of the week; its mean is 1.

    Parameters
    ----------
    start_hour_of_week
        Hour of the local week in which the trace begins, 0 being Monday 00:00.
    """
    hours = len(load.requests)
    if hours < HOURS_OF_A_DAY:
        raise InvalidInput(
            service,
            [f"the trace covers {hours} whole hours; a shape needs at least {HOURS_OF_A_DAY}"],
        )
    weekly = hours >= HOURS_PER_WEEK
    cycle = HOURS_PER_WEEK if weekly else HOURS_OF_A_DAY
    means = _mean_by_hour(load.requests, (start_hour_of_week + np.arange(hours)) % cycle, cycle)
    if np.isnan(means).any():
        missing = ", ".join(str(hour) for hour in np.flatnonzero(np.isnan(means)))
        raise InvalidInput(service, [f"the trace says nothing of these hours: {missing}"])
    relative = np.resize(means / means.mean(), HOURS_PER_WEEK)
    evidence: Evidence = "measured" if weekly else "derived"
    return [
        ArrivalShape(
            service=service,
            hour_of_week=hour,
            relative_rate=round(float(rate), RATE_DIGITS),
            evidence=evidence,
            source=source,
        )
        for hour, rate in enumerate(relative)
    ]


def write_arrivals(rows: Iterable[ArrivalShape], path: Path) -> None:
    """Table of shapes as ``data/requests/arrivals.csv`` holds it."""
    path.write_text(arrivals_text(rows), encoding="utf-8", newline="")


def arrivals_text(rows: Iterable[ArrivalShape]) -> str:
    """The same table as text."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(ArrivalShape.model_fields)
    for row in rows:
        rate = f"{row.relative_rate:.{RATE_DIGITS}f}"
        writer.writerow([row.service, row.hour_of_week, rate, row.evidence, row.source])
    return file.getvalue()


def _mean_by_hour(
    requests: NDArray[np.float64], hour: NDArray[np.int64], cycle: int
) -> NDArray[np.float64]:
    known = ~np.isnan(requests)
    samples = np.bincount(hour[known], minlength=cycle)
    sums = np.bincount(hour[known], weights=requests[known], minlength=cycle)
    return np.divide(sums, samples, out=np.full(cycle, np.nan), where=samples > 0)


def _refuse_negative(path: Path, t_s: NDArray[np.float64]) -> None:
    if t_s.min() < 0:
        raise InvalidInput(str(path), ["times before 0; expected time since the trace began"])
