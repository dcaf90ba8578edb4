"""Measurements as the fit reads them, written by hand."""

from collections.abc import Mapping

import pandas as pd

RUN = {
    "dataset": "d",
    "engine": "vllm-2025",
    "task": "",
    "accelerator": "h100-sxm",
    "llm": "llama-3.1-8b",
    "gpu_family": "H100",
    "model_family": "llama-8b",
    "precision": "bf16",
    "kv_precision": "bf16",
    "tensor_parallel": 1.0,
    "pipeline_parallel": 1.0,
    "expert_parallel": 1.0,
    "data_parallel": 1.0,
    "batch": 8.0,
    "input_tokens": 500.0,
    "output_tokens": 200.0,
    "clock_fraction": 1.0,
    "power_limit_fraction": 1.0,
    "quantity": "step_s",
    "value": 0.01,
}


def table(*changes: Mapping[str, object]) -> pd.DataFrame:
    return pd.DataFrame([{**RUN, **change} for change in changes])
