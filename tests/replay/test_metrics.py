"""Shares of requests inside limits, their range, percentiles, promises, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from carbonplan.replay.clients import Clients
from carbonplan.replay.fairness import NOBODY_WAITS
from carbonplan.replay.judge import promises
from carbonplan.replay.metrics import CURVE, distributions, groups
from carbonplan.replay.records import Options, Policy, RegionReplay, Sampling
from carbonplan.replay.run import Replay
from carbonplan.replay.shares import wilson
from carbonplan.replay.spreads import spread
from carbonplan.replay.tallies import ReplayedRequests, added, tallied
from tests.replay.test_traffic import BATCH, SHORT

BIN = 5e-4  # by which a percentile may differ


def requests_of(ttft_s, **columns):
    """Online requests of ten tokens with steps of 10 ms, dealt to four clients."""
    count = len(ttft_s)
    first = np.array(ttft_s, dtype=float)
    values = {
        "group": np.zeros(count, dtype=np.int64),
        "client": np.arange(count) % 4,
        "weight": np.ones(count),
        "prompt": np.full(count, 500),
        "output": np.full(count, 10),
        "done": np.isfinite(first),
        "sent_s": np.arange(count, dtype=float),
        "ttft_s": first,
        "tpot_s": np.full(count, 0.01),
        "latency_s": first + 0.09,
        "lateness_s": np.full(count, np.nan),
        "preemptions": np.zeros(count, dtype=np.int64),
    }
    return ReplayedRequests(**{**values, **columns})


def fairness_of(requests):
    clients = Clients(0.0)
    clients.add(requests[requests.done], NOBODY_WAITS, np.inf)
    return clients.fairness


def replay_of(*requests, promised=0.9):
    """Of regions ``r0``, ``r1``, ...; an hour stands for an hour."""
    classes = SHORT, BATCH
    regions = tuple(
        RegionReplay(
            f"r{n}", tallied(one, classes), fairness_of(one), (), np.zeros((60, 1)), 60.0, 0.0
        )
        for n, one in enumerate(requests)
    )
    percentiles = {"chat": promised, "night": promised}
    return Replay(
        policy=Policy(),
        options=Options(),
        sampling=Sampling(1.0, 3600.0, (0,)),
        trace_source="four",
        classes=classes,
        percentiles=percentiles,
        hours=np.array([1.0]),
        regions=regions,
    )


def of(replay, by, name):
    return next(one for one in groups(replay) if (one.by, one.name) == (by, name))


def test_shares_and_percentiles():
    group = of(replay_of(requests_of([0.1, 0.2, 0.3, 2.0])), "workload", "chat")
    ttft, tpot, latency = group.attainments
    assert (ttft.share, tpot.share, latency.share) == (0.75, 1.0, 0.75)
    assert ttft.percentiles_s == pytest.approx((0.2, 2.0, 2.0), rel=BIN)
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
    assert ttft.found.at_promise_s == pytest.approx(2.0, rel=BIN)
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
    found = spread(np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 2.0]))
    shares = (0.0, 0.25, 0.5, 0.75, 0.76, 1.0)
    assert found.quantiles(shares) == pytest.approx([1, 1, 2, 2, 3, 3], rel=BIN)


def test_values_of_any_size_and_sign():
    values = np.array([-np.inf, -4e5, -2e-3, 0.0, 1e-7, 3e-6, 0.7, 5e8, np.inf])
    found = spread(values, np.ones(9)).quantiles((np.arange(9) + 0.5) / 9)
    expected = np.where(np.abs(values) < 1e-6, 0.0, values)
    assert found == pytest.approx(expected.tolist(), rel=BIN)


def test_quantiles_of_bins_are_those_of_values():
    draw = np.random.default_rng(2)
    values, weight = np.exp(draw.normal(-1.0, 2.0, 5000)), draw.uniform(0.5, 2.0, 5000)
    order = np.argsort(values)
    reached = np.cumsum(weight[order]) / weight.sum()
    exact = values[order][np.searchsorted(reached, CURVE[:-1])]
    parts = spread(values[:700], weight[:700]) + spread(values[700:], weight[700:])
    assert parts.quantiles(CURVE[:-1]) == pytest.approx(exact.tolist(), rel=BIN)


def test_tallies_of_parts_add_up():
    draw = np.random.default_rng(4)
    ttft_s = np.where(draw.random(900) < 0.9, draw.uniform(0.1, 2.0, 900), np.nan)
    mixed = requests_of(
        ttft_s,
        group=draw.integers(0, 2, 900),
        weight=draw.uniform(1.0, 3.0, 900),
        output=draw.integers(1, 40, 900),
        lateness_s=draw.normal(-10.0, 60.0, 900),
        preemptions=draw.integers(0, 3, 900),
    )
    whole, parts = tallied(mixed, (SHORT, BATCH)), {}
    for size in (slice(0, 20), slice(20, 500), slice(500, 900)):
        parts = added(parts, tallied(mixed[size], (SHORT, BATCH)))
    for i, one in whole.items():
        for name in set(one.__dataclass_fields__) - {"measures"}:
            assert getattr(parts[i], name) == pytest.approx(getattr(one, name)), name
        for name, measured in one.measures.items():
            found = parts[i].measures[name]
            assert (found.least_s, found.most_s) == (measured.least_s, measured.most_s)
            assert found.kept == pytest.approx(measured.kept)
            assert np.array_equal(found.values_s.bins, measured.values_s.bins)
            assert found.values_s.weight == pytest.approx(measured.values_s.weight)


def test_a_limit_that_differs_is_not_one():
    found = requests_of([0.1, 0.1], output=np.array([1, 5]))
    ttft, tpot, latency = of(replay_of(found), "workload", "chat").attainments
    assert (ttft.limit_s, tpot.limit_s, latency.limit_s) == (1.0, 0.05, None)


def test_distributions_and_fairness_of_requests_alike():
    replay = replay_of(requests_of([0.1] * 40))
    curve = distributions(replay)["chat", "ttft"]
    assert curve == pytest.approx(0.1, rel=BIN)
    assert replay.fairness.jain == pytest.approx(1.0)


def test_the_worst_region_counts():
    slow = np.where(np.arange(40) % 4, 0.1, 9.0)
    alike, uneven = requests_of([0.1] * 40), requests_of(slow)
    replay = replay_of(alike, uneven)
    paces = np.array([1 / 9.09, *[1 / 0.19] * 3])
    index = paces.sum() ** 2 / (4 * (paces**2).sum())
    assert replay.fairness.jain == pytest.approx(index)
    assert replay.fairness.service < replay_of(alike).fairness.service


def test_a_region_without_online_requests_is_fair():
    nobody = fairness_of(requests_of([0.1])[:0])
    assert (nobody.service, nobody.jain) == (1.0, 1.0)
