"""Replicas that their user measured: tables, a worker by hand, energy at the planned rate."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import pytest

from carbonplan.catalogue.gather import gather
from carbonplan.catalogue.inputs import MeasuredProfile
from carbonplan.cli.loading import load
from carbonplan.errors import UsageError
from carbonplan.plan.pairs import Pair
from carbonplan.replay.arrays import OPEN, SET_CLOCK, Controls
from carbonplan.replay.engine import run
from carbonplan.replay.engines import Engine
from carbonplan.replay.known import MeasuredPoints, MeasuredTimes, Modelled, points_of, times_of
from carbonplan.replay.steps import points
from carbonplan.replay.tables import LEVELS, PROMPT_POINTS, Kind, kinds_of
from carbonplan.technology.measured import measured_replicas, place_of_replica
from carbonplan.technology.measured_points import measured_batch, measured_profiles
from carbonplan.technology.operating import ClassLimits
from tests.replay.plans import SMALL
from tests.replay.regions import one_way, requests_of, rules_of
from tests.technology.example_measurements import powered_rows, simple_rows
from tests.technology.example_replicas import CALIBRATION, replica

CHAT = ClassLimits(150, 100, ttft_s=None, tpot_s=0.03)
ALONE, CONTEXT = 650.0, 350.0  # W above idle of a prompt and of a step, as the tests of points


@functools.cache
def one_hour():
    return gather(load("one-hour", SMALL))


def measured(rows):
    found, problems = measured_replicas(rows)
    assert not problems
    return found[place_of_replica(replica())]


def kind(known, clocks=(1.0, 1.0), slots=4):
    return Kind("one", replica(), 1, clocks, slots, 200.0, 8192.0, known)


def times(rows, at=(1.0,), widens=False):
    return MeasuredTimes(dict.fromkeys(at, measured(rows)), widens)


def table(known, clocks=(1.0, 1.0)):
    return kinds_of([kind(known, clocks)], CALIBRATION)


def test_tables_follow_the_lines_between_measured_points():
    """Steps of 10 and 20 ms for one and four: the root of the batch; prompts 1 ms a token."""
    found = table(times(powered_rows()))
    inside = slice(*np.searchsorted(points(8192.0, PROMPT_POINTS), [100.0, 400.0]))
    tokens = points(8192.0, PROMPT_POINTS)[inside]
    np.testing.assert_allclose(found.work_s[0, 0, inside], tokens / 1000.0)
    np.testing.assert_allclose(found.alone_s[0, 0, inside], tokens / 1000.0)
    np.testing.assert_allclose(found.work_kj[0, 0, inside], ALONE * tokens / 1e6)
    expected = 0.01 * np.sqrt([1.0, 1.0, 2.0, 3.0, 4.0])
    near = 6  # a context of 134 tokens
    np.testing.assert_allclose(found.decode_s[0, 0, :, near], expected)
    np.testing.assert_allclose(found.decode_kw[0, 0, :, near], CONTEXT / 1000.0)
    assert found.before_s[0] == found.admission_s[0] == 0.0
    assert found.room_tokens[0] >= 4 * 400


def test_shorter_is_as_the_shortest_and_longer_the_slow_end_of_the_band():
    prompts = points(8192.0, PROMPT_POINTS)
    for widens, shortest_s in ((False, 0.1), (True, 0.001 * 100**0.25)):
        found = table(times(simple_rows(), widens=widens))
        assert found.alone_s[0, 0, 0] == pytest.approx(shortest_s)
        longest_s = prompts[-1] / 1000.0 * (prompts[-1] / 400.0) ** 0.25
        assert found.alone_s[0, 0, -1] == pytest.approx(longest_s)
        assert found.work_s[0, 0, 0] == 0.0


def test_power_that_was_not_measured_is_the_models():
    """The energy of steps of a class over their time is the power of the table."""
    (profile,) = measured_profiles(
        simple_rows(), [replica()], {"w/chat": CHAT}, 0.8, CALIBRATION, widen=False
    )
    found = steady(times(simple_rows()), profile)
    assert found == pytest.approx(profile.energy_j_per_request / 1e3, rel=0.01)


def steady(known, profile, count=4000):
    """Energy of each of many requests that come evenly at the planned rate [kJ]."""
    rate = profile.max_rate_rps * 0.8
    slots = int(measured_batch(CHAT, measured(simple_rows()), 0.8))
    assert slots == 4
    requests = requests_of(np.arange(count) / rate, prompt=150, output=100)
    kinds = kinds_of([kind(known, slots=slots)], CALIBRATION)
    controls = Controls(
        np.zeros(2), np.zeros(2, np.int64), np.array([SET_CLOCK, OPEN]), np.ones(2)
    )
    found = run(requests, kinds, controls, one_way(kinds), rules_of(), 1)
    return found.energy_kj.sum() / count


def test_at_the_planned_rate_energy_is_the_plans():
    (profile,) = measured_profiles(
        powered_rows(), [replica()], {"w/chat": CHAT}, 0.8, CALIBRATION, widen=False
    )
    found = steady(times(powered_rows()), profile)
    assert found == pytest.approx(profile.energy_j_per_request / 1e3, rel=0.01)


def test_a_worker_by_hand():
    """A prompt of 200 ms; another beside it, which waits for it and lengthens a step by 300."""
    kinds = table(times(powered_rows()))
    requests = requests_of([0.0, 0.1], prompt=[200, 300], output=[4, 1])
    controls = Controls(np.zeros(1), np.zeros(1, np.int64), np.array([OPEN]), np.ones(1))
    found = run(requests, kinds, controls, one_way(kinds), rules_of(), 1)
    np.testing.assert_allclose(found.first_s, [0.2, 0.51])
    np.testing.assert_allclose(found.done_s, [0.53, 0.51])
    joules = ALONE * 0.5 + CONTEXT * 0.03
    assert found.energy_kj.sum() == pytest.approx(joules / 1e3)


def test_other_clocks_follow_the_models_from_the_measured_one():
    clocks = (0.6, 1.0)
    known, models = table(times(simple_rows()), clocks), table(None, clocks)
    for name in ("decode_s", "decode_kw", "work_kj"):
        ours, theirs = getattr(known, name)[0], getattr(models, name)[0]
        np.testing.assert_allclose(ours[0] * theirs[-1], ours[-1] * theirs[0])
    assert (known.decode_s[0, 0] > known.decode_s[0, -1]).any()


def test_a_clock_between_two_measured_ones_follows_both_and_one_of_the_plan_keeps_its_model():
    slow = measured([one.model_copy(update={"value": 2 * one.value}) for one in simple_rows()])
    fast = measured(simple_rows())
    both = table(MeasuredTimes({0.6: slow, 1.0: fast}, widens=False), (0.6, 1.0))
    low, high = (
        table(MeasuredTimes({c: m}, widens=False), (0.6, 1.0))
        for c, m in ((0.6, slow), (1.0, fast))
    )
    middle = LEVELS // 2
    mean = (low.decode_s[0, middle] + high.decode_s[0, middle]) / 2.0
    np.testing.assert_allclose(both.decode_s[0, middle], mean)
    np.testing.assert_allclose(both.decode_s[0, 0], low.decode_s[0, 0])
    part = table(MeasuredTimes({0.6: None, 1.0: fast}, widens=False), (0.6, 1.0))
    models = table(None, (0.6, 1.0))
    np.testing.assert_allclose(part.decode_s[0, 0], models.decode_s[0, 0])
    np.testing.assert_allclose(part.decode_s[0, -1], high.decode_s[0, -1])
    assert part.before_s == models.before_s


def test_the_choice_is_the_plans():
    """By accelerator, LLM, parallelism, precision and clock, and never of one phase."""
    inputs = one_hour()
    found, _ = measured_replicas(simple_rows())

    def known(**changes):
        pairs = [Pair("chat", f"at {changes}", replica(**changes), ())]
        return times_of(inputs, pairs, found)

    assert set(known().at) == {1.0}
    at = known(clock_fraction=0.8).at
    assert (at[0.8], set(at)) == (None, {0.8, 1.0})
    assert known(tensor_parallel=2) is known(role="prefill") is known(precision="fp8") is None


POINT = MeasuredProfile("llm", "sku", 1, 1, "fp8", 0.8, "chat/short", 5.0, 900.0, 0.2, "own")


def point_of(inputs, modelled):
    """Factors of an engine with two classes, of which one was measured, at 3 to 1 requests."""
    one = inputs.classes[0]
    profile = replace(POINT, llm=one.workload.llms[0], request_class=one.name)
    names = [(one.name, name_of(profile)), (inputs.classes[1].name, name_of(profile))]
    pairs = [Pair(*name, replica(), ()) for name in names]
    return points_of(
        replace(inputs, profiles=(profile,)),
        pairs,
        dict(zip(names, (modelled, Modelled(8, 1.0, 1.0)), strict=True)),
        dict(zip(names, (3.0, 1.0), strict=True)),
    )


def name_of(profile):
    return f"{profile.llm}@{profile.sku}:tp1:{profile.precision}:80%"


def test_operating_points_scale_the_models():
    """2 requests/s by the models, 5 x 80 % measured; 0.9 kJ measured, 0.6 by the models."""
    inputs = one_hour()
    found = point_of(inputs, Modelled(8, 2.0, 0.6))
    assert found.time == pytest.approx((3 / 4.0 + 1) / (3 / 2.0 + 1))
    assert found.energy == pytest.approx((3 * 0.9 + 1) / (3 * 0.6 + 1))
    scaled, models = table(MeasuredPoints(0.5, 1.5)), table(None)
    np.testing.assert_allclose(scaled.decode_s, 0.5 * models.decode_s)
    energy = scaled.decode_s * scaled.decode_kw
    np.testing.assert_allclose(energy, 1.5 * models.decode_s * models.decode_kw)
    np.testing.assert_allclose(scaled.work_kj, 1.5 * models.work_kj)


def test_an_operating_point_that_the_models_do_not_have_is_refused():
    inputs = one_hour()
    with pytest.raises(UsageError, match="its steps are not known"):
        point_of(inputs, Modelled(1, 0.0, 0.0))


def test_clocks_that_cannot_be_set_stay_as_planned():
    gpu = Engine(replica(), {"one": 0.8}, {})
    assert gpu.clocks_within(None) == (0.8, 0.8)
    assert gpu.clocks_within((0.6, 1.0)) == (0.6, 1.0)
    lowest, highest = gpu.clocks_within((0.01, 1.0))
    assert 0.01 < lowest < 0.5
    assert highest == 1.0
    server = replica().server
    cpu = server.accelerator.model_copy(update={"kind": "cpu"})
    host = replica(server=replace(server, accelerator=cpu))
    assert Engine(host, {"one": 1.0}, {}).clocks_within((0.6, 1.0)) == (1.0, 1.0)
