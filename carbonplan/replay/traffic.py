"""Traces, and request classes as a region serves them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from carbonplan.replay.arrays import Floats, Integers


@dataclass(frozen=True)
class Trace:
    """Requests as they came, in order of time, (request,).

    Attributes
    ----------
    code
        Number of each one's workload among the ``names``; an empty name is that of requests
        of which the trace names none.
    """

    time_s: Floats
    prompt: Integers
    output: Integers
    code: Integers
    names: tuple[str, ...]
    source: str

    @property
    def workload(self) -> NDArray[np.str_]:
        """Name of each one's workload."""
        return np.array(self.names)[self.code]

    def is_of(self, *names: str) -> NDArray[np.bool_]:
        """Whether each is of one of some workloads."""
        return np.array([name in names for name in self.names])[self.code]

    def at(self, rows: Integers, time_s: Floats) -> Trace:
        """Some of the requests, at new times."""
        columns = {name: getattr(self, name)[rows] for name in ("prompt", "output", "code")}
        return replace(self, time_s=time_s, **columns)

    @property
    def seconds(self) -> float:
        """From the first request to the last, and the mean time between two [s]."""
        span = float(self.time_s[-1] - self.time_s[0])
        return max(span * len(self.time_s) / max(len(self.time_s) - 1, 1), 1e-9)


Traces = Mapping[str, Trace]


@dataclass(frozen=True)
class Served:
    """A request class as it is served: what it asks for and what it is promised.

    Attributes
    ----------
    tokens
        Of its requests in the mean, as the plan expects them: prompt, answer.
    token_s
        Time per output token that the plan expects, for laxity.
    rtt_s
        Network round trip from each origin to the region.
    origin_rps
        Requests from each origin, (origin, slot).
    age_hours
        Age of batch work that is released at the points ``age_at`` of a slot, in shares of
        it, (slot, point); empty for online work.
    """

    name: str
    workload: str
    is_batch: bool
    tokens: tuple[float, float]
    ttft_s: float
    tpot_s: float
    token_s: float
    deadline_s: float
    rtt_s: Floats
    origin_rps: Floats
    age_hours: Floats


@dataclass(frozen=True)
class Expectation:
    """How schedulers know lengths and urgency.

    Attributes
    ----------
    lengths
        ``known``, ``predicted`` (with an error in logarithms) or ``unknown``: the class's mean.
    error
        Standard deviation of the logarithm of a predicted length [1].
    patience
        Of EDF and LLF: a deadline is so many times the time that a request takes alone [1].
    """

    lengths: str = "known"
    error: float = 0.0
    patience: float = 1.4


class Deal(NamedTuple):
    """How requests are dealt to kinds of replicas.

    Attributes
    ----------
    planned, sampled
        Cumulated shares of the kinds, of all replicas and of the sample, (class, slot, kind).
    part
        Of the requests of a kind that is kept, (slot, kind) [1].
    """

    planned: Floats
    sampled: Floats
    part: Floats


def rows_of_classes(trace: Trace, classes: Sequence[Served]) -> list[Integers]:
    """Requests of a trace that each class draws from: those nearest to its lengths.

    A trace that names workloads gives each its own; any other serves every workload. A class
    that no request is nearest to draws from all of its workload.
    """
    found: list[Integers] = [np.array([], dtype=np.int64)] * len(classes)
    lengths = np.log1p(np.column_stack([trace.prompt, trace.output]).astype(float))
    for workload in dict.fromkeys(one.workload for one in classes):
        mine = [i for i, one in enumerate(classes) if one.workload == workload]
        rows = np.flatnonzero(trace.is_of(workload, ""))
        means = np.log1p(np.array([classes[i].tokens for i in mine]))
        nearest = _nearest(lengths[rows], means)
        for position, i in enumerate(mine):
            of_class = rows[nearest == position]
            found[i] = of_class if len(of_class) else rows
    return found


def _nearest(lengths: Floats, means: Floats) -> Integers:
    """Number of the mean that is nearest to each pair of lengths."""
    best = np.full(len(lengths), np.inf)
    number = np.zeros(len(lengths), dtype=np.int64)
    for i, mean in enumerate(means):
        distance = ((lengths - mean) ** 2).sum(axis=1)
        nearer = distance < best
        best[nearer], number[nearer] = distance[nearer], i
    return number
