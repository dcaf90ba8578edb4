"""Requests of a log, counted: how many of each length, and how many in each hour.

What is kept of a log grows with the different lengths and the hours in it, not with its rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from carbonplan.units import SECONDS_PER_HOUR

LEAST_COVERED = 0.99  # of an hour, for its rate to count
MERGED_AT = 2_000_000  # lengths that are gathered before like ones are joined


@dataclass(frozen=True)
class Batch:
    """A part of a log of one workload; either column may be unknown.

    Attributes
    ----------
    time_s
        When requests came, since 1970 or since the log began, (row,) [s].
    tokens
        Input and output tokens, (row, 2).
    requests
        Requests that each row stands for, (row,).
    covered_s
        How long each row tells of, where rows are counts over time and not requests, (row,)
        [s].
    """

    workload: str
    time_s: NDArray[np.float64] | None
    tokens: NDArray[np.float64] | None
    requests: NDArray[np.float64]
    covered_s: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Counted:
    """What logs say of one workload.

    Attributes
    ----------
    tokens, requests
        Different lengths in order, (length, 2), and how many requests have each, (length,).
    dropped
        Share of the requests without input or without output, which are no load [1].
    first_hour
        Hour of the first rate, since 1970 or since the log began.
    rps
        Rate in each whole hour from there on, NaN where nothing is told, (hour,) [requests/s].
    mean_rps
        Over all that the logs tell of, parts of hours too; NaN without times [requests/s].
    span_s
        Time that the logs tell of [s].
    """

    tokens: NDArray[np.float64]
    requests: NDArray[np.float64]
    dropped: float
    first_hour: int
    rps: NDArray[np.float64]
    mean_rps: float
    span_s: float


@dataclass
class _Lengths:
    """Different lengths so far, as input + i output, and their requests."""

    keys: list[NDArray[np.complex128]] = field(default_factory=list)
    requests: list[NDArray[np.float64]] = field(default_factory=list)
    gathered: int = 0
    dropped: float = 0.0

    def add(self, tokens: NDArray[np.float64], requests: NDArray[np.float64]) -> None:
        served = (tokens > 0).all(axis=1)
        self.dropped += float(requests[~served].sum())
        self.keys.append(tokens[served, 0] + 1j * tokens[served, 1])
        self.requests.append(requests[served])
        self.gathered += int(served.sum())
        if self.gathered > MERGED_AT + 2 * len(self.keys[0]):
            self.merge()

    def merge(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Join like lengths; (length, 2) and (length,)."""
        if not self.keys:
            return np.empty((0, 2)), np.empty(0)
        keys, at = np.unique(np.concatenate(self.keys), return_inverse=True)
        requests = np.bincount(at, np.concatenate(self.requests), minlength=len(keys))
        self.keys, self.requests, self.gathered = [keys], [requests], 0
        return np.column_stack([keys.real, keys.imag]), requests


@dataclass
class _Hours:
    """Requests and seconds told of by hour, and the first and last time of single requests."""

    requests: dict[int, float] = field(default_factory=dict)
    covered_s: dict[int, float] = field(default_factory=dict)
    first_s: float = np.inf
    last_s: float = -np.inf

    def add(self, batch: Batch) -> None:
        hour = np.floor_divide(batch.time_s, SECONDS_PER_HOUR).astype(np.int64)
        known, at = np.unique(hour, return_inverse=True)
        _add_up(self.requests, known, np.bincount(at, batch.requests))
        if batch.covered_s is not None:
            _add_up(self.covered_s, known, np.bincount(at, batch.covered_s))
        elif hour.size:
            self.first_s = min(self.first_s, float(batch.time_s.min()))
            self.last_s = max(self.last_s, float(batch.time_s.max()))

    def by_hour(self) -> tuple[int, NDArray[np.float64], NDArray[np.float64]]:
        """First hour; requests and seconds covered in it and each one after it."""
        hours = [*self.requests, *self.covered_s]
        single = bool(np.isfinite(self.first_s))
        if single:
            hours += [int(t // SECONDS_PER_HOUR) for t in (self.first_s, self.last_s)]
        if not hours:
            return 0, np.empty(0), np.empty(0)
        first, last = min(hours), max(hours)
        every = np.arange(first, last + 1)
        requests = np.array([self.requests.get(hour, 0.0) for hour in every.tolist()])
        covered = np.array([self.covered_s.get(hour, 0.0) for hour in every.tolist()])
        if single:
            starts = np.maximum(every * SECONDS_PER_HOUR, self.first_s)
            ends = np.minimum((every + 1) * SECONDS_PER_HOUR, self.last_s)
            covered += np.maximum(ends - starts, 0.0)
        return first, requests, covered


def count(batches: Iterable[Batch]) -> Mapping[str, Counted]:
    """Requests by workload, in order of their names."""
    lengths: dict[str, _Lengths] = {}
    hours: dict[str, _Hours] = {}
    for batch in batches:
        mine = lengths.setdefault(batch.workload, _Lengths())
        timed = hours.setdefault(batch.workload, _Hours())
        if batch.tokens is not None:
            mine.add(batch.tokens, batch.requests)
        if batch.time_s is not None:
            timed.add(_served(batch))
    logs = [one for one in hours.values() if np.isfinite(one.first_s)]
    for one in logs:  # workloads of one log are told of for as long as the log runs
        one.first_s = min(other.first_s for other in logs)
        one.last_s = max(other.last_s for other in logs)
    return {name: _counted(lengths[name], hours[name]) for name in sorted(lengths)}


def _served(batch: Batch) -> Batch:
    """Rows of requests with input and output, where their lengths are known."""
    if batch.tokens is None:
        return batch
    served = (batch.tokens > 0).all(axis=1)
    if served.all():
        return batch
    return Batch(
        batch.workload, batch.time_s[served], batch.tokens[served], batch.requests[served]
    )


def _counted(lengths: _Lengths, hours: _Hours) -> Counted:
    tokens, requests = lengths.merge()
    total = requests.sum() + lengths.dropped
    first, by_hour, covered_s = hours.by_hour()
    span_s = float(covered_s.sum())
    told = np.flatnonzero(covered_s >= LEAST_COVERED * SECONDS_PER_HOUR)
    if told.size:
        whole = slice(told[0], told[-1] + 1)
        known = covered_s[whole] >= LEAST_COVERED * SECONDS_PER_HOUR
        rates = np.divide(
            by_hour[whole], covered_s[whole], out=np.full(known.size, np.nan), where=known
        )
        first += int(told[0])
    else:
        rates = np.empty(0)
    return Counted(
        tokens=tokens,
        requests=requests,
        dropped=float(lengths.dropped / total) if total else 0.0,
        first_hour=first,
        rps=rates,
        mean_rps=float(by_hour.sum() / span_s) if span_s > 0 else float("nan"),
        span_s=span_s,
    )


def _add_up(
    sums: dict[int, float], hours: NDArray[np.int64], values: NDArray[np.float64]
) -> None:
    for hour, value in zip(hours.tolist(), values.tolist(), strict=True):
        sums[hour] = sums.get(hour, 0.0) + value
