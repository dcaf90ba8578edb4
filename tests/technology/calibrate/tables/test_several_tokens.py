"""Which runs of InferenceX predict several tokens in a step."""

import pytest

from carbonplan.technology.calibrate.measurements import measurements
from tests.technology.calibrate.example_tables import UNDER_LOAD, write

SEVERAL = "several tokens are predicted in a step"
SGLANG = UNDER_LOAD | {
    "framework_version": "0.5.9",
    "measured_date": "",
    "moe_tp": 8,
    "moe_ep": 1,
}
TENSORRT = SGLANG | {"framework": "trtllm"}
QWEN = SGLANG | {
    "model_family": "qwen3.5-397b-a17b",
    "model_id": "Qwen/Qwen3.5-397B-A17B",
    "tensor_parallel": 4,
}


def kept_ms(tmp_path, names, *runs) -> list[float]:
    """Times between tokens of the runs that stay; the others have the one reason."""
    write(tmp_path, "inferencex_silicon_ttft_tpot", list(runs))
    found = measurements(tmp_path, names)
    assert set(found.left_out["reason"]) <= {SEVERAL}
    steps = found.rows[found.rows["quantity"] == "tpot_s"]
    return [1e3 * value for value in steps["value"]]


def test_images_of_tensorrt_llm_tell_by_name_or_by_day(tmp_path, names):
    always = TENSORRT | {"framework_version": "1.2.0rc6.post3"}
    plain = TENSORRT | {"framework_version": "1.2.0rc6.post2", "tpot_ms": 9}
    both = TENSORRT | {"framework_version": "1.1.0rc2.post2"}
    on_its_day = both | {"measured_date": "2026-01-14", "tpot_ms": 7}
    before = both | {"measured_date": "2025-12-15", "tpot_ms": 10}
    assert kept_ms(tmp_path, names, always, plain, on_its_day, before) == [9, 10]


def test_of_two_runs_alike_the_faster_predicts_several(tmp_path, names):
    slower, other = SGLANG | {"tpot_ms": 12}, SGLANG | {"concurrency": 16, "tpot_ms": 13}
    repeated = other | {"tpot_ms": 13.5}
    assert kept_ms(tmp_path, names, SGLANG, slower, other, repeated) == [12, 13, 13.5]


def test_a_run_that_is_listed_twice_is_not_two_runs(tmp_path, names):
    write(tmp_path, "inferencex_silicon_ttft_tpot", [SGLANG, SGLANG | {"tpot_ms": 8.0042}])
    found = measurements(tmp_path, names)
    assert found.rows["quantity"].tolist() == ["tpot_s", "ttft_load_s"]
    assert set(found.left_out["reason"]) == {"the same run under another name"}


@pytest.mark.parametrize(
    ("tokens", "requests", "stays"),
    [(1024, 64, True), (1024, 128, False), (8192, 4, True), (8192, 8, False)],
)
def test_plain_runs_of_deepseek_end_at_few_requests(tmp_path, names, tokens, requests, stays):
    run = SGLANG | {"input_tokens": tokens, "concurrency": requests}
    assert kept_ms(tmp_path, names, run) == [8] * stays
    assert kept_ms(tmp_path, names, run | {"framework_version": "0.5.6"}) == [8]
    assert kept_ms(tmp_path, names, run | {"gpu": "h200_sxm"}) == [8]


def test_plain_runs_of_qwen_on_four_have_whole_experts(tmp_path, names):
    cut, whole = QWEN | {"moe_tp": 4}, QWEN | {"moe_tp": 1, "moe_ep": 4, "tpot_ms": 9}
    assert kept_ms(tmp_path, names, cut, whole) == [9]
