"""A plan replayed: the same whatever the processes, its totals, its energy at steady load."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from carbonplan.configurations.enumeration import class_limits
from carbonplan.errors import InvalidInput, UsageError
from carbonplan.replay.arrays import OPEN, SET_CLOCK, Controls, Requests, Routes, Rules
from carbonplan.replay.energy import impacts
from carbonplan.replay.engine import ready, run
from carbonplan.replay.engines import engines_of
from carbonplan.replay.judge import promises
from carbonplan.replay.metrics import CURVE, groups
from carbonplan.replay.records import Options, Policy
from carbonplan.replay.run import replay, replays
from carbonplan.replay.sampling import sampling_of
from carbonplan.replay.tables import Kind, kinds_of
from carbonplan.technology.operating import operating_points
from carbonplan.technology.planning import calibration_of
from tests.replay.plans import one_hour, poisson_trace

WINDOW_S = 120.0


def replayed(trace=None, policies=(), **options):
    inputs, plan = one_hour()
    asked = Options(**{"window_s": WINDOW_S, **options})
    return list(replays(inputs, plan, trace or poisson_trace(), asked, policies))


@pytest.fixture(scope="module")
def whole():
    inputs, plan = one_hour()
    return replay(inputs, plan, poisson_trace(), Options())


def test_every_request_of_the_plan_is_replayed_and_done(whole):
    _, plan = one_hour()
    asked = float(plan.data["load_rps"].sum()) * 3600.0
    assert whole.count == pytest.approx(asked, rel=0.02)
    (region,) = whole.regions
    for one in region.tallies.values():
        assert one.unfinished == 0.0
        assert one.weight == one.squares == one.requests
        first, last = (one.measures[name].values_s for name in ("ttft", "latency"))
        assert first.quantiles([0.0])[0] > 0.0
        assert (np.array(last.quantiles(CURVE)) >= first.quantiles(CURVE)).all()
    assert all(one.is_kept for one in promises(groups(whole)))


def test_parts_sum_to_the_plans_totals(whole):
    _, plan = one_hour()
    found = impacts(plan, whole)
    for impact in ("energy", "carbon", "water", "cost"):
        assert found.planned[impact] == pytest.approx(plan.impacts[impact].value, rel=1e-9)
    assert found.share_of_horizon == 1.0
    serving, *others = found.parts
    assert all(part.planned == part.replayed for part in others)
    pue = float(plan.data["pue"].mean())
    (region,) = whole.regions
    drawn = region.kinds[0].replayed_kw.mean() * pue
    assert serving.replayed["energy"] == pytest.approx(drawn, rel=1e-9)


def test_power_by_the_minute_is_that_of_the_slot(whole):
    (region,) = whole.regions
    assert region.minutes_kw.shape == (60, 1)
    ends_later = region.kinds[0].replayed_kw[0] - region.minutes_kw.mean()
    assert 0.0 <= ends_later < 0.01 * region.minutes_kw.mean()


def test_processes_change_nothing():
    policies = [Policy(), Policy("srtf", preempts=True, clock="miad")]
    alone, together = (replayed(policies=policies, jobs=jobs) for jobs in (1, 2))
    for one, other in zip(alone, together, strict=True):
        for left, right in zip(one.regions, other.regions, strict=True):
            assert np.array_equal(left.minutes_kw, right.minutes_kw)
            assert left.fairness == right.fairness
        assert groups(one) == groups(other)


def test_policies_see_the_same_requests_and_seeds_others():
    first, second = replayed(policies=[Policy(), Policy("llf")])
    (other,) = replayed(seed=1)
    tokens = [
        {i: (t.prompt, t.output) for i, t in one.regions[0].tallies.items()}
        for one in (first, second, other)
    ]
    assert tokens[0] == tokens[1] != tokens[2]


def test_parts_change_nothing(monkeypatch):
    """The same stretches drawn, taken through in one part or in many."""
    monkeypatch.setattr("carbonplan.replay.drawing.AT_ONCE", 1000)
    found = []
    for at_once in (10**9, 1):
        monkeypatch.setattr("carbonplan.replay.arrivals.AT_ONCE", at_once)
        found += replayed(window_s=600.0)
    once, often = found
    counted, again = (
        [replace(group, expected_tokens=()) for group in groups(found)]
        for found in (once, often)
    )
    assert counted == again
    assert once.fairness.service == pytest.approx(often.fairness.service)
    assert once.fairness.jain == pytest.approx(often.fairness.jain)
    assert np.array_equal(once.regions[0].minutes_kw, often.regions[0].minutes_kw)


def test_memory_does_not_grow_with_requests(monkeypatch):
    for name in ("drawing", "arrivals"):
        monkeypatch.setattr(f"carbonplan.replay.{name}.AT_ONCE", 500)
    inputs, plan = one_hour()
    trace, peaks, counts = poisson_trace(), [], []
    ready()
    for window_s in (60.0, 1080.0):
        tracemalloc.start()
        counts.append(replay(inputs, plan, trace, Options(window_s=window_s)).count)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert counts[1] > 17 * counts[0]
    assert peaks[1] < 1.1 * peaks[0]


def test_length_gives_each_class_replicas_of_its_own():
    (found,) = replayed(policies=[Policy(routing="length")])
    assert len(found.regions[0].kinds) >= 1
    assert not any(one.unfinished for one in found.regions[0].tallies.values())


def test_the_budget_bounds_the_requests():
    inputs, plan = one_hour()
    engines = engines_of(inputs, plan.data)
    sampling = sampling_of(plan.data, engines, Options(budget=2000))
    assert sampling.window_s < 3600.0
    (found,) = replayed(window_s=None, budget=2000)
    assert found.count == pytest.approx(2000, rel=0.15)
    asked = float(plan.data["load_rps"].sum()) * 3600.0
    stands_for = sum(one.weight for one in found.regions[0].tallies.values())
    assert stands_for == pytest.approx(asked, rel=0.15)


def test_a_window_that_is_asked_for_stays():
    inputs, plan = one_hour()
    engines = engines_of(inputs, plan.data)
    asked = Options(budget=1000, window_s=600.0, slots="worst")
    sampling = sampling_of(plan.data, engines, asked)
    assert (sampling.window_s, sampling.slots) == (600.0, (0,))


def test_what_would_have_no_end_is_refused(monkeypatch):
    monkeypatch.setattr("carbonplan.replay.sampling.MOST_AT_ALL", 1000.0)
    with pytest.raises(UsageError, match="requests would be drawn"):
        replayed(share=0.001)


def test_a_slot_that_is_not_there_is_refused():
    with pytest.raises(UsageError, match=r"slots 0\.\.0, found 3"):
        replayed(slots=(0, 3))


def test_a_trace_of_other_workloads_is_refused():
    trace = poisson_trace()
    strange = replace(trace, names=("mail",))
    with pytest.raises(InvalidInput, match='no request of workload "chat"'):
        replayed(strange)
    with pytest.raises(
        InvalidInput, match=r'called "chats"; nearest: "chat"(.|\n)*no trace for'
    ):
        replayed({"chats": trace})


@pytest.mark.parametrize("number", range(4))
def test_at_the_planned_rate_energy_is_the_plans(number):
    """Requests of one class, evenly: the energy of each within 1 % of the plan's."""
    inputs, plan = one_hour()
    ((name, engine),) = engines_of(inputs, plan.data).items()
    calibration = calibration_of(inputs)
    one = inputs.classes[number]
    limits = class_limits(inputs, one)
    points = operating_points([engine.replica], [limits], 0.8, calibration)
    rate, kj = float(points.rate_rps[0, 0]), float(points.energy_kj_per_request[0, 0])
    prompt, output = round(limits.input_tokens), round(limits.output_tokens)
    clock = engine.replica.clock_fraction
    context = float(engine.replica.llm.context_tokens)
    kind = Kind(
        *(name, engine.replica, 1, (clock, clock), int(points.batch[0, 0])),
        *(prompt + output / 2, context),
    )
    count = 20_000  # so many that beginning and end do not matter
    nothing, alike = np.zeros(count), np.ones(count, dtype=np.int64)
    requests = Requests(
        release_s=np.arange(count) / rate,
        prompt=alike * prompt,
        output=alike * output,
        expected=nothing + output,
        deadline_s=nothing + np.inf,
        token_s=nothing + 0.01,
        priority=alike * 0,
        ttft_s=nothing + np.inf,
        tpot_s=nothing + np.inf,
        group=alike * 0,
        draw=nothing,
    )
    begin = np.zeros(2), np.zeros(2, dtype=np.int64)
    controls = Controls(*begin, np.array([SET_CLOCK, OPEN]), np.array([clock, 0.0]))
    routes = Routes(np.ones((1, 1, 1)), np.ones((1, 1), bool), np.zeros((1, 1, 1)), np.inf)
    rules = Rules(0, False, 0, 0, False, 1.0, 0.0, 1.0, 1.0, 60.0)
    kinds = kinds_of([kind], calibration)
    outcomes = run(requests, kinds, controls, routes, rules, 10_000)
    assert outcomes.energy_kj.sum() / count == pytest.approx(kj, rel=0.01)
