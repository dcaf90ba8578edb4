"""Smaller studies: Transformers batches, single cards, llama.cpp, modes of one LLM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonplan.technology.calibrate.tables.reading import Table, each, leave_out
from carbonplan.units import MS_PER_S

if TYPE_CHECKING:
    import pandas as pd

PCIE_HOST = "Intel"  # whose A100 is the PCIe part of 250 W
FOUR_BITS = "gpt-oss"  # published in MXFP4
BITS = {"F16": "fp16", "Q4_K_M": "int4"}
SHORT_TOKENS, LONG_TOKENS = 64.0, 160.0  # inputs of FREESH's classes, which it does not tell:
# the longest for which its fastest modes stay at half of the peak; assumed
VARIED_TOKENS = 128.0  # hf-batch32: longest output, at least, of an LLM whose outputs varied
FIXED_TOKENS = 32.0  # outputs of the others
FASTEST_MS = 5.0  # between tokens of a 70B LLM; below, the figure is a slip


def _batches_of_32(table: pd.DataFrame) -> pd.DataFrame:
    """Transformers; layers lie on several accelerators and run one after another.

    The programs of the study hand one prompt to a pipeline that may batch, and keep nothing
    from token to token: one sequence runs, its tokens counted ``batch_size`` times. Of LLMs
    whose inputs alone were varied the table derives outputs from totals that count prompts
    anew; they had 32 tokens, with which times rise smoothly with the input.
    """
    pcie = table["host"].str.startswith(PCIE_HOST) & (table["gpu"] == "A100-40GB")
    longest = table.groupby(["model_id", "host"])["output_tokens"].transform("max")
    told = table["output_tokens"]
    tokens = told.where(longest >= VARIED_TOKENS, FIXED_TOKENS)
    table = table.assign(
        dataset="hf-batch32",
        engine="transformers-uncached",
        gpu=table["gpu"].mask(pcie, "A100-PCIe-40GB"),
        precision="bf16",
        pipeline_parallel=table["num_gpus"],
        batch=1.0,
        concurrency=1.0,
        output_tokens=tokens,
    )
    return each(
        table,
        output_tokens_per_s=table["output_tokens_per_s"] / table["batch_size"] * tokens / told,
        power_w=table["gpu_power_avg_w"] / table["num_gpus"],
        energy_per_output_token_j=table["gpu_energy_median_j"] / tokens,
    )


def _single_cards(table: pd.DataFrame) -> pd.DataFrame:
    """Power over ten minutes of requests; how many ran at a time is not told.

    Inputs and outputs are told together only, so halves count.
    """
    tokens = table["total_tokens"] / table["requests_count"]
    table = table.assign(
        dataset="single-gpu",
        engine="vllm-2025",
        precision=table["model_id"].str.startswith(FOUR_BITS).map({True: "fp4", False: "bf16"}),
        batch=table["requests_count"] * table["avg_latency_s"] / table["duration_s"],
        input_tokens=tokens / 2.0,
        output_tokens=tokens / 2.0,
    )
    return each(
        table,
        power_w=table["avg_power_w"],
        idle_power_w=table["idle_power_w"],
    )


def _llama_cpp(table: pd.DataFrame) -> pd.DataFrame:
    """One stream; every accelerator holds some layers and waits for the others."""
    prefill = table["phase"] == "prefill"
    table = table.assign(
        dataset="llamacpp",
        engine="llama.cpp",
        task=table["phase"],
        precision=table["weight_precision"].replace(BITS),
        pipeline_parallel=table["num_gpus"],
        batch=table["batch_size"],
        concurrency=table["batch_size"],
        input_tokens=table["sequence_tokens"].where(prefill, 1.0),
        output_tokens=table["sequence_tokens"].where(~prefill, 1.0),
    )
    return each(
        table,
        output_tokens_per_s=table["tokens_per_s"].where(~prefill),
        prefill_s=(table["sequence_tokens"] / table["tokens_per_s"]).where(prefill),
    )


def _freesh(table: pd.DataFrame) -> pd.DataFrame:
    """Modes at their highest rate; outputs and batch follow from the delays (Little)."""
    between_s = table["tbt_ms"] / MS_PER_S
    decoding_s = table["e2e_delay_s"] - table["ttft_ms"] / MS_PER_S
    longer = table["request_class"].str.startswith("L")
    batch = table["max_requests_per_s"] * decoding_s
    table = table.assign(
        dataset="freesh",
        engine="vllm-2025",
        task=table["request_class"],
        batch=batch.clip(lower=1.0),
        input_tokens=longer.map({True: LONG_TOKENS, False: SHORT_TOKENS}),
        output_tokens=decoding_s / between_s,
    )
    table = leave_out(table, table["max_requests_per_s"] <= 0, "rate of zero: infeasible")
    table = leave_out(table, table["tbt_ms"] < FASTEST_MS, "implausible time between tokens")
    return each(table, tpot_s=between_s, power_w=table["gpu_power_per_gpu_w"])


TABLES = (
    Table(
        "hf_batch32_cpu_gpu_energy",
        ("gpu_family", "model_family", "gpu", "model_id", "host"),
        (
            *("num_gpus", "batch_size", "input_tokens", "output_tokens"),
            *("gpu_energy_median_j", "gpu_power_avg_w", "output_tokens_per_s"),
        ),
        _batches_of_32,
    ),
    Table(
        "single_gpu_energy_a100_rtx6000ada_rtx3090",
        ("gpu_family", "model_family", "gpu", "model_id"),
        (
            *("total_tokens", "duration_s", "avg_power_w"),
            *("idle_power_w", "requests_count", "avg_latency_s"),
        ),
        _single_cards,
    ),
    Table(
        "llamacpp_batch1_throughput",
        ("gpu_family", "model_family", "gpu", "model_id", "weight_precision", "phase"),
        ("num_gpus", "sequence_tokens", "batch_size", "tokens_per_s"),
        _llama_cpp,
    ),
    Table(
        "freesh_llama3_70b_modes",
        ("gpu_family", "model_family", "gpu", "model_id", "request_class"),
        (
            *("tensor_parallel", "max_requests_per_s", "e2e_delay_s", "tbt_ms", "ttft_ms"),
            "gpu_power_per_gpu_w",
        ),
        _freesh,
    ),
)
