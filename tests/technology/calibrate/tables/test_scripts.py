"""What scripts of InferenceX tell engines."""

import pandas as pd
import pytest

from carbonplan.technology.calibrate.tables.scripts import cache_precision, held_steps
from tests.technology.calibrate.example_tables import UNDER_LOAD

LLAMA, MINIMAX = "meta-llama/Llama-3.1-70B", "MiniMaxAI/MiniMax-M2.5"
SCRIPT = UNDER_LOAD | {"output_tokens": 1024, "version": ""}


def runs(*changes: dict) -> pd.DataFrame:
    return pd.DataFrame([SCRIPT | change for change in changes])


@pytest.mark.parametrize(
    ("change", "width"),
    [
        ({}, "fp8"),
        ({"gpu": "h200_sxm"}, "bf16"),
        ({"gpu": "h200_sxm", "framework": "trtllm"}, "fp8"),
        ({"framework": "trtllm", "precision": "bf16"}, "bf16"),
        ({"framework": "trtllm", "input_tokens": 2000}, "bf16"),
        ({"framework": "trtllm", "model_id": "Qwen/Qwen3-235B-A22B-FP8"}, "bf16"),
        ({"framework": "vllm"}, "bf16"),
        ({"framework": "vllm", "model_id": LLAMA, "gpu": "h100_sxm"}, "fp8"),
        ({"framework": "vllm", "model_id": MINIMAX, "version": "0.19.0"}, "fp8"),
        ({"framework": "vllm", "model_id": MINIMAX, "version": "0.17.0"}, "bf16"),
        ({"framework": "vllm", "model_id": MINIMAX, "gpu": "h200_sxm"}, "bf16"),
    ],
)
def test_caches_are_as_narrow_as_scripts_have_them(change, width):
    assert cache_precision(runs(change)).tolist() == [width]


def test_tensorrt_llm_holds_short_requests_back_on_a_part_of_a_server():
    part = {"framework": "trtllm", "model_id": LLAMA, "tensor_parallel": 4}
    others = ({"tensor_parallel": 8}, {"output_tokens": 8192}, {"framework": "vllm"})
    held = held_steps(runs(part, *(part | other for other in others)))
    assert held.tolist() == [20, 0, 0, 0]
