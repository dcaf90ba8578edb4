"""What engines of benchmarks do otherwise."""

import numpy as np
import pandas as pd
import pytest

from carbonplan.technology.calibrate.habits import cut_features, emulated
from carbonplan.technology.calibrate.prediction import predicted
from carbonplan.technology.figures import accelerator_figures, stacked
from carbonplan.technology.memory import kv_room_gb, memory_batch
from carbonplan.technology.performance import decode_step, prefill, prompt_work
from tests.technology.calibrate.example_loads import (
    ACCELERATORS,
    RUN,
    load,
    of,
    shipped,
    told,
)
from tests.technology.example_records import (
    H100_8,
    T4_4,
)


def test_vectors_do_not_fill_the_fastest_memories_and_cut_prompts_have_a_size():
    fast, slow = (
        accelerator_figures(one.accelerator, one.power, "fp16") for one in (H100_8, T4_4)
    )
    boards = stacked([fast, slow, fast, fast])
    families = np.array(["llama.cpp", "llama.cpp", "vllm", "llama.cpp"])
    vectors = np.array([True, True, False, False])
    features = cut_features(np.full(4, 0.7), boards, families, vectors)
    assert features["vector-memory"] == pytest.approx([np.log(3.35), 0, 0, 0])
    assert features["cut-slice"] == pytest.approx([0.7, 0.7, 0, 0.7])
    assert features["picked-by-host"].tolist() == [1, 1, 0, 1]


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
        ("vllm-2024", "bf16", "grouped-cache", 4),
        ("tensorrt-llm-2024", "bf16", "grouped-cache", 4),
        ("vllm-2025", "bf16", "grouped-cache", 1),
    ],
)
def test_a_cache_is_read_for_every_query_head_without_flash_attention(
    engine, width, kernel, repeats
):
    some = load({"engine": engine, "kv_precision": width})
    assert some.subjects.features[kernel] == pytest.approx(np.log(repeats))


@pytest.mark.parametrize(
    ("engine", "ported", "batched"),
    [("llama.cpp-rocm", 1, 1), ("llama.cpp-xpu", 1, 0), ("llama.cpp-2024", 0, 0)],
)
def test_shared_heads_go_to_a_library_where_kernels_were_translated(engine, ported, batched):
    """Heads of Llama share a cached one; those of the other LLM do not."""
    some = load({"engine": engine}, {"engine": engine, "llm": "alone"})
    assert some.subjects.features["ported-cache"].tolist() == [ported, ported]
    assert some.subjects.features["batched-cache"].tolist() == [batched, 0]


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
