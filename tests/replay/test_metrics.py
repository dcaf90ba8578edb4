"""Shares of requests inside limits, their range, percentiles, promises, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from carbonplan.replay.clients import fairness
from carbonplan.replay.judge import promises
from carbonplan.replay.metrics import distributions, groups
from carbonplan.replay.records import (
    Options,
    Policy,
    RegionReplay,
    ReplayedRequests,
    Sampling,
)
from carbonplan.replay.run import Replay
from carbonplan.replay.shares import quantiles, wilson
from tests.replay.test_traffic import BATCH, SHORT


def requests_of(ttft_s, **columns):
    """Online requests of ten tokens with steps of 10 ms."""
    count = len(ttft_s)
    first = np.array(ttft_s, dtype=float)
    values = {
        "group": np.zeros(count, dtype=np.int64),
        "slot": np.zeros(count, dtype=np.int64),
        "weight": np.ones(count),
        "prompt": np.full(count, 500),
        "output": np.full(count, 10),
        "done": np.isfinite(first),
        "sent_s": np.arange(count, dtype=float),
        "ttft_s": first,
        "tpot_s": np.full(count, 0.01),
        "latency_s": first + 0.09,
        "lateness_s": np.full(count, np.nan),
        "longest_gap_s": np.zeros(count),
        "preemptions": np.zeros(count, dtype=np.int64),
    }
    return ReplayedRequests(**{**values, **columns})


def replay_of(*requests, promised=0.9):
    """Of regions ``r0``, ``r1``, ...; an hour stands for an hour."""
    regions = tuple(
        RegionReplay(f"r{n}", one, (), np.zeros((60, 1)), 60.0, 0.0)
        for n, one in enumerate(requests)
    )
    percentiles = {"chat": promised, "night": promised}
    return Replay(
        policy=Policy(),
        options=Options(),
        sampling=Sampling(1.0, 3600.0, (0,)),
        trace_source="four",
        classes=(SHORT, BATCH),
        percentiles=percentiles,
        hours=np.array([1.0]),
        regions=regions,
        count=sum(map(len, requests)),
    )


def of(replay, by, name):
    return next(one for one in groups(replay) if (one.by, one.name) == (by, name))


def test_shares_and_percentiles():
    group = of(replay_of(requests_of([0.1, 0.2, 0.3, 2.0])), "workload", "chat")
    ttft, tpot, latency = group.attainments
    assert (ttft.share, tpot.share, latency.share) == (0.75, 1.0, 0.75)
    assert ttft.percentiles_s == (0.2, 2.0, 2.0)
    assert (ttft.limit_s, latency.limit_s) == (1.0, pytest.approx(1.0 + 9 * 0.05))
    assert group.inside == 0.75
    assert group.goodput_rps == pytest.approx(3 / 3600)


def test_what_is_not_done_is_outside_every_limit():
    group = of(replay_of(requests_of([0.1, np.nan])), "class", "chat/short")
    assert [one.share for one in group.attainments] == [0.5, 0.5, 0.5]
    assert group.unfinished == 0.5
    assert group.attainments[0].at_promise_s == np.inf


def test_a_request_counts_for_those_that_it_stands_for():
    found = requests_of([0.1, 2.0], weight=np.array([9.0, 1.0]))
    ttft = of(replay_of(found), "workload", "chat").attainments[0]
    assert ttft.share == 0.9
    assert (ttft.low, ttft.high) == wilson(0.9, 100 / 82)


def test_regions_and_classes_stand_apart():
    replay = replay_of(requests_of([0.1, 0.1]), requests_of([2.0, 0.1]))
    assert of(replay, "workload", "chat").requests == 4
    assert of(replay, "workload in region", "chat in r1").attainments[0].share == 0.5
    assert of(replay, "class in region", "chat/short in r0").attainments[0].share == 1.0
    assert not [one for one in groups(replay) if one.workload == "night"]


def test_promises_say_what_was_missed_and_where():
    replay = replay_of(requests_of([0.1, 0.1]), requests_of([2.0, 0.1]), promised=0.9)
    ttft, tpot = promises(groups(replay))
    assert (ttft.is_kept, tpot.is_kept) == (False, True)
    assert ttft.found.at_promise_s == 2.0
    (place,) = ttft.places
    assert (place.name, place.share) == ("chat/short in r1", 0.5)
    assert not tpot.places
    assert not ttft.is_certain


def test_batch_work_is_judged_by_its_deadline():
    late = requests_of(
        [0.1] * 10,
        group=np.ones(10, dtype=np.int64),
        lateness_s=np.array([-60.0] * 9 + [1.0]),
    )
    (deadline,) = promises(groups(replay_of(late, promised=0.95)))
    assert (deadline.found.measure, deadline.found.share) == ("deadline", 0.9)
    assert not deadline.is_kept


@pytest.mark.parametrize(
    ("share", "count", "low", "high"),
    [(0.5, 100, 0.40383, 0.59617), (1.0, 100, 0.96301, 1.0), (0.0, 10, 0.0, 0.27753)],
)
def test_wilsons_range(share, count, low, high):
    assert wilson(share, count) == pytest.approx((low, high), abs=1e-5)


def test_weighted_quantiles():
    values, weight = np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 2.0])
    assert quantiles(values, weight, (0.0, 0.25, 0.5, 0.75, 0.76, 1.0)) == [1, 1, 2, 2, 3, 3]


def test_distributions_and_fairness_of_requests_alike():
    replay = replay_of(requests_of([0.1] * 40))
    curve = distributions(replay)["chat", "ttft"]
    assert set(curve.tolist()) == {0.1}
    assert fairness(replay).jain == pytest.approx(1.0)


def test_a_region_without_online_requests_is_fair():
    only = requests_of([0.1], group=np.ones(1, dtype=np.int64), lateness_s=np.zeros(1))
    found = fairness(replay_of(only))
    assert (found.service, found.jain) == (1.0, 1.0)
