"""What the models say of measured rows: every quantity from steps, prompts and power."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from carbonplan.technology.calibrate.habits import emulated
from carbonplan.technology.calibrate.prediction import QUANTITIES, predicted, with_calibration
from carbonplan.technology.calibrate.runs import Load, load_of
from carbonplan.technology.coefficients import NAMES, Coefficients
from carbonplan.technology.memory import kv_room_gb, memory_batch
from carbonplan.technology.performance import decode_step, prefill, prompt_work
from carbonplan.technology.power import busy_power_w
from tests.technology.example_records import (
    DEEPSEEK,
    H100_8,
    LLAMA_8B,
    LLAMA_70B,
    MIXTRAL,
    T4_4,
)
from tests.technology.example_replicas import CALIBRATION

LLMS = {llm.llm: llm for llm in (LLAMA_8B, LLAMA_70B, MIXTRAL, DEEPSEEK)}
ACCELERATORS = {
    server.accelerator.accelerator: (server.accelerator, server.power)
    for server in (H100_8, T4_4)
}
RUN = {
    "accelerator": "h100-sxm",
    "llm": "llama-3.1-8b",
    "precision": "bf16",
    "tensor_parallel": 1,
    "pipeline_parallel": 1,
    "batch": 32.0,
    "input_tokens": 500.0,
    "output_tokens": 200.0,
}


def load(*changes: dict) -> Load:
    """Rows of one run each."""
    rows = pd.DataFrame([{**RUN, **change} for change in changes])
    return load_of(rows, LLMS, ACCELERATORS)


def shipped(some: Load, **given: float) -> Coefficients:
    """Shipped coefficients, but for what is given."""
    found = CALIBRATION.coefficients(some.subjects)
    values = {name: np.full(len(some), value) for name, value in given.items()}
    return replace(found, **values)


def told(run: dict, *quantities: str, **given: float) -> list[float]:
    """Quantities of one run."""
    some = load(*({**run, "quantity": name} for name in quantities))
    return predicted(some, shipped(some, **given)).tolist()


def of(run: dict):
    """The replica of a run and its coefficients, as the functions of the models take them."""
    some = load(run)
    return some.at(shipped(some)).replica


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


def test_stages_of_a_sequential_engine_take_turns():
    """They are as fast as one accelerator, and draw as much as one and three idle ones."""
    one = {"llm": "llama-3.1-70b", "engine": "transformers", "precision": "fp8"}
    four = one | {"pipeline_parallel": 4}
    alone, turns = (told(run, "step_s", "step_power_w") for run in (one, four))
    assert turns[0] == pytest.approx(alone[0])
    assert turns[1] == pytest.approx(110 + (alone[1] - 110) / 4)


def test_parts_of_a_batch_that_take_turns_are_as_fast_as_one_of_them():
    """Of 32 sequences four stages step 8 at a time; a single one has no others to wait for."""
    run = {"engine": "tensorrt-llm-2024", "quantity": "total_tokens_per_s"}
    batches = [(32.0, 4), (8.0, 1), (1.0, 4), (1.0, 1)]
    parts = load(*(run | {"batch": n, "pipeline_parallel": pp} for n, pp in batches))
    rates = predicted(parts, shipped(parts))
    assert rates[::2] == pytest.approx(rates[1::2])


def test_parts_that_take_turns_have_the_memory_of_all_stages():
    run = {"engine": "tensorrt-llm-2024", "precision": "fp16", "accelerator": "t4"}
    alone, turns = (
        told(run | {"pipeline_parallel": n}, "total_tokens_per_s")[0] for n in (1, 4)
    )
    assert turns > 1.3 * alone  # where the LLM does not fit one, a sequence runs at a time


def test_a_batch_of_one_prompt_many_times_meets_the_experts_of_one():
    """Two of eight, which is what a single sequence reads."""
    run = {"llm": "mixtral-8x7b", "tensor_parallel": 4, "engine": "tensorrt-llm-2024"}
    alike = told(run, "step_s", expert_evenness=1.0)[0]
    other = told(run | {"engine": "vllm-2024-offline"}, "step_s", expert_evenness=1.0)[0]
    some = load(run)
    part = some.at(shipped(some, expert_evenness=0.0)).replica
    one, all_ = (decode_step(n, 600, part).memory_s[0] for n in (1, 32))
    assert all_ == pytest.approx(one)
    assert alike == pytest.approx(decode_step(32, 600, part).total_s[0])
    assert other > alike


def test_stages_of_a_serving_engine_work_at_once():
    one = {"llm": "llama-3.1-70b", "precision": "fp8", "batch": 64.0}
    alone, four = (
        told(run, "output_tokens_per_s")[0] for run in (one, one | {"pipeline_parallel": 4})
    )
    assert four > 1.05 * alone


def test_micro_batches_of_a_prompt_keep_stages_busy_as_far_as_they_overlap():
    """One of 512 tokens goes from stage to stage; eight over four have to wait for the thread.

    Eight layers of a stage take 8 (26 + 21) launches, of which queues hold 1024.
    """
    run = {"engine": "llama.cpp", "batch": 1.0, "quantity": "prefill_s"}
    one, four = (run | {"pipeline_parallel": stages} for stages in (1, 4))
    some = load(*(run | {"input_tokens": n} for n in (512.0, 4096.0) for run in (one, four)))
    none, all_ = (predicted(some, shipped(some, stage_overlap=share)) for share in (0.0, 1.0))
    assert none[1::2] == pytest.approx(none[::2])
    assert all_[1] == pytest.approx(all_[0])
    turns = 4 + 2 * (4 + 2 - 1024 / 376) + 1
    assert all_[3] == pytest.approx(all_[2] * turns / 32)


def test_later_micro_batches_attend_to_earlier_ones():
    run = {"engine": "llama.cpp", "batch": 1.0}
    short, long = (told(run | {"input_tokens": n}, "prefill_s")[0] for n in (512.0, 8192.0))
    assert long > 16 * short
    replica = of(run | {"quantity": "prefill_s"})
    part, chunk = (prefill(n, replica).prompt_s[0] for n in (8192.0, 512.0))
    assert long == pytest.approx(16 * short + part - 16 * chunk)


def test_without_a_cache_a_token_takes_as_long_as_all_before_it():
    run = {"engine": "transformers-uncached", "batch": 1.0}
    step_s, rate = told(run, "step_s", "output_tokens_per_s")
    assert step_s == pytest.approx(prefill(600, of(run)).total_s[0])
    assert rate == pytest.approx(1 / step_s)


def test_power_goes_up_to_the_limit_that_a_board_is_given():
    default, raised = (of({"power_limit_fraction": limit}) for limit in (1.0, 1.25))
    assert raised.hardware.limit_w == pytest.approx(1.25 * default.hardware.limit_w)
    least, most = (told({"power_limit_fraction": n}, "step_power_w")[0] for n in (1.0, 1.25))
    assert least < most < 1.25 * least


def test_of_a_batch_runs_what_memory_holds():
    """More than that waits, and is served at the same rate."""
    room = memory_batch(600, of({}))[0]
    rates = [told({"batch": n}, "total_tokens_per_s")[0] for n in (room / 2, room, 3 * room)]
    assert rates[0] < rates[1] == pytest.approx(rates[2])


def test_a_cache_is_converted_where_the_hardware_lacks_its_format():
    kept = (("t4", "fp8"), ("t4", "int8"), ("h100-sxm", "fp8"))
    some = load(*({"accelerator": name, "kv_precision": width} for name, width in kept))
    assert some.subjects.features["converted-cache"].tolist() == [1.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("engine", "width", "kernel", "repeats"),
    [
        ("transformers", "bf16", "repeated-cache", 4),
        ("vllm-2024", "fp8", "paged-cache", 4),
        ("vllm-rocm-2024", "bf16", "paged-cache", 4),
        ("vllm-2024", "bf16", "paged-cache", 1),
    ],
)
def test_a_cache_is_read_for_every_query_head_without_flash_attention(
    engine, width, kernel, repeats
):
    some = load({"engine": engine, "kv_precision": width})
    assert some.subjects.features[kernel] == pytest.approx(np.log(repeats))


def test_contexts_are_cut_unless_there_are_heads_enough():
    """32 heads of 16 sequences are not, of 17 they are; over two ranks 34 sequences are."""
    runs = (
        {"batch": 16.0},
        {"batch": 17.0},
        {"batch": 17.0, "output_tokens": 12.0},
        {"batch": 32.0, "tensor_parallel": 2},
    )
    some = load(*({"engine": "vllm-xpu-2024"} | run for run in runs))
    assert some.subjects.features["uncut-cache"].tolist() == [0.0, 1.0, 0.0, 0.0]


def test_beams_share_the_cache_of_their_prompt():
    """Four beams: 125 + 100 tokens of cache and the work of a sequence each, one is counted."""
    rate, step_s = told({"beams": 4.0}, "output_tokens_per_s", "step_s")
    part = of({})
    assert step_s == pytest.approx(decode_step(128, 225, part).total_s[0])
    between_s = 32 * prompt_work(500, part).total_s[0] / 200
    assert rate == pytest.approx(32 / (step_s + between_s))


def test_beams_of_a_request_need_room_each():
    (step_s,) = told({"beams": 4.0, "batch": np.nan}, "step_s", sequence_limit=1e9)
    part = of({})
    room = memory_batch(4 * 225, part)[0]
    assert step_s == pytest.approx(decode_step(4 * room, 225, part).total_s[0], rel=1e-3)


def test_a_cold_engine_takes_longer_for_a_batch():
    warm, cold = (told({"start_s": n}, "total_tokens_per_s")[0] for n in (0.0, 17.0))
    assert 32 * 700 / cold - 32 * 700 / warm == pytest.approx(17.0)


def test_one_accelerator_works_on_weights_of_all():
    """Half of them come over the link, at 17 GB/s."""
    name = {"engine": "llama.cpp-xpu"}
    alone_s, two_s = (
        told(name | {"pipeline_parallel": stages}, "step_s")[0] for stages in (1, 2)
    )
    assert two_s - alone_s == pytest.approx(of({}).llm.core_bytes[0] / 2 / 17e9)


@pytest.mark.parametrize(
    ("engine", "mark"), [("llama.cpp-rocm", 1), ("vllm-l20", 1), ("vllm-2026", 0)]
)
def test_benchmarks_hand_over_what_others_send_through_a_server(engine, mark):
    assert load({"engine": engine}).subjects.features["handed-over"] == [mark]


@pytest.mark.parametrize(("engine", "groups"), [("vllm-2025", 4), ("sglang-2025", 1)])
def test_groups_wait_for_prompts_that_others_admit_by_themselves(engine, groups):
    run = {"llm": "deepseek-v3", "precision": "fp8", "data_parallel": 4.0, "batch": 64.0}
    run |= {"engine": engine}
    tpot_s, step_s = told(run, "tpot_s", "step_s", reported_prompt_share=1.0, admission_ms=0.0)
    some = load(run)
    part = some.at(shipped(some, admission_ms=0.0)).replica
    work_s = prompt_work(500, part).total_s[0]
    assert tpot_s - step_s == pytest.approx(64 * work_s * groups / 200)


def test_formats_that_hardware_takes_a_detour_for_are_told():
    rows = pd.DataFrame(
        [RUN, RUN | {"accelerator": "t4"}, RUN | {"accelerator": "t4", "precision": "fp16"}]
    )
    assert emulated(rows, ACCELERATORS).tolist() == [False, True, False]


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


def test_a_published_maximum_fills_what_weights_leave():
    """95 % of it, and not 90 % of all memory."""
    run = {"batch": np.nan, "engine": "tensorrt-llm-maximum"}
    step_s, other_s = (
        told(run | change, "step_s", sequence_limit=1e9)[0]
        for change in ({}, {"engine": "mlperf"})
    )
    part = of(run)
    weights_gb = 0.9 * 80 - kv_room_gb(part)[0]
    room = memory_batch(600, part)[0] * 0.95 * (80 - weights_gb) / kv_room_gb(part)[0]
    assert step_s == pytest.approx(decode_step(room, 600, part).total_s[0], rel=1e-6)
    part = of(run | {"engine": "mlperf"})
    room = memory_batch(600, part)[0]
    assert other_s == pytest.approx(decode_step(room, 600, part).total_s[0], rel=1e-6)


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
