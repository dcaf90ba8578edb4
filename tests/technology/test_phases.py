"""Replicas of one phase: what they sustain, what they add to the first token, and energy."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbonplan.technology.figures import ReplicaFigures, Role
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
from carbonplan.technology.performance import decode_step, prefill
from carbonplan.technology.phases import decode_pairs, prefill_pairs, prompt_step
from carbonplan.technology.points import TTFT_SHARES
from carbonplan.technology.power import above_idle_kw
from carbonplan.technology.waiting import Limits, Line
from tests.technology.example_records import LLAMA_70B, T4_4
from tests.technology.example_replicas import CALIBRATION, VARIETY, figures, plain, replica

CHAT = ClassLimits(1000, 250, ttft_s=1.0, tpot_s=0.05)
BATCH = ClassLimits(1000, 250, ttft_s=None, tpot_s=None)
SEND_S = 0.131072 / 3.125  # cache of 1000 tokens over one accelerator's share of 25 GB/s
UNLIMITED = Limits(*(np.array([[n]]) for n in (1000.0, 250.0, np.inf, np.inf, 0.99)))


def points(role: Role, limits: ClassLimits, utilisation: float = 0.8, **change):
    return operating_points([replica(**change, role=role)], [limits], utilisation, CALIBRATION)


def fast(*changes: dict) -> ReplicaFigures:
    """Figures of replicas whose links bound nothing."""
    part = figures(*changes)
    shares = np.full(len(part.tensor_parallel), 50.0)
    return replace(part, hardware=replace(part.hardware, nic_share_gb_per_s=shares))


def test_a_slow_link_bounds_what_prefill_sustains():
    """Two prompts fit a step of 2048 tokens; sending one takes longer than computing it."""
    part = plain()
    found = prefill_pairs(UNLIMITED, part, 0.8)
    assert prefill(1000.0, part, 2.0).total_s[0] / 2 < SEND_S
    assert found["max_rate_rps"][0, 0] == pytest.approx(1 / SEND_S)
    assert found["rate_rps"][0, 0] == pytest.approx(0.8 / SEND_S)
    assert found["transfer_s"][0, 0] == pytest.approx(SEND_S)


def test_prefill_sustains_the_prompts_of_a_step_in_its_time():
    part = fast()
    found = prefill_pairs(UNLIMITED, part, 0.8)
    assert found["batch"][0, 0] == 2
    two_s = prompt_step(1000.0, part, 2.0).total_s[0]
    assert found["max_rate_rps"][0, 0] == pytest.approx(2 / two_s)


def test_a_busy_step_leaves_out_what_comes_before_it():
    part = figures()
    c = part.coefficients
    alone_s = prefill(1000.0, part).total_s
    busy_s = alone_s - (c.request_overhead_ms - c.admission_ms) / 1000
    assert prompt_step(1000.0, part, 1.0).total_s == pytest.approx(busy_s)


def test_pipeline_stages_compute_different_prompts():
    part = fast({"llm": LLAMA_70B, "tensor_parallel": 2, "pipeline_parallel": 2})
    found = prefill_pairs(UNLIMITED, part, 0.8)
    step_s = prompt_step(1000.0, part, 2.0).total_s[0]
    assert found["max_rate_rps"][0, 0] == pytest.approx(2 * 2 / step_s)


def test_energy_of_prefill_is_that_of_its_step_and_of_the_transfer():
    found, part = points("prefill", BATCH), figures()
    step = prompt_step(1000.0, part, found.running_batch[0, 0])
    prompt_kj = above_idle_kw(step, part) * step.total_s / found.running_batch[0, 0]
    sent_kj = 0.131072 * 2.2 / 1000
    assert found.prefill_kj_per_request[0, 0] == pytest.approx(prompt_kj[0])
    assert found.transfer_kj_per_request[0, 0] == pytest.approx(sent_kj)
    assert found.energy_kj_per_request[0, 0] == pytest.approx(prompt_kj[0] + sent_kj)
    assert found.decode_kj_per_request[0, 0] == 0


def test_decode_fills_memory_and_is_never_interrupted():
    part = fast()
    found = decode_pairs(UNLIMITED, part, 0.7)
    room = largest_batch(1000, 250, part)[0]
    step_s = decode_step(room, 1125, part).total_s[0]
    assert found["batch"][0, 0] == room
    assert found["tpot_s"][0, 0] == pytest.approx(step_s)
    assert found["max_rate_rps"][0, 0] == pytest.approx(room / (250 * step_s))
    assert found["prefill_kj_per_request"][0, 0] == 0
    assert found["transfer_kj_per_request"][0, 0] == 0


def test_energy_of_decode_is_that_of_its_steps():
    found, part = points("decode", CHAT), figures()
    running = found.running_batch[0, 0]
    step = decode_step(running, 1125, part)
    expected = above_idle_kw(step, part) * 250 * step.total_s / running
    assert found.energy_kj_per_request[0, 0] == pytest.approx(expected[0])


def test_decode_alone_holds_a_larger_batch_than_with_prompts_in_between():
    mixed, decode = (points(role, CHAT) for role in ("mixed", "decode"))
    assert decode.batch[0, 0] > mixed.batch[0, 0]


def test_a_line_of_one_server_is_m_m_1():
    """At load 0.5 of a line that is busy all the time: W = 0.5 x 2 / (1 - 0.5) = 2 s."""
    line = Line(np.array(2.0), np.array(1.0))
    assert line.wait_s(np.array(0.5)) == pytest.approx(2.0)
    assert line.wait_percentile_s(np.array(0.5), np.array(0.9)) == pytest.approx(4 * np.log(5))


@pytest.mark.parametrize(
    ("role", "change", "limits", "code", "words"),
    [
        ("prefill", {}, ClassLimits(20_000, 9, 1.0, 0.1), TTFT, "0.75 s allowed for prefill"),
        ("decode", {}, ClassLimits(20_000, 9, 1.0, 0.1), TTFT, "0.25 s allowed for decode"),
        ("decode", {}, ClassLimits(100, 100, 1.0, 0.004), TPOT, "4 ms allowed"),
        (
            "prefill",
            {"server": T4_4, "precision": "int4"},
            ClassLimits(60_000, 100, None, None),
            MEMORY,
            "do not hold two prompts of 60000 tokens",
        ),
        ("decode", {}, ClassLimits(131_000, 1000, None, None), CONTEXT, "exceed the context"),
    ],
)
def test_rejections_in_words(role, change, limits, code, words):
    found = points(role, limits, **change)
    assert found.rejection[0, 0] == code
    assert words in explain(found, 0, 0)
    assert found.rate_rps[0, 0] == found.energy_kj_per_request[0, 0] == 0


def test_prefill_has_no_time_per_output_token_to_keep():
    impossible = ClassLimits(100, 100, 1.0, 1e-6)
    assert points("prefill", impossible).rejection[0, 0] == OK
    assert points("decode", impossible).rejection[0, 0] == TPOT


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(VARIETY),
    st.integers(10, 8000),
    st.integers(2, 1000),
    st.floats(0.2, 5.0),
    st.floats(0.01, 0.2),
)
def test_both_sides_together_keep_the_limits(change, inputs, outputs, ttft_s, tpot_s):
    """Any prefill with any decode replica: percentiles add up to no more than the limit."""
    limits = ClassLimits(inputs, outputs, ttft_s, tpot_s)
    for role in ("prefill", "decode"):
        found = points(role, limits, **change)
        if found.rejection[0, 0] != OK:
            assert explain(found, 0, 0)
            continue
        allowed_s = TTFT_SHARES[role] * ttft_s
        assert found.ttft_percentile_s[0, 0] <= allowed_s * (1 + 1e-9)
        mean_s = found.ttft_s[0, 0]  # waits of fewer than one in a hundred count here alone
        assert mean_s <= 1.01 * found.ttft_percentile_s[0, 0]
        assert found.tpot_s[0, 0] <= tpot_s * (1 + 1e-9)
        assert 0 < found.load_limit[0, 0] <= 0.8
        assert found.running_batch[0, 0] <= found.batch[0, 0]
        assert found.energy_kj_per_request[0, 0] > 0
    assert TTFT_SHARES["prefill"] + TTFT_SHARES["decode"] == 1


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(VARIETY), st.floats(0.05, 0.9), st.floats(1.1, 8.0))
def test_a_faster_link_never_lowers_what_either_side_sustains(change, slow, times):
    for pairs in (prefill_pairs, decode_pairs):
        rates = []
        for efficiency in (slow, min(slow * times, 1.0)):
            part = figures(change)
            coefficients = replace(
                part.coefficients, transfer_efficiency=np.array([efficiency])
            )
            found = pairs(UNLIMITED, replace(part, coefficients=coefficients), 0.8)
            rates.append(found["max_rate_rps"][0, 0])
        assert rates[1] >= rates[0] * (1 - 1e-12)


def test_roles_side_by_side_are_each_as_alone():
    replicas = [replica(role=role) for role in ("decode", "mixed", "prefill", "mixed")]
    together = operating_points(replicas, [CHAT, BATCH], 0.8, CALIBRATION)
    for place, one in enumerate(replicas):
        alone = operating_points([one], [CHAT, BATCH], 0.8, CALIBRATION)
        for name in ("rate_rps", "energy_kj_per_request", "ttft_s", "rejection"):
            np.testing.assert_array_equal(
                getattr(together, name)[:, place], getattr(alone, name)[:, 0]
            )
        assert together.start_hours[place] == alone.start_hours[0]
