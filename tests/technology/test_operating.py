from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbonplan.technology import operating
from carbonplan.technology.figures import Replica
from carbonplan.technology.memory import largest_batch
from carbonplan.technology.operating import (
    CONTEXT,
    MEMORY,
    OK,
    TPOT,
    TTFT,
    ClassLimits,
    explain,
    operating_points,
)
from carbonplan.technology.performance import decode_step, prompt_work
from carbonplan.technology.power import above_idle_kw
from tests.technology.example_records import LLAMA_70B, MIXTRAL, T4_4
from tests.technology.example_replicas import (
    CALIBRATION,
    ENGINES,
    VARIETY,
    figures,
    replica,
)

CHAT = ClassLimits(1000, 250, ttft_s=1.0, tpot_s=0.05)
BATCH = ClassLimits(1000, 250, ttft_s=None, tpot_s=None)


def points(replicas: list[Replica], classes: list[ClassLimits], utilisation: float = 0.8):
    return operating_points(replicas, classes, utilisation, CALIBRATION)


def test_rate_is_what_the_batch_yields():
    found = points([replica()], [CHAT])
    part, n = figures({}), found.batch[0, 0]
    tpot_s = decode_step(n, 1125, part).total_s + n * prompt_work(1000, part).total_s / 250
    assert found.tpot_s[0, 0] == pytest.approx(tpot_s[0])
    assert found.max_rate_rps[0, 0] == pytest.approx(n / (250 * tpot_s[0]))
    assert found.rate_rps == pytest.approx(found.max_rate_rps * found.load_limit)


@pytest.mark.parametrize("tpot_s", [0.012, 0.02, 0.05, 0.5])
def test_batch_is_the_largest_inside_the_limit(tpot_s):
    found = points([replica()], [ClassLimits(1000, 250, 10.0, tpot_s)])
    part = figures({})
    batches = np.arange(1, largest_batch(1000, 250, part)[0] + 1)
    work_s = prompt_work(1000, part).total_s
    times = np.array([decode_step(n, 1125, part).total_s + n * work_s / 250 for n in batches])
    assert found.batch[0, 0] == batches[times[:, 0] <= tpot_s].max()


def test_work_without_limits_fills_memory_and_runs_at_the_utilisation_limit():
    found = points([replica()], [BATCH], 0.7)
    assert found.batch[0, 0] == largest_batch(1000, 250, figures({}))[0]
    assert found.load_limit[0, 0] == 0.7


def test_percentile_holds_at_the_load_limit_and_not_beyond():
    tight = ClassLimits(4000, 100, ttft_s=0.9, tpot_s=0.05, network_s=0.1)
    found = points([replica()], [tight], 1.0)
    assert 0.05 < found.load_limit[0, 0] < 1.0
    assert found.ttft_percentile_s[0, 0] == pytest.approx(0.8, abs=0.01)
    assert found.ttft_s[0, 0] < found.ttft_percentile_s[0, 0]


def test_stricter_percentile_and_longer_network_lower_the_load_limit():
    loose = ClassLimits(4000, 100, 0.9, 0.05, percentile=0.9)
    strict = ClassLimits(4000, 100, 0.9, 0.05, percentile=0.99)
    far = ClassLimits(4000, 100, 0.9, 0.05, percentile=0.99, network_s=0.2)
    limits = points([replica()], [loose, strict, far], 1.0).load_limit[:, 0]
    assert np.all(np.diff(limits) < 0)


def test_energy_is_power_above_idle_over_the_time_a_request_takes():
    found = points([replica()], [CHAT])
    part, running = figures({}), found.running_batch[0, 0]
    work, step = prompt_work(1000, part), decode_step(running, 1125, part)
    decode_kj = above_idle_kw(step, part) * 250 * step.total_s / running
    assert found.prefill_kj_per_request[0, 0] == pytest.approx(
        (above_idle_kw(work, part) * work.total_s)[0]
    )
    assert found.decode_kj_per_request[0, 0] == pytest.approx(decode_kj[0])
    assert found.energy_kj_per_request == pytest.approx(
        found.prefill_kj_per_request + found.decode_kj_per_request
    )


