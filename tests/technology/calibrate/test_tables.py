"""What every table of measurements is read as."""

import pytest

from carbonplan.catalogue.shipped import data_root
from carbonplan.errors import InvalidInput
from carbonplan.technology.calibrate.measurements import COLUMNS, measurements, pairs
from carbonplan.technology.calibrate.names import read_names
from carbonplan.technology.calibrate.tables import TABLES
from tests.technology.calibrate.example_tables import (
    BATCH,
    KERNEL,
    LAYER,
    LOCKED,
    MAXIMUM,
    STEADY,
    STREAM,
    SUBMITTED,
    UNCACHED,
    UNDER_LOAD,
    write,
)


@pytest.fixture(scope="module")
def names():
    return read_names(data_root())


def values(found, quantity: str) -> list[float]:
    rows = found.rows
    return rows.loc[rows["quantity"] == quantity, "value"].tolist()


def reasons(found) -> dict[str, int]:
    return dict(zip(found.left_out["reason"], found.left_out["rows"], strict=True))


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


def test_effects_of_a_clock_are_over_the_same_load_at_full_clock(tmp_path, names):
    slower = LOCKED | {"sm_clock_mhz": 1260, "step_time_ms": 30, "gpu_power_w": 120}
    other = slower | {"batch_size": 64}
    write(tmp_path, "dvfs_llm_l20_qwen2_5_7b", [LOCKED, slower, other])
    found = measurements(tmp_path, names)
    assert values(found, "relative_time") == [1.5]
    assert values(found, "relative_power") == [0.6]
    assert values(found, "step_s") == [0.02, 0.03, 0.03]
    assert found.rows["clock_fraction"].min() == 0.5


@pytest.mark.parametrize(("time_ms", "ran_mhz"), [(4.1, 690), (8.0, 345)])
def test_kernels_without_traffic_tell_the_clock_that_was_not_held(
    tmp_path, names, time_ms, ran_mhz
):
    reading = KERNEL | {"benchmark": "vectorAdd", "dram_active_frac": 0.9}
    slow = {"core_clock_mhz": 690}
    runs = [KERNEL, KERNEL | slow | {"kernel_time_ms": time_ms}, reading, reading | slow]
    write(tmp_path, "dvfs_kernels_v100_rtx8000", runs)
    found = measurements(tmp_path, names).rows
    times = found[found["quantity"] == "relative_time"]
    assert times["value"].tolist() == pytest.approx([time_ms / 2, 1.0])
    assert times["clock_fraction"].tolist() == pytest.approx([ran_mhz / 1380] * 2)


def test_of_two_runs_the_slower_one_started_cold(tmp_path, names):
    again = BATCH | {"total_tokens_per_s": 160.0}
    longer = BATCH | {"input_tokens": 512, "total_tokens_per_s": 400.0}
    peers, other = BATCH | {"num_gpus": 2}, BATCH | {"framework": "llama.cpp"}
    rows = [BATCH, again, longer, peers, other]
    write(tmp_path, "llm_inference_bench_latency_throughput", rows)
    rows = measurements(tmp_path, names).rows
    assert rows["start_s"].tolist() == [0.0, 17.0, 17.0, 0.0, 0.0]


def test_layers_on_several_accelerators_are_stages(tmp_path, names):
    prompt = STREAM | {"phase": "prefill", "tokens_per_s": 512}
    write(tmp_path, "llamacpp_batch1_throughput", [STREAM, prompt])
    found = measurements(tmp_path, names)
    assert values(found, "output_tokens_per_s") == [50]
    assert values(found, "prefill_s") == [2]
    assert set(found.rows["pipeline_parallel"]) == {4}


def test_submissions_count_once_and_by_limits_apart(tmp_path, names):
    stricter = SUBMITTED | {"benchmark": "llama2-70b-99.9"}
    limited = {"scenario": "Server", "output_tokens_per_s": 28000, "slo_tpot_ms": 200}
    free = SUBMITTED | {"division": "open", "output_tokens_per_s": 1}
    rows = [SUBMITTED, stricter, SUBMITTED | limited, free]
    write(tmp_path, "mlperf_inference_llm", rows)
    found = measurements(tmp_path, names)
    assert values(found, "output_tokens_per_s") == [30000]
    assert values(found, "served_tokens_per_s") == [28000]
    assert sorted(reasons(found).values()) == [1, 1]
    offline = found.rows.iloc[0]
    assert (offline.output_tokens, offline.accelerators, offline.precision) == (300, 8, "fp8")
    assert found.rows["tpot_limit_s"].max() == 0.2


