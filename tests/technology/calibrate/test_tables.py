"""What every table of measurements is read as."""

import pytest

from carbonplan.errors import InvalidInput
from carbonplan.technology.calibrate.measurements import measurements
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
    reasons,
    values,
    write,
)


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


@pytest.mark.parametrize(
    ("gpu", "llm", "stages"),
    [
        (("MI300X", "MI300X-192GB"), ("llama2-7b", "Llama-2-7b-hf"), 1),
        (("MI300X", "MI300X-192GB"), ("mixtral-8x7b", "Mixtral-8x7B-v0.1"), 4),
        (("MI250", "MI250-128GB"), ("llama2-7b", "Llama-2-7b-hf"), 4),
        (("A100", "A100-SXM-40GB"), ("llama2-7b", "Llama-2-7b-hf"), 1),
    ],
)
def test_matrices_are_cut_by_rows_but_those_of_experts(tmp_path, names, gpu, llm, stages):
    run = BATCH | {"framework": "llama.cpp", "num_gpus": 4, "batch_size": 1}
    run |= dict(zip(("gpu_family", "gpu"), gpu, strict=True))
    run |= dict(zip(("model_family", "model_id"), llm, strict=True))
    write(tmp_path, "llm_inference_bench_latency_throughput", [run])
    row = measurements(tmp_path, names).rows.iloc[0]
    assert (row["pipeline_parallel"], row["tensor_parallel"]) == (stages, 4 / stages)


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
