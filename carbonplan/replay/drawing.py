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

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from carbonplan.replay.arrays import Floats, Integers
from carbonplan.replay.traffic import Deal, Served, Trace, Traces, rows_of_classes

LOWER_DIGITS = 2.0**24  # of a draw are a draw of their own
INSIDE = 1e-6  # of a share, from its ends: rounding leads to nobody else
AT_ONCE = 25_000  # requests that are drawn in one stretch of time, about

Generator = np.random.Generator


class Drawn(NamedTuple):
    """Requests in the order in which they are sent, (request,)."""

    time_s: Floats
    prompt: Integers
    output: Integers
    group: Integers
    slot: Integers
    draw: Floats


class Stretch(NamedTuple):
    """Requests that are sent in a stretch of time, which ends at ``end_s``."""

    sent: Drawn
    end_s: float


def drawn(
    traces: Traces,
    classes: Sequence[Served],
    rates_rps: Floats,
    window_s: float,
    deal: Deal | None,
    generator: Generator,
    *,
    fits_lengths: bool = False,
) -> Iterator[Stretch]:
    """Requests of every class, slot by slot, one stretch of time after another.

    A stretch has about ``AT_ONCE`` requests before they are dealt, or all of a slot.
    """
    sources = _sources(traces, classes, fits_lengths=fits_lengths)
    for slot, rates in enumerate(rates_rps.T):
        streams = {
            i: _stream(sources[i], float(rates[i]), classes[i].is_batch, generator)
            for i in np.flatnonzero(rates > 0).tolist()
            if len(sources[i].offsets_s)
        }
        many = max(1, int(np.ceil(rates.sum() * window_s / AT_ONCE)))
        edges = np.linspace(0.0, window_s, many + 1).tolist()
        hand = None if deal is None else _Hand.of(deal, slot, generator)
        for begin_s, end_s in pairwise(edges):
            found = _together(streams, slot, begin_s, end_s, generator)
            if hand is not None:
                found = hand.kept(found)
            start_s = slot * window_s
            is_last = end_s == window_s
            until_s = (slot + 1) * window_s if is_last else start_s + end_s
            yield Stretch(found._replace(time_s=found.time_s + start_s), until_s)


@dataclass(frozen=True)
class _Source:
    """Requests of a trace that a class draws from, (request,).

    Attributes
    ----------
    offsets_s
        When they come, from the first of the trace on, which lasts ``seconds``.
    """

    offsets_s: Floats
    prompt: Integers
    output: Integers
    seconds: float


@dataclass(frozen=True)
class _Stream:
    """Requests of a class in a slot: where copies of the trace begin, or how far apart."""

    source: _Source
    rate_rps: float
    starts_s: Floats  # of copies; empty for work that is released evenly
    phase: float

    def between(
        self, begin_s: float, end_s: float, generator: Generator
    ) -> tuple[Floats, Integers]:
        """Times in the slot, and places among the requests of the trace."""
        source, span_s = self.source, (begin_s, end_s)
        many = len(source.offsets_s)
        if len(self.starts_s):
            time_s, place, copy = _superposed(source, self.starts_s, span_s)
            whole = self.rate_rps * source.seconds / many
            kept = generator.random(len(copy)) < whole - copy
            return time_s[kept], place[kept]
        first, last = (int(np.ceil(at * self.rate_rps - self.phase)) for at in span_s)
        time_s = (np.arange(max(first, 0), max(last, 0)) + self.phase) / self.rate_rps
        return np.clip(time_s, *span_s), generator.integers(many, size=len(time_s))


def _stream(source: _Source, rate_rps: float, is_batch: bool, generator: Generator) -> _Stream:
    many = len(source.offsets_s)
    copies = 0 if is_batch else int(np.ceil(rate_rps * source.seconds / many))
    starts_s = generator.random(copies) * source.seconds
    return _Stream(source, rate_rps, starts_s, float(generator.random()))


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
        time_s, place = stream.between(begin_s, end_s, generator)
        tokens = (column[place] for column in (stream.source.prompt, stream.source.output))
        parts.append((time_s, *tokens, np.full(len(place), i)))
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


def _sources(traces: Traces, classes: Sequence[Served], *, fits_lengths: bool) -> list[_Source]:
    """What each class draws from, with lengths scaled to its means where they are to fit."""
    mine = {name: traces[name if name in traces else ""] for name in _workloads(classes)}
    rows: dict[int, Integers] = {}
    for trace in {id(trace): trace for trace in mine.values()}.values():
        numbers = [i for i, one in enumerate(classes) if mine[one.workload] is trace]
        of_trace = rows_of_classes(trace, [classes[i] for i in numbers])
        rows |= dict(zip(numbers, of_trace, strict=True))
    return [
        _source(mine[one.workload], rows[i], one.tokens if fits_lengths else None)
        for i, one in enumerate(classes)
    ]


def _source(trace: Trace, rows: Integers, means: tuple[float, float] | None) -> _Source:
    tokens = [np.maximum(column[rows], 1) for column in (trace.prompt, trace.output)]
    if means is not None and len(rows):
        tokens = [_fitted(*pair) for pair in zip(tokens, means, strict=True)]
    return _Source(trace.time_s[rows] - trace.time_s[0], *tokens, trace.seconds)


def _fitted(tokens: Integers, mean: float) -> Integers:
    """Tokens scaled to a mean."""
    return np.maximum(np.rint(tokens * (mean / tokens.mean())), 1).astype(np.int64)


def _workloads(classes: Sequence[Served]) -> list[str]:
    return list(dict.fromkeys(one.workload for one in classes))


def _superposed(
    source: _Source, starts_s: Floats, span_s: tuple[float, float]
) -> tuple[Floats, Integers, Integers]:
    """Requests of copies of a trace that begin at such times of it, within a span of time.

    Returns
    -------
    Their times, places in the trace, and the copies that they are of.
    """
    offsets_s, seconds = source.offsets_s, source.seconds
    first, last = (_counts(offsets_s, seconds, starts_s + at) for at in span_s)
    many = last - first
    copy = np.repeat(np.arange(len(starts_s)), many)
    before = np.repeat(np.cumsum(many) - many, many)
    turn, place = np.divmod(first[copy] + np.arange(len(copy)) - before, len(offsets_s))
    time_s = offsets_s[place] + turn * seconds - starts_s[copy]
    return np.clip(time_s, *span_s), place, copy


def _counts(offsets: Floats, seconds: float, at: Floats) -> Integers:
    """Requests before each of some times, of a trace that begins again and again."""
    turns = np.floor(at / seconds).astype(np.int64)
    return turns * len(offsets) + np.searchsorted(offsets, at - turns * seconds)