def test_submissions_are_read_as_their_configurations_say(tmp_path, names):
    """Beams, formats, groups that share experts, and limits of power."""
    reasoning = {"benchmark": "deepseek-r1", "model_family": "deepseek-v3"}
    searched = {"benchmark": "gptj-99", "model_family": "gpt-j-6b"}
    rows = [
        SUBMITTED | reasoning,
        SUBMITTED | searched | {"system": "H200-SXM-141GBx8_TRT_MaxQ"},
        SUBMITTED | searched | {"gpu": "CPU only", "host_cpu": "INTEL(R) XEON(R) 6980P"},
        SUBMITTED | {"gpu": "NVIDIA L40S", "system": "L40S-RedHat-OpenShift"},
    ]
    write(tmp_path, "mlperf_inference_llm", rows)
    found = measurements(tmp_path, names).rows
    spread = found[["tensor_parallel", "data_parallel", "expert_parallel"]]
    assert spread.to_numpy().tolist() == [[1, 8, 8], [1, 1, 1], [1, 1, 1], [2, 1, 1]]
    assert found["concurrency"].tolist() == pytest.approx(
        [4096, *[float("nan")] * 3], nan_ok=True
    )
    assert found["beams"].tolist() == [1, 4, 4, 1]
    assert found["power_limit_fraction"].tolist() == [1.0, 0.5, 1.0, 1.0]
    assert found["precision"].tolist() == ["fp8", "fp8", "int4", "fp8"]
    assert found["kv_precision"].tolist() == ["fp8", "fp8", "bf16", "fp8"]


def test_only_some_submissions_are_in_four_bits_and_need_fewer_accelerators(tmp_path, names):
    card = {"gpu": "NVIDIA RTX PRO 6000 Blackwell Server Edition", "round": "v5.1"}
    mixture = {"benchmark": "mixtral-8x7b", "model_family": "mixtral-8x7b"}
    large = {"benchmark": "llama3.1-405b", "model_family": "llama3.1-405b"}
    module = {"gpu": "NVIDIA B200-SXM-180GB", "round": "v5.1"}
    changes = (card, card | mixture, module | large)
    write(tmp_path, "mlperf_inference_llm", [SUBMITTED | change for change in changes])
    found = measurements(tmp_path, names).rows
    assert found["precision"].tolist() == ["fp4", "fp8", "fp4"]
    assert found["tensor_parallel"].tolist() == [1, 1, 4]


def test_a_maximum_of_experts_attends_in_groups_of_one_rank(tmp_path, names):
    dense = {"model_id": "meta-llama/Llama-3.1-405B-Instruct", "input_tokens": 300}
    write(tmp_path, "trtllm_perf_overview_max_throughput", [MAXIMUM, MAXIMUM | dense])
    rows = measurements(tmp_path, names).rows
    assert rows["tensor_parallel"].tolist() == [1, 8]
    assert rows["data_parallel"].tolist() == rows["expert_parallel"].tolist() == [8, 1]
    assert rows["concurrency"].tolist() == pytest.approx([1500, float("nan")], nan_ok=True)
    assert set(rows["accelerators"]) == {8}


def test_what_has_no_name_in_the_catalogue_is_left_out_and_named(tmp_path, names):
    strange = [STEADY | {"gpu": "Abacus-9"}, STEADY | {"model_id": "nobody/knows-1b"}]
    write(tmp_path, "mlenergy_v3_vllm", [*strange, STEADY])
    found = measurements(tmp_path, names)
    assert len(found.rows) == 4
    assert reasons(found) == {
        '"Abacus-9" is no accelerator of the catalogue': 4,
        '"nobody/knows-1b" has no known shape': 4,
    }


