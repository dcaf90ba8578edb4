r"""What users of a plan had: shares of requests inside each limit, percentiles, goodput.

A request stands for as many as its replica's part of the fleet says, so shares are weighted
means :math:`\hat p = \sum w_i x_i / \sum w_i`. Their range is Wilson's at 95 % with

.. math:: n = \Bigl(\sum w_i\Bigr)^2 / \sum w_i^2

for the number of requests. It is that of requests which are independent; where they come in
bursts, luck has more room. Shares are exact; percentiles are those of ``spreads``.

Source
------
``wilson-1927``: the range.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np

from carbonplan.replay.arrays import Floats
from carbonplan.replay.run import Replay
from carbonplan.replay.shares import wilson
from carbonplan.replay.tallies import Measured, Tally
from carbonplan.units import SECONDS_PER_HOUR

PERCENTILES = (0.5, 0.9, 0.99)
CURVE = (*np.linspace(0.0, 0.95, 96).tolist(), *np.linspace(0.951, 0.999, 49).tolist(), 1.0)


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


def groups(replay: Replay) -> tuple[Group, ...]:
    """By workload, class, workload in region, and class in region, where a request came."""
    return tuple(_group(replay, *asked) for asked in _asked(replay))


def distributions(replay: Replay) -> dict[tuple[str, str], Floats]:
    """Values at ``CURVE`` of each workload and limit, by (workload, measure) [s]."""
    return {
        (name, measure): np.array(found.values_s.quantiles(CURVE))
        for by, name, _, tally in _asked(replay)
        if by == "workload"
        for measure, found in tally.measures.items()
    }


def _asked(replay: Replay) -> Iterator[tuple[str, str, str, Tally]]:
    """What is grouped by, its name, its workload, and its requests, where there are any."""
    workloads: dict[str, list[int]] = {}
    for i, one in enumerate(replay.classes):
        workloads.setdefault(one.workload, []).append(i)
    of_classes = {one.name: (one.workload, [i]) for i, one in enumerate(replay.classes)}
    of_workloads = {name: (name, mine) for name, mine in workloads.items()}
    places = [("", "", replay.regions)]
    places += [(" in region", f" in {one.region}", [one]) for one in replay.regions]
    for in_region, where, regions in places:
        for by, named in (("workload", of_workloads), ("class", of_classes)):
            for name, (workload, mine) in named.items():
                found = [one.tallies[i] for one in regions for i in mine if i in one.tallies]
                if found:
                    yield f"{by}{in_region}", f"{name}{where}", workload, reduce(add, found)


def _group(replay: Replay, by: str, name: str, workload: str, tally: Tally) -> Group:
    """The group of some requests, all of one workload."""
    total, promised = tally.weight, replay.percentiles[workload]
    count = total**2 / tally.squares
    return Group(
        by=by,
        name=name,
        workload=workload,
        requests=tally.requests,
        stands_for=total,
        unfinished=tally.unfinished / total,
        inside=tally.inside / total,
        goodput_rps=tally.inside / (float(replay.hours.sum()) * SECONDS_PER_HOUR),
        preemptions=tally.preemptions / total,
        tokens=(tally.prompt / total, tally.output / total),
        expected_tokens=(tally.planned_prompt / total, tally.planned_output / total),
        attainments=tuple(
            _attainment(measure, found, found.kept / total, count, promised)
            for measure, found in tally.measures.items()
        ),
    )


def _attainment(
    measure: str, found: Measured, share: float, count: float, promised: float
) -> Attainment:
    low, high = wilson(share, count)
    at_promise_s, *percentiles_s = found.values_s.quantiles((promised, *PERCENTILES))
    return Attainment(
        measure=measure,
        limit_s=found.least_s if found.least_s == found.most_s else None,
        promised=promised,
        share=share,
        low=low,
        high=high,
        at_promise_s=at_promise_s,
        percentiles_s=tuple(percentiles_s),
    )
