r"""Requests of a region: a trace's own requests, as often as the plan expects them.

A class that arrives :math:`\rho` times a second in a trace of length T is to arrive
:math:`\lambda` times. Copies of its requests, each moved by a random time around the trace, lie
one over another, :math:`\lfloor\lambda/\rho\rfloor` of them whole and one thinned to the rest:
lengths and bursts are those of the trace, the rate is the plan's. Only what lies inside the
window is looked at. Work that can wait is released evenly, at the plan's rate in each slot.

Where a part :math:`p` of an engine's replicas is replayed, the requests of all are drawn and
dealt to engines by the plan's shares; of an engine's, numbered in time, the i-th is kept if

.. math:: \lfloor (i + 1)\,p + \varphi \rfloor > \lfloor i\,p + \varphi \rfloor

with a random phase. Replicas take requests in turn, so that those of a sample see what they
would see among all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from carbonplan.replay.arrays import Floats, Integers
from carbonplan.replay.traffic import Deal, Served, Trace, Traces, rows_of_classes

LOWER_DIGITS = 2.0**24  # of a draw are a draw of their own
INSIDE = 1e-6  # of a share, from its ends: rounding leads to nobody else
AT_ONCE = 1_000_000  # requests that are drawn in one stretch of time, about

Generator = np.random.Generator


class Drawn(NamedTuple):
    """Requests before they are in order, (request,)."""

    time_s: Floats
    prompt: Integers
    output: Integers
    group: Integers
    slot: Integers
    draw: Floats


def drawn(
    traces: Traces,
    classes: Sequence[Served],
    rates_rps: Floats,
    window_s: float,
    deal: Deal | None,
    generator: Generator,
) -> Drawn:
    """Requests of every class in every slot, a stretch of time after another."""
    none = np.array([], dtype=np.int64)
    parts = [Drawn(np.array([]), none, none, none, none, np.array([]))]
    rows = _rows(traces, classes)
    for slot, rates in enumerate(rates_rps.T):
        streams = {
            i: _stream(*rows[i], float(rates[i]), classes[i].is_batch, generator)
            for i in np.flatnonzero(rates > 0).tolist()
            if len(rows[i][1])
        }
        stretches = max(1, int(np.ceil(rates.sum() * window_s / AT_ONCE)))
        edges = np.linspace(0.0, window_s, stretches + 1).tolist()
        hand = None if deal is None else _Hand.of(deal, slot, generator)
        for begin_s, end_s in pairwise(edges):
            found = _together(streams, slot, begin_s, end_s, generator)
            if hand is not None:
                found = hand.kept(found)
            parts.append(found._replace(time_s=found.time_s + slot * window_s))
    return Drawn(*(np.concatenate(column) for column in zip(*parts, strict=True)))


@dataclass(frozen=True)
class _Stream:
    """Requests of a class in a slot: where copies of the trace begin, or how far apart."""

    trace: Trace
    rows: Integers
    rate_rps: float
    starts_s: Floats  # of copies; empty for work that is released evenly
    phase: float

    def between(
        self, begin_s: float, end_s: float, generator: Generator
    ) -> tuple[Floats, Integers]:
        """Times in the slot, and rows of the trace."""
        if len(self.starts_s):
            offsets = self.trace.time_s[self.rows] - self.trace.time_s[0]
            span = begin_s, end_s
            time_s, place, copy = _superposed(offsets, self.trace.seconds, self.starts_s, span)
            whole = self.rate_rps * self.trace.seconds / len(self.rows)
            kept = generator.random(len(copy)) < whole - copy
            return time_s[kept], self.rows[place[kept]]
        first, last = (int(np.ceil(at * self.rate_rps - self.phase)) for at in (begin_s, end_s))
        time_s = (np.arange(max(first, 0), max(last, 0)) + self.phase) / self.rate_rps
        return time_s, self.rows[generator.integers(len(self.rows), size=len(time_s))]


def _stream(
    trace: Trace, rows: Integers, rate_rps: float, is_batch: bool, generator: Generator
) -> _Stream:
    copies = 0 if is_batch else int(np.ceil(rate_rps * trace.seconds / len(rows)))
    starts_s = generator.random(copies) * trace.seconds
    return _Stream(trace, rows, rate_rps, starts_s, float(generator.random()))


def _together(
    streams: Mapping[int, _Stream],
    slot: int,
    begin_s: float,
    end_s: float,
    generator: Generator,
) -> Drawn:
    """Requests of all classes in a stretch of a slot, in order of time."""
    none = np.array([], dtype=np.int64)
    parts: list[tuple[NDArray, ...]] = [(np.array([]), none, none, none)]
    for i, stream in streams.items():
        time_s, row = stream.between(begin_s, end_s, generator)
        tokens = (np.maximum(t[row], 1) for t in (stream.trace.prompt, stream.trace.output))
        parts.append((time_s, *tokens, np.full(len(row), i)))
    time_s, prompt, output, group = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    order = np.argsort(time_s, kind="stable")
    time_s, prompt, output, group = (c[order] for c in (time_s, prompt, output, group))
    alike = np.full(len(group), slot)
    return Drawn(time_s, prompt, output, group, alike, generator.random(len(group)))


@dataclass
class _Hand:
    """Deals the requests of a slot to kinds, and keeps its part of each kind's.

    Attributes
    ----------
    planned, sampled
        Cumulated shares, (class, kind).
    part, phase
        Of each kind; ``seen`` counts its requests so far, (kind,).
    """

    planned: Floats
    sampled: Floats
    part: Floats
    phase: Floats
    seen: Integers

    @classmethod
    def of(cls, deal: Deal, slot: int, generator: Generator) -> _Hand:
        """A hand that has not dealt yet."""
        part = deal.part[slot]
        shares = deal.planned[:, slot], deal.sampled[:, slot]
        return cls(*shares, part, generator.random(len(part)), np.zeros(len(part), np.int64))

    def kept(self, found: Drawn) -> Drawn:
        """The requests of the sample; their draws lead to the kinds that they were dealt to."""
        total = self.planned[found.group, -1]
        dealt = found.draw * total
        kind = np.zeros(len(dealt), dtype=np.int64)
        for column in self.planned.T[:-1]:
            kind += dealt >= column[found.group]
        is_kept = np.zeros(len(kind), dtype=bool)
        for k in range(len(self.part)):
            mine = np.flatnonzero(kind == k)
            number = self.seen[k] + np.arange(len(mine) + 1)
            is_kept[mine] = np.diff(np.floor(number * self.part[k] + self.phase[k])) > 0
            self.seen[k] += len(mine)
        kept = Drawn(*(column[is_kept] for column in found))
        return kept._replace(draw=self._draws(kept.group, kind[is_kept], kept.draw))

    def _draws(self, group: Integers, kind: Integers, draw: Floats) -> Floats:
        """Draws anywhere in each kind's share of the sample, by the lower digits of the old."""
        high = self.sampled[group, kind]
        low = np.where(kind > 0, self.sampled[group, np.maximum(kind - 1, 0)], 0.0)
        total = self.sampled[group, -1]
        inside = INSIDE + (1.0 - 2.0 * INSIDE) * ((draw * LOWER_DIGITS) % 1.0)
        return (low + (high - low) * inside) / np.where(total > 0, total, 1.0)