def test_every_fault_of_every_table_is_told_at_once(tmp_path, names):
    misspelt = {k if k != "itl_p50_ms" else "itl_p50": v for k, v in STEADY.items()}
    write(tmp_path, "mlenergy_v3_vllm", [misspelt])
    write(tmp_path, "llamacpp_batch1_throughput", [STREAM | {"tokens_per_s": "fast"}])
    with pytest.raises(InvalidInput) as fault:
        measurements(tmp_path, names)
    told = "\n".join(fault.value.problems)
    assert 'column "itl_p50_ms" is missing' in told
    assert 'unknown column "itl_p50"; nearest: "itl_p50_ms"' in told
    assert 'line 2, tokens_per_s: found "fast"; expected a number' in told


def test_a_further_column_is_no_fault(tmp_path, names):
    write(tmp_path, "mlenergy_v3_vllm", [STEADY | {"note": "second run"}])
    assert len(measurements(tmp_path, names).rows) == 4


def test_a_value_that_is_not_positive_is_left_out(tmp_path, names):
    write(tmp_path, "mlenergy_v3_vllm", [STEADY | {"itl_p50_ms": 0}])
    assert reasons(measurements(tmp_path, names)) == {"a value that is not positive": 1}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("mlenergy_v3_vlm.csv", 'nearest: "mlenergy_v3_vllm"'),
        ("notes.txt", "holds no CSV file"),
    ],
)
def test_a_folder_without_a_known_table_is_refused(tmp_path, names, name, told):
    (tmp_path / name).write_text("a,b\n1,2\n")
    with pytest.raises(InvalidInput, match=told):
        measurements(tmp_path, names)


def test_a_folder_that_does_not_exist_is_refused(tmp_path, names):
    with pytest.raises(InvalidInput, match="is not a folder"):
        measurements(tmp_path / "nowhere", names)


def test_every_public_table_is_read(shared_data, names):
    found = measurements(shared_data / "performance", names)
    assert len(found.tables) == len(TABLES)
    assert found.rows["dataset"].nunique() == 22
    assert (found.rows["value"] > 0).all()
    needed = ["input_tokens", "output_tokens", "accelerators", "tensor_parallel"]
    assert found.rows[needed].notna().all(axis=None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"task": "poetry"}, "tokens are not told"),
        ({"weight_precision": "fp6"}, 'precision "fp6" is not known'),
        ({"num_gpus": 0}, "a degree of parallelism that is not positive"),
    ],
)
def test_rows_that_no_model_could_predict_are_left_out(tmp_path, names, change, reason):
    write(tmp_path, "mlenergy_v3_vllm", [STEADY | change, STEADY])
    found = measurements(tmp_path, names)
    assert len(found.rows) == 4
    assert reasons(found) == {reason: 4}


def test_one_sequence_runs_whatever_batch_the_study_names(tmp_path, names):
    """Its programs hand over one prompt: tokens and energy are those of one sequence."""
    write(tmp_path, "hf_batch32_cpu_gpu_energy", [UNCACHED])
    found = measurements(tmp_path, names)
    assert values(found, "output_tokens_per_s") == [20.0]
    assert values(found, "energy_per_output_token_j") == [10.0]
    row = found.rows.iloc[0]
    assert (row.batch, row.precision, row.engine) == (1, "bf16", "transformers-uncached")


def test_outputs_that_were_not_varied_are_of_32_tokens(tmp_path, names):
    """The table derives them from totals, too long by what prompts were counted anew."""
    derived = UNCACHED | {"output_tokens": 64, "gpu_energy_median_j": 320.0}
    write(tmp_path, "hf_batch32_cpu_gpu_energy", [derived])
    found = measurements(tmp_path, names)
    assert set(found.rows["output_tokens"]) == {32}
    assert values(found, "output_tokens_per_s") == [10.0]
    assert values(found, "energy_per_output_token_j") == [10.0]


def test_a_board_may_be_allowed_more_than_its_data_sheet(tmp_path, names):
    write(tmp_path, "dvfs_llm_l20_qwen2_5_7b", [LOCKED])
    found = measurements(tmp_path, names)
    assert set(found.rows["power_limit_fraction"]) == {351 / 275}


def test_layers_decode_contexts_of_conversations(tmp_path, names):
    runs = [LAYER, LAYER | {"phase": "prefill", "layer_time_ms": 5.0}]
    write(tmp_path, "helix_layer_time_t4_l4_v100_a100", runs)
    rows = measurements(tmp_path, names).rows
    assert rows["input_tokens"].tolist() == [763, 1]
    assert rows["output_tokens"].tolist() == [232, 0]
