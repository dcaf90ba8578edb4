"""Requests as they reach a region: in order, with what schedulers believe of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from carbonplan.replay.arrays import Floats, Integers, Requests
from carbonplan.replay.drawing import Generator, drawn
from carbonplan.replay.traffic import Deal, Expectation, Served, Traces
from carbonplan.units import SECONDS_PER_HOUR


class Arrivals(NamedTuple):
    """What is known of requests besides what the event loop reads, (request,).

    Attributes
    ----------
    slot
        Position among the slots that are replayed.
    network_s
        Round trip.
    left_s
        Of batch work: from its release to its deadline; NaN of online work.
    """

    slot: Integers
    network_s: Floats
    left_s: Floats


def requests_of(
    traces: Traces,
    classes: Sequence[Served],
    rates_rps: Floats,
    window_s: float,
    expectation: Expectation,
    generator: Generator,
    *,
    fits_lengths: bool = False,
    deal: Deal | None = None,
) -> tuple[Requests, Arrivals]:
    """Requests that reach a region, in the order in which they do.

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
    found = drawn(traces, classes, rates_rps, window_s, deal, generator)
    network_s = _network_s(classes, found.group, found.slot, generator)
    order = np.argsort(found.time_s + network_s, kind="stable")
    time_s, prompt, output, group, slot, draw = (column[order] for column in found)
    network_s = network_s[order]
    if fits_lengths:
        prompt = _fitted(prompt, group, [one.tokens[0] for one in classes])
        output = _fitted(output, group, [one.tokens[1] for one in classes])
    expected = _expected(output, group, classes, expectation, generator)
    left_s = _left_s(classes, group, slot, time_s / window_s - slot)
    requests = _as_read(
        (time_s, prompt, output, group, draw), classes, network_s, expected, left_s, expectation
    )
    return requests, Arrivals(slot, network_s, left_s)


def _as_read(
    columns: tuple[Floats, Integers, Integers, Integers, Floats],
    classes: Sequence[Served],
    network_s: Floats,
    expected: Floats,
    left_s: Floats,
    expectation: Expectation,
) -> Requests:
    """Requests with their limits and deadlines, as the event loop reads them."""
    time_s, prompt, output, group, draw = columns
    ttft_s, tpot_s, token_s, batch = (
        np.array([float(getattr(one, name)) for one in classes])[group]
        for name in ("ttft_s", "tpot_s", "token_s", "is_batch")
    )
    patience_s = expectation.patience * (np.where(batch, 0.0, ttft_s) + expected * token_s)
    return Requests(
        release_s=time_s + network_s,
        prompt=prompt,
        output=output,
        expected=expected,
        deadline_s=time_s + np.where(np.isfinite(left_s), left_s, patience_s),
        token_s=token_s,
        priority=batch.astype(np.int64),
        ttft_s=np.maximum(ttft_s - network_s, 0.0),
        tpot_s=tpot_s,
        group=group,
        draw=draw,
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
    output: Integers,
    group: Integers,
    classes: Sequence[Served],
    expectation: Expectation,
    generator: Generator,
) -> Floats:
    """Output tokens as a scheduler believes them."""
    if expectation.lengths == "unknown":
        return np.array([one.tokens[1] for one in classes])[group]
    if expectation.lengths == "predicted":
        return output * np.exp(generator.normal(0.0, expectation.error, len(output)))
    return output.astype(float)


def _fitted(tokens: Integers, group: Integers, means: Sequence[float]) -> Integers:
    """Tokens scaled so that those of each class have its planned mean."""
    count = np.bincount(group, minlength=len(means))
    total = np.bincount(group, weights=tokens, minlength=len(means))
    scale = np.array(means) * count / np.maximum(total, 1.0)
    return np.maximum(np.rint(tokens * scale[group]), 1).astype(np.int64)
