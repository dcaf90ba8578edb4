"""What the models say of measured rows: every quantity from steps, prompts and power."""

import numpy as np
import pytest

from carbonplan.technology.calibrate.prediction import QUANTITIES, with_calibration
from carbonplan.technology.coefficients import NAMES
from carbonplan.technology.memory import memory_batch
from carbonplan.technology.performance import decode_step, prefill, prompt_work
from carbonplan.technology.power import busy_power_w
from tests.technology.calibrate.example_loads import (
    load,
    of,
    told,
)
from tests.technology.example_replicas import CALIBRATION


def test_every_quantity_is_predicted_and_others_are_not():
    values = told({}, *QUANTITIES, "dollars")
    assert all(value > 0 for value in values[:-1])
    assert np.isnan(values[-1])


def test_step_and_prompts_are_those_of_the_models():
    part = of({})
    step_s, prefill_s, ttft_s, layer_s = told({}, "step_s", "prefill_s", "ttft_s", "layer_s")
    assert step_s == pytest.approx(decode_step(32, 600, part).total_s[0])
    assert prefill_s == pytest.approx(prefill(500, part, 32).total_s[0])
    assert ttft_s == pytest.approx(prefill(500, part).total_s[0])
    assert layer_s == pytest.approx(step_s / 32)


def test_a_request_that_is_held_back_waits_for_steps():
    ttft_s, step_s = told({}, "ttft_s", "step_s")
    (held_s,) = told({"held_steps": 20.0}, "ttft_s")
    assert held_s == pytest.approx(ttft_s + 20 * step_s)


def test_rate_times_the_time_of_a_token_is_the_batch():
    rate, tpot_s = told({}, "output_tokens_per_s", "tpot_s", reported_prompt_share=1.0)
    assert rate * tpot_s == pytest.approx(32)


def test_a_mean_tpot_may_report_a_part_of_the_prompts_in_between():
    step_s, none_s, half_s, all_s = (
        told({}, quantity, reported_prompt_share=share)[0]
        for quantity, share in (("step_s", 1), ("tpot_s", 0), ("tpot_s", 0.5), ("tpot_s", 1))
    )
    between_s = 32 * prompt_work(500, of({})).total_s[0] / 200
    assert none_s == pytest.approx(step_s)
    assert all_s - none_s == pytest.approx(between_s)
    assert half_s == pytest.approx((none_s + all_s) / 2)


def test_a_prompt_that_was_sent_before_costs_a_quarter():
    step_s, new_s = told({}, "step_s", "tpot_s", reported_prompt_share=1.0)
    half = told({"new_prompts": 0.5}, "tpot_s", reported_prompt_share=1.0)[0]
    assert half - step_s == pytest.approx((0.5 + 0.5 / 4.0) * (new_s - step_s))


def test_total_tokens_count_the_inputs_and_served_ones_a_share():
    output, total, served = told(
        {}, "output_tokens_per_s", "total_tokens_per_s", "served_tokens_per_s", served_share=0.8
    )
    assert total == pytest.approx(output * 700 / 200)
    assert served == pytest.approx(output * 0.8)


def test_power_is_the_mean_over_steps_and_prompts():
    part = of({})
    step, work = decode_step(32, 600, part), prompt_work(500, part)
    step_s, between_s = step.total_s, 32 * work.total_s / 200
    energy_j = step_s * busy_power_w(step, part) + between_s * busy_power_w(work, part)
    mean, of_step, of_prompt = told({}, "power_w", "step_power_w", "prefill_power_w")
    assert mean == pytest.approx((energy_j / (step_s + between_s))[0])
    assert of_step == pytest.approx(busy_power_w(step, part)[0])
    assert of_prompt == pytest.approx(busy_power_w(prefill(500, part, 32), part)[0])


@pytest.mark.parametrize(
    ("run", "accelerators"),
    [
        ({}, 1),
        ({"llm": "llama-3.1-70b", "tensor_parallel": 4, "pipeline_parallel": 2}, 8),
        ({"llm": "llama-3.1-70b", "pipeline_parallel": 4, "engine": "transformers"}, 4),
        ({"accelerators": 8.0, "engine": "mlperf"}, 8),
        ({"llm": "deepseek-v3", "precision": "fp8", "data_parallel": 16.0}, 16),
    ],
)
def test_energy_is_the_power_of_all_accelerators_over_the_rate(run, accelerators):
    energy_j, power_w, rate = told(
        run, "energy_per_output_token_j", "power_w", "output_tokens_per_s"
    )
    assert energy_j == pytest.approx(accelerators * power_w / rate)


