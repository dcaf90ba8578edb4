"""Tables of the ML.ENERGY benchmark: steady serving with power, three generations of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carbonplan.technology.calibrate.tables.reading import Table, each
from carbonplan.units import MS_PER_S

if TYPE_CHECKING:
    import pandas as pd

PROMPT_TOKENS = {  # of the tasks, which the tables do not state; assumed. Those of serving are
    # the lengths at which the models come nearest to throughput and steps together
    "lm-arena-chat": 80,
    "gpqa": 180,
    "sourcegraph-fim": 900,
    "image-chat": 270,  # a picture and a question
    "video-chat": 660,  # some frames and a question
    "omni-video-chat": 7000,  # Qwen3-Omni's processor does not shrink the frames
    "llm_text_generation/chat": 450,
    "llm_text_generation/code": 180,
    "mllm_text_generation/chat": 630,  # a picture of 576 tokens and a question
    "single-turn": 100,
}
PRECISIONS = {"bfloat16": "bf16", "mxfp4": "fp4"}
SENT_AGAIN = ("image-chat", "video-chat", "omni-video-chat")  # tasks of which it shows
BATCH_ONCE = 256.0  # largest batch that the different ones suffice for


def _v3(table: pd.DataFrame) -> pd.DataFrame:
    """vLLM of 2025. Attention runs in tensor parallel but for the rows of data parallelism."""
    omni = table["model_id"].str.contains("Omni", na=False)
    video = table["task"] == "video-chat"
    table = table.assign(task=table["task"].mask(omni & video, "omni-video-chat"))
    table = table.assign(
        dataset="mlenergy-v3",
        engine="vllm-2025",
        precision=table["weight_precision"].replace(PRECISIONS),
        tensor_parallel=table["num_gpus"] / table["data_parallel"],
        batch=table["avg_batch_size"],
        input_tokens=table["task"].map(PROMPT_TOKENS),
        output_tokens=table["avg_output_tokens"],
        new_prompts=new_prompts(table),
    )
    return each(
        table,
        step_s=table["itl_p50_ms"] / MS_PER_S,
        output_tokens_per_s=table["output_tokens_per_s"],
        power_w=table["avg_power_per_gpu_w"],
        energy_per_output_token_j=table["energy_per_output_token_j"],
    )


def new_prompts(table: pd.DataFrame) -> pd.Series:
    """Share of the prompts that the server has not seen yet, (row,) [1].

    The benchmark sends each request the more often the larger the batch (``sweeps.yaml`` of its
    configurations), and vLLM keeps what it computed of it while memory lasts. Runs with
    pictures and video show that; prompts of text are taken as new.
    """
    times = np.ceil(table["avg_batch_size"] / BATCH_ONCE)
    return 1.0 / times.where(table["task"].isin(SENT_AGAIN), 1.0)


def _v2(table: pd.DataFrame) -> pd.DataFrame:
    """vLLM of mid 2024, whose host worked between the steps while accelerators waited."""
    table = table.assign(
        dataset="mlenergy-v2",
        engine="vllm-2024",
        batch=table["avg_batch_size"],
        input_tokens=table["task"].map(PROMPT_TOKENS),
        output_tokens=table["avg_output_tokens"],
    )
    return each(
        table,
        tpot_s=table["tpot_mean_ms"] / MS_PER_S,
        output_tokens_per_s=table["output_tokens_per_s"],
        power_w=table["avg_power_per_gpu_w"],
        energy_per_output_token_j=table["energy_per_output_token_j"],
    )


def _v1(table: pd.DataFrame) -> pd.DataFrame:
    """One request at a time, without a serving engine."""
    table = table.assign(
        dataset="mlenergy-v1",
        engine="transformers",
        task=table["prompt_style"],
        precision="fp16",
        batch=table["batch_size"],
        input_tokens=PROMPT_TOKENS["single-turn"],
        output_tokens=table["avg_output_tokens"],
    )
    return each(
        table,
        output_tokens_per_s=table["output_tokens_per_s"],
        power_w=table["avg_power_w"],
        energy_per_output_token_j=table["energy_per_output_token_j"],
    )


TABLES = (
    Table(
        "mlenergy_v3_vllm",
        ("gpu_family", "model_family", "task", "model_id", "weight_precision", "gpu"),
        (
            *("num_gpus", "expert_parallel", "data_parallel", "avg_batch_size"),
            *("avg_output_tokens", "output_tokens_per_s", "itl_p50_ms"),
            *("energy_per_output_token_j", "avg_power_per_gpu_w"),
        ),
        _v3,
    ),
    Table(
        "mlenergy_v2_vllm",
        ("gpu_family", "model_family", "task", "model_id", "gpu"),
        (
            *("tensor_parallel", "pipeline_parallel", "avg_batch_size", "avg_output_tokens"),
            *("output_tokens_per_s", "tpot_mean_ms", "energy_per_output_token_j"),
            "avg_power_per_gpu_w",
        ),
        _v2,
    ),
    Table(
        "mlenergy_v1_hf_batch1",
        ("gpu_family", "model_family", "model_id", "gpu", "prompt_style"),
        (
            *("batch_size", "output_tokens_per_s", "avg_output_tokens"),
            *("energy_per_output_token_j", "avg_power_w"),
        ),
        _v1,
    ),
)
