"""How tables of runs through a server are read."""

import pytest

from carbonplan.technology.calibrate.measurements import COLUMNS, measurements, pairs
from tests.technology.calibrate.example_tables import (
    STEADY,
    UNDER_LOAD,
    reasons,
    values,
    write,
)


def test_steady_serving_gives_four_quantities(tmp_path, names):
    write(tmp_path, "mlenergy_v3_vllm", [STEADY])
    found = measurements(tmp_path, names)
    assert tuple(found.rows.columns) == COLUMNS
    assert found.rows.set_index("quantity")["value"].to_dict() == {
        "step_s": 0.012,
        "output_tokens_per_s": 5000,
        "power_w": 500,
        "energy_per_output_token_j": 0.1,
    }
    first = found.rows.iloc[0]
    assert (first.accelerator, first.llm, first.precision) == (
        "h100-sxm",
        "llama-3.1-8b",
        "bf16",
    )
    assert (first.input_tokens, first.output_tokens, first.clock_fraction) == (80, 400, 1)
    assert set(pairs(found.rows)) == {"H100|llama3-8b"}


def test_attention_data_parallelism_leaves_one_accelerator_to_a_tensor_group(tmp_path, names):
    sliced = STEADY | {"num_gpus": 8, "data_parallel": 8, "expert_parallel": 8}
    write(tmp_path, "mlenergy_v3_vllm", [sliced])
    row = measurements(tmp_path, names).rows.iloc[0]
    assert (row.tensor_parallel, row.data_parallel, row.accelerators) == (1, 8, 8)


@pytest.mark.parametrize(
    ("run", "share"),
    [
        ({"task": "video-chat", "avg_batch_size": 255.6}, 1.0),  # every request once
        ({"task": "video-chat", "avg_batch_size": 1020}, 0.25),  # four times
        ({"task": "sourcegraph-fim", "avg_batch_size": 1020}, 1.0),  # no pictures to be kept
    ],
)
def test_pictures_of_large_batches_were_sent_before(tmp_path, names, run, share):
    write(tmp_path, "mlenergy_v3_vllm", [STEADY | run])
    assert measurements(tmp_path, names).rows.iloc[0].new_prompts == pytest.approx(share)


def test_videos_of_a_processor_that_keeps_their_size_are_long_prompts(tmp_path, names):
    omni = {"model_id": "Qwen/Qwen3-Omni-30B-A3B-Instruct"}
    video, image = {"task": "video-chat"}, {"task": "image-chat"}
    runs = [video, omni | video, omni | image]
    write(tmp_path, "mlenergy_v3_vllm", [STEADY | run for run in runs])
    rows = measurements(tmp_path, names).rows
    read = rows[rows["quantity"] == "step_s"][["task", "input_tokens"]].to_numpy().tolist()
    assert read == [["video-chat", 660], ["omni-video-chat", 7000], ["image-chat", 270]]


def test_a_run_that_is_listed_under_squared_degrees_counts_once(tmp_path, names):
    squared = UNDER_LOAD | {"tensor_parallel": 64, "moe_tp": 8, "moe_ep": 8}
    write(tmp_path, "inferencex_silicon_ttft_tpot", [UNDER_LOAD, squared], ".csv.gz")
    found = measurements(tmp_path, names)
    assert values(found, "tpot_s") == [0.008]
    assert reasons(found) == {"the same run under another name": 2}
    row = found.rows.iloc[0]
    assert (row.tensor_parallel, row.expert_parallel, row.accelerators) == (8, 8, 8)


@pytest.mark.parametrize(
    ("listed", "ran"),
    [
        ((8, 1, 8, 1), (8, 1, 1)),
        ((1, 8, 1, 8), (1, 8, 8)),
        ((16, 1, 4, 4), (4, 1, 4)),
        ((1, 16, 4, 4), (1, 4, 4)),
        ((4, 4, 1, 16), (4, 1, 4)),
        ((2, 2, 1, 4), (2, 1, 2)),
    ],
)
def test_squared_degrees_are_their_root(tmp_path, names, listed, ran):
    columns = ("tensor_parallel", "attention_dp", "moe_tp", "moe_ep")
    degrees = dict(zip(columns, listed, strict=True))
    write(tmp_path, "inferencex_silicon_ttft_tpot", [UNDER_LOAD | degrees])
    row = measurements(tmp_path, names).rows.iloc[0]
    assert (row.tensor_parallel, row.data_parallel, row.expert_parallel) == ran
    assert row.accelerators == ran[0] * ran[1]


def test_attention_has_groups_where_experts_have_more_ranks(tmp_path, names):
    """Each of two groups has a batch of 9, with the same ranks as the experts."""
    untold = {"attention_dp": "", "moe_tp": 4, "moe_ep": 1, "tensor_parallel": 2}
    batch = {"batch_size": 9, "concurrency": 9}
    write(tmp_path, "inferencex_silicon_ttft_tpot", [UNDER_LOAD | untold | batch])
    row = measurements(tmp_path, names).rows.iloc[0]
    assert (row.tensor_parallel, row.data_parallel, row.expert_parallel) == (2, 2, 1)
    assert (row.concurrency, row.accelerators) == (18, 4)


def test_copies_of_a_dense_llm_share_its_requests(tmp_path, names):
    copied = {"model_id": "Qwen/Qwen3-32B", "moe_ep": 1, "batch_size": 2, "concurrency": 8}
    write(tmp_path, "inferencex_silicon_ttft_tpot", [UNDER_LOAD | copied])
    row = measurements(tmp_path, names).rows.iloc[0]
    assert (row.concurrency, row.batch) == (2, 1.6)


def test_sequences_that_wait_for_a_first_token_are_not_running(tmp_path, names):
    """1000 tokens of 8 ms are 8 s of decoding after 2 s of waiting: 80 % of 8 requests."""
    few = UNDER_LOAD | {"concurrency": 2, "ttft_ms": 100}
    apart = UNDER_LOAD | {"mode": "disagg", "concurrency": 16}
    write(tmp_path, "inferencex_silicon_ttft_tpot", [UNDER_LOAD, few, apart])
    found = measurements(tmp_path, names)
    loaded = found.rows[found.rows["quantity"] == "ttft_load_s"]
    assert loaded["value"].tolist() == [2.0]
    assert loaded["batch"].tolist() == pytest.approx([6.4])
    assert values(found, "ttft_s") == [0.1]
    assert reasons(found) == {"prefill and decode in separate pools": 2}