def _rows(traces: Traces, classes: Sequence[Served]) -> list[tuple[Trace, Integers]]:
    """The trace of each class, and its requests there."""
    found: list[tuple[Trace, Integers]] = []
    mine = {name: traces[name if name in traces else ""] for name in _workloads(classes)}
    of_trace = {
        id(trace): rows_of_classes(
            trace, [one for one in classes if mine[one.workload] is trace]
        )
        for trace in mine.values()
    }
    taken = dict.fromkeys(of_trace, 0)
    for one in classes:
        trace = mine[one.workload]
        found.append((trace, of_trace[id(trace)][taken[id(trace)]]))
        taken[id(trace)] += 1
    return found


def _workloads(classes: Sequence[Served]) -> list[str]:
    return list(dict.fromkeys(one.workload for one in classes))


def _superposed(
    offsets: Floats, seconds: float, starts_s: Floats, span_s: tuple[float, float]
) -> tuple[Floats, Integers, Integers]:
    """Requests of copies of a trace that begin at such times of it, within a span of time.

    Returns
    -------
    Their times, places in the trace, and the copies that they are of.
    """
    first, last = (_counts(offsets, seconds, starts_s + at) for at in span_s)
    many = last - first
    copy = np.repeat(np.arange(len(starts_s)), many)
    before = np.repeat(np.cumsum(many) - many, many)
    turn, place = np.divmod(first[copy] + np.arange(len(copy)) - before, len(offsets))
    time_s = offsets[place] + turn * seconds - starts_s[copy]
    return np.clip(time_s, *span_s), place, copy


def _counts(offsets: Floats, seconds: float, at: Floats) -> Integers:
    """Requests before each of some times, of a trace that begins again and again."""
    turns = np.floor(at / seconds).astype(np.int64)
    return turns * len(offsets) + np.searchsorted(offsets, at - turns * seconds)
