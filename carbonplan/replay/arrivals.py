"""Requests as they reach a region: in order, with what schedulers believe of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from carbonplan.replay.arrays import Floats, Integers, Requests
from carbonplan.replay.clients import CLIENTS
from carbonplan.replay.drawing import AT_ONCE, Drawn, Generator, Stretch, drawn
from carbonplan.replay.fairness import clients_in_turn
from carbonplan.replay.traffic import Deal, Expectation, Served, Traces
from carbonplan.units import SECONDS_PER_HOUR


class Arrivals(NamedTuple):
    """What is known of requests besides what the event loop reads, (request,).

    Attributes
    ----------
    slot
        Position among the slots that are replayed.
    client
        To whom the region's online requests are dealt in turn; of batch work 0.
    network_s
        Round trip.
    left_s
        Of batch work: from its release to its deadline; NaN of online work.
    """

    slot: Integers
    client: Integers
    network_s: Floats
    left_s: Floats


class Part(NamedTuple):
    """Requests in the order in which they reach the region; others do not before ``end_s``."""

    requests: Requests
    arrivals: Arrivals
    end_s: float


class _Sent(NamedTuple):
    """Requests as they are drawn, with their round trips, (request,)."""

    time_s: Floats
    prompt: Integers
    output: Integers
    group: Integers
    slot: Integers
    draw: Floats
    network_s: Floats

    def at(self, rows: Integers) -> _Sent:
        """Some of them."""
        return _Sent(*(column[rows] for column in self))


Columns = TypeVar("Columns", Drawn, _Sent)


def requests_in_parts(
    traces: Traces,
    classes: Sequence[Served],
    rates_rps: Floats,
    window_s: float,
    expectation: Expectation,
    generator: Generator,
    *,
    fits_lengths: bool = False,
    deal: Deal | None = None,
) -> Iterator[Part]:
    """Requests that reach a region, part by part; the last, which may be empty, has no end.

    Parameters
    ----------
    traces
        By workload, or under an empty name of all that have none of their own.
    rates_rps
        Of each class in each slot, (class, slot).
    fits_lengths
        Whether lengths are scaled to the means that the plan expects of each class.
    deal
        How requests are dealt to engines, and which part of each is kept; None: all are.
    """
    network, beliefs = generator.spawn(2)
    stretches = _gathered(
        drawn(traces, classes, rates_rps, window_s, deal, generator, fits_lengths=fits_lengths)
    )
    is_online = np.array([not one.is_batch for one in classes])
    dealt = 0
    for sent, end_s in _by_release(stretches, classes, network):
        expected = _expected(sent, classes, expectation, beliefs)
        left_s = _left_s(classes, sent.group, sent.slot, sent.time_s / window_s - sent.slot)
        mine = is_online[sent.group]
        client = np.zeros(len(mine), dtype=np.int64)
        client[mine] = clients_in_turn(np.count_nonzero(mine), CLIENTS, dealt)
        dealt += np.count_nonzero(mine)
        requests = _as_read(sent, classes, expected, left_s, expectation)
        yield Part(requests, Arrivals(sent.slot, client, sent.network_s, left_s), end_s)


def _gathered(stretches: Iterator[Stretch]) -> Iterator[Stretch]:
    """Stretches that follow one another as one, until they have many requests."""
    parts: list[Drawn] = []
    for sent, end_s in stretches:
        parts.append(sent)
        if sum(len(part.time_s) for part in parts) >= AT_ONCE:
            yield Stretch(_joined(parts), end_s)
            parts = []
    if parts:
        yield Stretch(_joined(parts), end_s)


def _by_release(
    stretches: Iterator[Stretch], classes: Sequence[Served], generator: Generator
) -> Iterator[tuple[_Sent, float]]:
    """Requests in the order in which they reach the region, as soon as it is known."""
    none = np.array([], dtype=np.int64)
    held = _Sent(np.array([]), none, none, none, none, np.array([]), np.array([]))
    for sent, end_s in stretches:
        network_s = _network_s(classes, sent.group, sent.slot, generator)
        reaching, held = _reaching(_joined([held, _Sent(*sent, network_s)]), end_s)
        yield reaching, end_s
    yield held, np.inf


def _reaching(sent: _Sent, end_s: float) -> tuple[_Sent, _Sent]:
    """Requests by their release: those that reach the region before a time, and others."""
    release_s = sent.time_s + sent.network_s
    order = np.argsort(release_s, kind="stable")
    before = np.searchsorted(release_s[order], end_s)
    return sent.at(order[:before]), sent.at(order[before:])


def _joined(parts: Sequence[Columns]) -> Columns:
    """Columns of all, one after another."""
    return type(parts[0])(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _as_read(
    sent: _Sent,
    classes: Sequence[Served],
    expected: Floats,
    left_s: Floats,
    expectation: Expectation,
) -> Requests:
    """Requests with their limits and deadlines, as the event loop reads them."""
    ttft_s, tpot_s, token_s, batch = (
        np.array([float(getattr(one, name)) for one in classes])[sent.group]
        for name in ("ttft_s", "tpot_s", "token_s", "is_batch")
    )
    patience_s = expectation.patience * (np.where(batch, 0.0, ttft_s) + expected * token_s)
    return Requests(
        release_s=sent.time_s + sent.network_s,
        prompt=sent.prompt,
        output=sent.output,
        expected=expected,
        deadline_s=sent.time_s + np.where(np.isfinite(left_s), left_s, patience_s),
        token_s=token_s,
        priority=batch.astype(np.int64),
        ttft_s=np.maximum(ttft_s - sent.network_s, 0.0),
        tpot_s=tpot_s,
        group=sent.group,
        draw=sent.draw,
    )


def _network_s(
    classes: Sequence[Served], group: Integers, slot: Integers, generator: Generator
) -> Floats:
    """Round trip of each request, from an origin drawn by the class's flows in the slot."""
    network_s = np.zeros(len(group))
    draw = generator.random(len(group))
    for i, one in enumerate(classes):
        mine = np.flatnonzero(group == i)
        total = one.origin_rps.sum(axis=0)
        if not len(mine) or not total.any():
            continue
        reached = np.cumsum(one.origin_rps / np.where(total > 0, total, 1.0), axis=0)
        origin = (draw[mine] >= reached[:-1, slot[mine]]).sum(axis=0)
        network_s[mine] = np.where(total[slot[mine]] > 0, one.rtt_s[origin], 0.0)
    return network_s


def _left_s(
    classes: Sequence[Served], group: Integers, slot: Integers, share: Floats
) -> Floats:
    """From the release of batch work to its deadline, by its age when it is released."""
    left_s = np.full(len(group), np.nan)
    for i, one in enumerate(classes):
        mine = np.flatnonzero(group == i)
        if one.is_batch and len(mine):
            points = one.age_hours.shape[1] - 1
            at = np.clip(share[mine], 0.0, 1.0) * points
            low = np.minimum(at.astype(int), points - 1)
            before, after = (one.age_hours[slot[mine], low + n] for n in (0, 1))
            age_s = (before + (after - before) * (at - low)) * SECONDS_PER_HOUR
            left_s[mine] = one.deadline_s - age_s
    return left_s


def _expected(
    sent: _Sent, classes: Sequence[Served], expectation: Expectation, generator: Generator
) -> Floats:
    """Output tokens as a scheduler believes them."""
    if expectation.lengths == "unknown":
        return np.array([one.tokens[1] for one in classes])[sent.group]
    if expectation.lengths == "predicted":
        return sent.output * np.exp(generator.normal(0.0, expectation.error, len(sent.output)))
    return sent.output.astype(float)