def test_running_batch_obeys_littles_law():
    found = points([replica()], [CHAT])
    part, rate, n = figures({}), found.rate_rps[0, 0], found.running_batch[0, 0]
    work_s = prompt_work(1000, part).total_s[0]
    tpot_s = decode_step(n, 1125, part).total_s[0] / (1 - rate * work_s)
    assert n == pytest.approx(rate * 250 * tpot_s, rel=1e-4)


def test_eight_billion_parameters_on_an_h100_at_a_large_batch():
    """Some tenths of a joule for an output token, as ML.ENERGY v3 measures."""
    energy_kj = points([replica()], [ClassLimits(150, 400, None, None)]).energy_kj_per_request
    assert 0.04 < energy_kj[0, 0] * 1000 / 400 < 0.3


def test_idle_replica_and_its_start():
    found = points([replica(llm=LLAMA_70B, tensor_parallel=4)], [CHAT])
    assert found.accelerators.tolist() == [4]
    assert found.loaded_kw == pytest.approx(4 * (110 - 70) / 1000)
    assert found.start_hours == pytest.approx((141.1 / 2 + 28) / 3600)
    host_j = 4 * 50 * (141.1 / 2 + 28)
    warm_j = 4 * 0.25 * (700 - 110) * 28
    assert found.start_energy_kwh == pytest.approx((host_j + warm_j) / 3.6e6)


@pytest.mark.parametrize(
    ("change", "limits", "code", "words"),
    [
        (
            {"server": T4_4},
            CHAT,
            MEMORY,
            "weights 16.1 GB do not fit 1 x 16 GB, 90% of it usable",
        ),
        (
            {"server": T4_4, "precision": "int4"},
            ClassLimits(100_000, 100, 100.0, 1.0),
            MEMORY,
            "GB left of 1 x 16 GB by the weights hold no request of 100100 tokens",
        ),
        ({}, ClassLimits(20_000, 100, 0.5, 0.1, network_s=0.1), TTFT, "with 0.1 s of network"),
        ({"clock_fraction": 0.3}, ClassLimits(2000, 100, 0.2, 0.1), TTFT, "0.2 s allowed"),
        ({}, ClassLimits(100, 100, 1.0, 0.005), TPOT, "ms at best, 5 ms allowed"),
        (
            {"llm": MIXTRAL, "tensor_parallel": 8},
            ClassLimits(32_000, 1000, 60.0, 1.0),
            CONTEXT,
            "33000 tokens exceed the context of 32768",
        ),
    ],
)
def test_rejections_in_words(change, limits, code, words):
    found = points([replica(**change)], [limits])
    assert found.rejection[0, 0] == code
    assert words in explain(found, 0, 0)
    assert found.rate_rps[0, 0] == found.energy_kj_per_request[0, 0] == 0


def test_waiting_alone_can_rule_a_class_out():
    part = points([replica()], [ClassLimits(8000, 50, 1.0, 1.0)])
    tight = part.best_ttft_s[0, 0] * 1.05
    found = points([replica()], [ClassLimits(8000, 50, float(tight), 1.0)])
    assert found.rejection[0, 0] == TTFT
    assert "only below 5% load" in explain(found, 0, 0)


def test_accepted_pairs_need_no_explanation():
    found = points([replica()], [CHAT])
    assert found.rejection[0, 0] == OK
    assert explain(found, 0, 0) == ""


def test_blocks_change_nothing(monkeypatch):
    replicas = [replica(clock_fraction=f, tensor_parallel=n) for f in (0.6, 1) for n in (1, 2)]
    whole = points(replicas, [CHAT, BATCH])
    monkeypatch.setattr(operating, "PAIRS_PER_BLOCK", 3)
    parts = points(replicas, [CHAT, BATCH])
    for field in fields(whole):
        if field.name not in ("replicas", "classes"):
            np.testing.assert_array_equal(
                getattr(whole, field.name), getattr(parts, field.name)
            )


