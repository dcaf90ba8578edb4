r"""What users of a plan had: shares of requests inside each limit, percentiles, goodput.

A request stands for as many as its replica's part of the fleet says, so shares are weighted
means :math:`\hat p = \sum w_i x_i / \sum w_i`. Their range is Wilson's at 95 % with

.. math:: n = \Bigl(\sum w_i\Bigr)^2 / \sum w_i^2

for the number of requests. It is that of requests which are independent; where they come in
bursts, luck has more room.

Source
------
``wilson-1927``: the range.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from carbonplan.replay.arrays import Floats
from carbonplan.replay.records import ReplayedRequests
from carbonplan.replay.run import Replay
from carbonplan.replay.shares import quantiles, wilson
from carbonplan.units import SECONDS_PER_HOUR

MEASURES = ("ttft", "tpot", "latency", "deadline")
PERCENTILES = (0.5, 0.9, 0.99)
CURVE = (*np.linspace(0.0, 0.95, 96).tolist(), *np.linspace(0.951, 0.999, 49).tolist(), 1.0)
LIMIT_ROUNDING = 1e-9  # relative; a limit that is met exactly is met

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Attainment:
    """How a group of requests stands to one limit.

    Attributes
    ----------
    limit_s
        The one limit of all; None where it differs from request to request.
    share, low, high
        Of the requests inside their limit, and the range of it by luck [1].
    at_promise_s
        Value that the promised share of the requests does not exceed, infinite where too few
        are done [s].
    percentiles_s
        Values at ``PERCENTILES``.
    """

    measure: str
    limit_s: float | None
    promised: float
    share: float
    low: float
    high: float
    at_promise_s: float
    percentiles_s: tuple[float, ...]


@dataclass(frozen=True)
class Group:
    """Requests that are looked at together.

    Attributes
    ----------
    by, name
        ``workload`` or ``class``, each also ``in region``, and which.
    requests, stands_for
        Replayed, and of the horizon.
    unfinished
        Share that was refused or not done [1].
    inside
        Share that kept all its limits, and so many a second of the horizon: goodput.
    prompt, output, expected
        Mean tokens of prompt and answer, as replayed and as planned.
    """

    by: str
    name: str
    workload: str
    requests: int
    stands_for: float
    unfinished: float
    inside: float
    goodput_rps: float
    preemptions: float
    tokens: tuple[float, float]
    expected_tokens: tuple[float, float]
    attainments: tuple[Attainment, ...]


@dataclass(frozen=True)
class _Pool:
    """Requests of all regions in one piece, with their limits."""

    replay: Replay
    requests: ReplayedRequests
    region: NDArray[np.int64]
    limits_s: dict[str, Floats]
    values_s: dict[str, Floats]


def groups(replay: Replay) -> tuple[Group, ...]:
    """By workload, class, workload in region, and class in region, where a request came."""
    pool = _pool(replay)
    found = [_group(pool, by, name, i, rows) for by, name, i, rows in _asked(pool) if len(rows)]
    return tuple(found)


def _asked(pool: _Pool) -> Iterator[tuple[str, str, int, Rows]]:
    """What is grouped by, its name, one of its classes, its requests."""
    classes, regions = pool.replay.classes, [one.region for one in pool.replay.regions]
    workloads: dict[str, list[int]] = {}
    for i, one in enumerate(classes):
        workloads.setdefault(one.workload, []).append(i)
    rows = [
        [
            np.flatnonzero((pool.requests.group == i) & (pool.region == r))
            for i in range(len(classes))
        ]
        for r in range(len(regions))
    ]
    for name, mine in workloads.items():
        yield (
            "workload",
            name,
            mine[0],
            np.concatenate([here[i] for here in rows for i in mine]),
        )
    for i, one in enumerate(classes):
        yield "class", one.name, i, np.concatenate([here[i] for here in rows])
    for region, here in zip(regions, rows, strict=True):
        for name, mine in workloads.items():
            where = f"{name} in {region}"
            yield "workload in region", where, mine[0], np.concatenate([here[i] for i in mine])
        for i, one in enumerate(classes):
            yield "class in region", f"{one.name} in {region}", i, here[i]


def _pool(replay: Replay) -> _Pool:
    parts = [region.requests for region in replay.regions]
    whole = ReplayedRequests(
        **{
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in ReplayedRequests.__dataclass_fields__
        }
    )
    region = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    ttft_s, tpot_s = (
        np.array([getattr(one, name) for one in replay.classes])[whole.group]
        for name in ("ttft_s", "tpot_s")
    )
    latency_s = ttft_s + tpot_s * np.maximum(whole.output - 1, 0)
    limits = {"ttft": ttft_s, "tpot": tpot_s, "latency": latency_s}
    values = {"ttft": whole.ttft_s, "tpot": whole.tpot_s, "latency": whole.latency_s}
    is_batch = np.array([one.is_batch for one in replay.classes])[whole.group]
    limits["deadline"] = np.where(is_batch, 0.0, np.inf)
    values["deadline"] = whole.lateness_s
    unfinished = ~whole.done
    values = {name: np.where(unfinished, np.inf, array) for name, array in values.items()}
    return _Pool(replay, whole, region, limits, values)


def _group(pool: _Pool, by: str, name: str, like: int, mine: Rows) -> Group:
    """The group of some requests, of which one class is ``like``: all have its workload."""
    requests, replay = pool.requests, pool.replay
    one = replay.classes[like]
    weight = requests.weight[mine]
    total = float(weight.sum())
    measures = ("deadline",) if one.is_batch else ("ttft", "tpot", "latency")
    inside = np.ones(len(weight), dtype=bool)
    for measure in measures[:2]:
        inside &= _holds(pool, measure, mine)
    kept = float(weight @ inside) / total
    hours = float(replay.hours.sum())
    promised = replay.percentiles[one.workload]
    return Group(
        by=by,
        name=name,
        workload=one.workload,
        requests=len(weight),
        stands_for=total,
        unfinished=float(weight @ ~requests.done[mine]) / total,
        inside=kept,
        goodput_rps=kept * total / (hours * SECONDS_PER_HOUR),
        preemptions=float(weight @ requests.preemptions[mine]) / total,
        tokens=tuple(
            float(weight @ tokens[mine]) / total
            for tokens in (requests.prompt, requests.output)
        ),
        expected_tokens=_expected_tokens(replay, requests.group[mine], weight),
        attainments=tuple(_attainment(pool, m, mine, promised) for m in measures),
    )


def _expected_tokens(
    replay: Replay, group: NDArray[np.int64], weight: Floats
) -> tuple[float, float]:
    """Mean lengths that the plan expects of the same mix of classes."""
    tokens = np.array([one.tokens for one in replay.classes])[group]
    prompt, output = (weight @ tokens / weight.sum()).tolist()
    return prompt, output


def _holds(pool: _Pool, measure: str, mine: Rows) -> NDArray[np.bool_]:
    limit = pool.limits_s[measure][mine]
    return pool.values_s[measure][mine] <= limit * (1.0 + LIMIT_ROUNDING)


def _attainment(pool: _Pool, measure: str, mine: Rows, promised: float) -> Attainment:
    limits, values = pool.limits_s[measure][mine], pool.values_s[measure][mine]
    weight = pool.requests.weight[mine]
    held = _holds(pool, measure, mine)
    share = float(weight @ held) / float(weight.sum())
    low, high = wilson(share, float(weight.sum() ** 2 / (weight**2).sum()))
    at_promise_s, *percentiles_s = quantiles(values, weight, (promised, *PERCENTILES))
    first = float(limits[0])
    return Attainment(
        measure=measure,
        limit_s=first if (limits == first).all() else None,
        promised=promised,
        share=share,
        low=low,
        high=high,
        at_promise_s=at_promise_s,
        percentiles_s=tuple(percentiles_s),
    )


def distributions(replay: Replay) -> dict[tuple[str, str], Floats]:
    """Values at ``CURVE`` of each workload and limit, by (workload, measure) [s]."""
    pool = _pool(replay)
    found = {}
    for by, name, like, rows in _asked(pool):
        if by != "workload" or not len(rows):
            continue
        is_batch = replay.classes[like].is_batch
        for measure in ("deadline",) if is_batch else ("ttft", "tpot", "latency"):
            values = pool.values_s[measure][rows]
            weight = pool.requests.weight[rows]
            found[name, measure] = np.array(quantiles(values, weight, CURVE))
    return found
