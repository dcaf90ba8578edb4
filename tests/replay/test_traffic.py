"""Requests of a region: the trace's own, at the plan's rate, the same for the same seed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from carbonplan.replay.arrays import Requests
from carbonplan.replay.arrivals import Arrivals, requests_in_parts
from carbonplan.replay.traffic import (
    Deal,
    Expectation,
    Served,
    Trace,
    rows_of_classes,
)
from tests.replay.plans import alike_trace, poisson_trace

SHORT = Served(
    name="chat/short",
    workload="chat",
    is_batch=False,
    tokens=(500.0, 100.0),
    ttft_s=1.0,
    tpot_s=0.05,
    token_s=0.05,
    deadline_s=np.inf,
    rtt_s=np.array([0.01, 0.2]),
    origin_rps=np.array([[3.0, 0.0], [1.0, 2.0]]),
    age_hours=np.zeros((2, 3)),
)
LONG = replace(SHORT, name="chat/long", tokens=(3000.0, 400.0))
BATCH = replace(
    SHORT,
    name="night/all",
    workload="night",
    is_batch=True,
    ttft_s=np.inf,
    tpot_s=np.inf,
    deadline_s=7200.0,
    origin_rps=np.zeros((2, 2)),
    age_hours=np.array([[0.5, 0.5, 0.5], [0.0, 1.0, 2.0]]),
)


def parts_of(trace, classes, rates, window_s, seed=0, **options):
    expectation = options.pop("expectation", Expectation())
    parts = requests_in_parts(
        trace if isinstance(trace, dict) else {"": trace},
        classes,
        np.array(rates, dtype=float),
        window_s,
        expectation,
        np.random.default_rng(seed),
        **options,
    )
    return list(parts)


def drawn(*args, **options):
    """Requests and arrivals of all parts."""
    requests, arrivals, _ = zip(*parts_of(*args, **options), strict=True)
    return tuple(
        of(*(np.concatenate(column) for column in zip(*columns, strict=True)))
        for of, columns in ((Requests, requests), (Arrivals, arrivals))
    )


def test_at_the_rate_of_the_trace_each_request_comes_once():
    trace = poisson_trace(500)
    rate = 500 / trace.seconds
    requests, _ = drawn(
        trace, [replace(SHORT, origin_rps=np.zeros((2, 1)))], [[rate]], trace.seconds
    )
    assert sorted(requests.prompt) == sorted(trace.prompt)
    assert (np.diff(requests.release_s) >= 0).all()


@pytest.mark.parametrize("window_s", [7.0, 60.0, 5000.0])
def test_the_rate_is_the_plans_in_windows_of_any_length(window_s):
    trace = poisson_trace(2000)
    slots, rate = max(1, round(20_000 / window_s)), 9.3
    one = replace(SHORT, origin_rps=np.zeros((2, slots)), age_hours=np.zeros((slots, 3)))
    requests, arrivals = drawn(trace, [one], [[rate] * slots], window_s)
    asked = rate * slots * window_s
    assert len(requests.release_s) == pytest.approx(asked, rel=0.02)
    inside = requests.release_s / window_s
    assert (np.minimum(inside.astype(int), slots - 1) - arrivals.slot <= 1).all()
    assert (requests.release_s >= arrivals.slot * window_s).all()
    assert (requests.release_s <= (arrivals.slot + 1) * window_s).all()


def test_a_short_window_sees_what_a_long_one_sees_there():
    """Arrivals of a trace without randomness are as even in any window."""
    for window_s in (10.0, 100.0):
        one = replace(SHORT, origin_rps=np.zeros((2, 1)))
        requests, _ = drawn(alike_trace(100, 10), [one], [[5.0]], window_s)
        assert np.diff(requests.release_s) == pytest.approx(0.2)


def test_the_seed_decides():
    trace = poisson_trace()
    first, again, other = (
        drawn(trace, [SHORT, LONG], [[2.0, 3.0], [1.0, 0.0]], 100.0, seed)[0]
        for seed in (1, 1, 2)
    )
    for one, same in zip(first, again, strict=True):
        assert np.array_equal(one, same)
    assert not np.array_equal(first.release_s, other.release_s[: len(first.release_s)])


def test_classes_draw_from_requests_of_their_lengths_and_workload():
    trace = Trace(
        np.arange(4.0),
        np.array([400, 2900, 600, 5000]),
        np.array([90, 300, 120, 500]),
        np.array([0, 0, 1, 2]),
        ("chat", "", "night"),
        "four",
    )
    rows = rows_of_classes(trace, [SHORT, LONG, BATCH])
    assert [one.tolist() for one in rows] == [[0, 2], [1], [2, 3]]


def test_a_class_that_nothing_is_near_draws_from_its_whole_workload():
    rows = rows_of_classes(alike_trace(500, 100, 3), [SHORT, LONG])
    assert [one.tolist() for one in rows] == [[0, 1, 2], [0, 1, 2]]


def test_lengths_are_scaled_to_the_plans_means_where_asked():
    trace = alike_trace(1000, 50)
    requests, _ = drawn(trace, [SHORT], [[5.0, 0.0]], 100.0, fits_lengths=True)
    assert set(requests.prompt.tolist()) == {500}
    assert set(requests.output.tolist()) == {100}


def test_origins_are_those_of_the_plans_flows():
    _, arrivals = drawn(poisson_trace(), [SHORT], [[20.0, 20.0]], 500.0)
    near = arrivals.network_s == 0.01
    assert near[arrivals.slot == 0].mean() == pytest.approx(0.75, abs=0.02)
    assert not near[arrivals.slot == 1].any()


def test_batch_work_is_released_evenly_and_knows_what_is_left_of_its_time():
    trace = poisson_trace()
    requests, arrivals = drawn(trace, [BATCH], [[1.0, 4.0]], 1000.0)
    second = arrivals.slot == 1
    assert np.diff(requests.release_s[second]) == pytest.approx(0.25)
    assert arrivals.left_s[~second] == pytest.approx(7200.0 - 1800.0)
    aged_s = (requests.release_s[second] / 1000.0 - 1.0) * 7200.0
    assert arrivals.left_s[second] == pytest.approx(7200.0 - aged_s)
    assert requests.deadline_s == pytest.approx(requests.release_s + arrivals.left_s)
    assert set(requests.priority.tolist()) == {1}


@pytest.mark.parametrize(
    ("expectation", "middle"),
    [(Expectation("unknown"), 100.0), (Expectation("predicted", 0.3), 50.0)],
)
def test_what_schedulers_believe(expectation, middle):
    trace = alike_trace(1000, 50)
    requests, _ = drawn(trace, [SHORT], [[50.0, 0.0]], 100.0, expectation=expectation)
    assert np.median(requests.expected) == pytest.approx(middle, rel=0.02)
    assert (requests.output == 50).all()


def test_deadlines_are_patience_times_the_time_alone():
    requests, arrivals = drawn(alike_trace(1000, 50), [SHORT], [[5.0, 0.0]], 100.0)
    limit_s = 1.4 * (1.0 + 50 * 0.05)
    assert requests.deadline_s == pytest.approx(
        requests.release_s - arrivals.network_s + limit_s
    )


def test_workloads_may_have_traces_of_their_own():
    traces = {"": alike_trace(500, 100), "night": alike_trace(700, 30)}
    rates = [[2.0, 2.0], [3.0, 0.0]]
    requests, _ = drawn(traces, [SHORT, BATCH], rates, 100.0)
    tokens = set(zip(requests.group.tolist(), requests.prompt.tolist(), strict=True))
    assert tokens == {(0, 500), (1, 700)}


def dealt(part):
    """Two kinds, one with three quarters of the requests; a part of each is kept."""
    planned = np.cumsum([[[3.0, 1.0]] * 2], axis=-1)
    parts = np.array([part] * 2)
    sampled = np.cumsum(np.array([[[3.0, 1.0]] * 2]) * parts, axis=-1)
    return Deal(planned, sampled, parts)


def test_a_sample_gets_what_it_would_get_among_all():
    """Of each kind every second, or fourth, request of the same times and lengths."""
    near = replace(SHORT, rtt_s=np.zeros(2))
    whole, few = (
        drawn(poisson_trace(), [near], [[40.0, 40.0]], 100.0, deal=dealt(part))[0]
        for part in ([1.0, 1.0], [0.5, 0.25])
    )
    for k, every in ((0, 2), (1, 4)):
        shares = np.cumsum([0.0, *(np.array([3.0, 1.0]) * [0.5, 0.25])])
        is_few = (few.draw * shares[-1] > shares[k]) & (few.draw * shares[-1] < shares[k + 1])
        is_whole = (whole.draw < 0.75) == (k == 0)
        count = is_whole.sum()
        assert is_few.sum() == pytest.approx(count / every, abs=2)
        sent = set(zip(whole.release_s[is_whole], whole.prompt[is_whole], strict=True))
        assert set(zip(few.release_s[is_few], few.prompt[is_few], strict=True)) <= sent


def test_long_slots_are_drawn_stretch_by_stretch(monkeypatch):
    monkeypatch.setattr("carbonplan.replay.drawing.AT_ONCE", 100)
    trace = poisson_trace(500)
    rate = 500 / trace.seconds
    alone = replace(SHORT, origin_rps=np.zeros((2, 1)))
    requests, _ = drawn(trace, [alone], [[rate]], trace.seconds)
    assert sorted(requests.prompt) == sorted(trace.prompt)
    evenly, _ = drawn(trace, [replace(BATCH, origin_rps=np.zeros((2, 1)))], [[4.0]], 500.0)
    assert np.diff(evenly.release_s) == pytest.approx(0.25)
    assert len(evenly.release_s) == 2000


def test_parts_follow_one_another(monkeypatch):
    """Round trips of 10 and 200 ms: who is late comes with the next part; nobody is lost."""
    both = [[20.0, 20.0], [5.0, 0.0]]
    whole, arrivals = drawn(poisson_trace(), [SHORT, BATCH], both, 100.0)
    for name in ("drawing", "arrivals"):
        monkeypatch.setattr(f"carbonplan.replay.{name}.AT_ONCE", 200)
    parts = parts_of(poisson_trace(), [SHORT, BATCH], both, 100.0)
    assert len(parts) > 10
    begin_s = 0.0
    for requests, _, end_s in parts:
        assert (np.diff(requests.release_s) >= 0).all()
        assert ((requests.release_s >= begin_s) & (requests.release_s < end_s)).all()
        begin_s = end_s
    assert begin_s == np.inf
    count = sum(len(part.requests.release_s) for part in parts)
    assert count == pytest.approx(len(whole.release_s), rel=0.05)
    client = np.concatenate([part.arrivals.client for part in parts])
    group = np.concatenate([part.requests.group for part in parts])
    online = client[group == 0]
    assert online.tolist() == [n % 4 for n in range(len(online))]
    assert not arrivals.client[whole.group == 1].any()


def test_where_nothing_comes_parts_are_empty():
    parts = parts_of(poisson_trace(), [SHORT], [[0.0, 0.0]], 100.0)
    assert parts[-1].end_s == np.inf
    assert not any(len(part.requests.release_s) for part in parts)