def test_stages_of_a_serving_engine_work_at_once():
    one = {"llm": "llama-3.1-70b", "precision": "fp8", "batch": 64.0}
    alone, four = (
        told(run, "output_tokens_per_s")[0] for run in (one, one | {"pipeline_parallel": 4})
    )
    assert four > 1.05 * alone


def test_of_a_batch_runs_what_memory_holds():
    """More than that waits, and is served at the same rate."""
    room = memory_batch(600, of({}))[0]
    rates = [told({"batch": n}, "total_tokens_per_s")[0] for n in (room / 2, room, 3 * room)]
    assert rates[0] < rates[1] == pytest.approx(rates[2])


def test_submissions_copy_whole_replicas():
    """Eight copies of their own with an eighth of the batch each."""
    one, eight = (
        told({"engine": "mlperf"} | run, "output_tokens_per_s")[0]
        for run in ({"batch": 32.0}, {"batch": 256.0, "accelerators": 8.0})
    )
    assert eight == pytest.approx(8 * one)


@pytest.mark.parametrize(("limit", "most"), [(1e9, "memory"), (4.0, "engine")])
def test_without_a_batch_memory_or_the_engine_ends_it(limit, most):
    run = {"batch": np.nan}
    rate, step_s = told(
        run, "output_tokens_per_s", "step_s", sequence_limit=limit, reported_prompt_share=1.0
    )
    part = of(run)
    room = memory_batch(600, part)[0] if most == "memory" else limit
    between_s = room * prompt_work(500, part).total_s[0] / 200
    assert step_s == pytest.approx(decode_step(room, 600, part).total_s[0], rel=1e-3)
    assert rate == pytest.approx(room / (step_s + between_s), rel=1e-3)


def test_no_more_requests_run_than_there_are():
    run = {"batch": np.nan, "concurrency": 3.0}
    (step_s,) = told(run, "step_s", sequence_limit=1e9)
    assert step_s == pytest.approx(decode_step(3, 600, of(run)).total_s[0], rel=1e-3)


def test_an_llm_without_room_still_runs_one_sequence():
    run = {"accelerator": "t4", "llm": "llama-3.1-70b", "precision": "fp16", "batch": np.nan}
    (step_s,) = told(run, "step_s")
    assert step_s == pytest.approx(decode_step(1, 600, of(run)).total_s[0])


def test_a_narrow_cache_is_half_as_wide():
    wide, narrow = (of({"kv_precision": name}) for name in ("bf16", "fp8"))
    cache_s = [decode_step(64, 8000, part).cache_s[0] for part in (wide, narrow)]
    assert cache_s[1] == pytest.approx(cache_s[0] / 2)


def test_a_slower_clock_takes_longer():
    full, slow = (
        told({"clock_fraction": clock}, "prefill_s", "step_power_w") for clock in (1.0, 0.5)
    )
    assert slow[0] > full[0]
    assert slow[1] < full[1]


def test_rows_of_many_runs_are_those_of_each():
    """Quantities, engines and accelerators mixed: every row stands for itself."""
    plain = {"quantity": "step_s", "engine": "vllm-2025", "task": ""}
    runs = [
        plain,
        plain | {"quantity": "power_w", "llm": "mixtral-8x7b", "engine": "transformers"},
        plain | {"accelerator": "t4", "precision": "int4", "engine": "llama.cpp"},
        plain | {"quantity": "tpot_s", "task": "image-chat"},
    ]
    together = with_calibration(load(*runs), CALIBRATION)
    apart = [with_calibration(load(run), CALIBRATION)[0] for run in runs]
    assert together == pytest.approx(apart)
    picked = load(*runs)[np.array([2, 0])]
    assert with_calibration(picked, CALIBRATION) == pytest.approx(together[[2, 0]])


def test_without_coefficients_all_are_one():
    assert all(getattr(load({}).replica.coefficients, name) == 1.0 for name in NAMES)