@settings(max_examples=25, deadline=None)
@given(
    st.integers(10, 8000),
    st.integers(2, 1000),
    st.floats(0.05, 5.0),
    st.floats(0.005, 0.2),
    st.sampled_from([1.0, 0.7, 0.4]),
)
def test_any_point_keeps_its_promises(inputs, outputs, ttft_s, tpot_s, clock):
    limits = ClassLimits(inputs, outputs, ttft_s, tpot_s)
    found = points([replica(clock_fraction=clock)], [limits])
    if found.rejection[0, 0] == OK:
        assert found.tpot_s[0, 0] <= tpot_s * (1 + 1e-9)
        assert found.ttft_percentile_s[0, 0] <= ttft_s * (1 + 1e-9)
        assert 0 < found.load_limit[0, 0] <= 0.8
        assert found.running_batch[0, 0] <= found.batch[0, 0]
        assert found.energy_kj_per_request[0, 0] > 0
    else:
        assert explain(found, 0, 0)


CLASSES = st.builds(
    ClassLimits,
    st.integers(10, 8000),
    st.integers(2, 1000),
    ttft_s=st.none(),
    tpot_s=st.none(),
)
ENGINE = st.sampled_from([*ENGINES, "unheard-of"])
CLOCK = st.floats(0.3, 1.0)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(VARIETY), ENGINE, CLASSES, CLOCK, CLOCK)
def test_more_clock_never_lowers_what_a_replica_sustains(change, engine, limits, one, other):
    """Memory sets the batch, so that no whole number stands between."""
    replicas = [replica(**change, clock_fraction=f) for f in sorted([one, other])]
    found = operating_points(replicas, [limits], 0.8, replace(CALIBRATION, engine=engine))
    slow, fast = found.max_rate_rps[0]
    assert fast >= slow * (1 - 1e-12)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(VARIETY), ENGINE, CLASSES, st.integers(0, 4000), st.integers(0, 1000))
def test_longer_requests_are_never_served_faster(change, engine, limits, inputs, outputs):
    longer = replace(
        limits,
        input_tokens=limits.input_tokens + inputs,
        output_tokens=limits.output_tokens + outputs,
    )
    found = operating_points(
        [replica(**change)], [limits, longer], 0.8, replace(CALIBRATION, engine=engine)
    )
    short_rate, long_rate = found.max_rate_rps[:, 0]
    assert long_rate <= short_rate * (1 + 1e-12)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(VARIETY), ENGINE, CLASSES, CLOCK, st.floats(0.06, 1.0))
def test_energy_lies_between_idle_and_every_limit(change, engine, limits, clock, utilisation):
    """A replica above idle draws between its hosts' load and all boards' limits with it."""
    found = operating_points(
        [replica(**change, clock_fraction=clock)],
        [limits],
        utilisation,
        replace(CALIBRATION, engine=engine),
    )
    hardware = figures({**change}).hardware
    most_kw = (
        found.accelerators[0]
        / 1000
        * (hardware.limit_w[0] - hardware.idle_w[0] + hardware.host_load_w[0])
    )
    above_kw = found.energy_kj_per_request[0, 0] * found.rate_rps[0, 0]
    assert 0 <= above_kw <= most_kw * (1 + 1e-9)
    assert (above_kw > 0) == (found.rejection[0, 0] == OK)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.3, 1.0), st.floats(0.3, 1.0))
def test_more_clock_never_lowers_the_planned_rate(one, other):
    low, high = sorted([one, other])
    found = points([replica(clock_fraction=f) for f in (low, high)], [CHAT])
    # whole batches and a bisected load limit leave a small step
    assert found.rate_rps[0, 1] >= 0.98 * found.rate_rps[0, 0]
