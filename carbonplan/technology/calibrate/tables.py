"""Readers of the public tables of measurements, one for each file.

Each gives rows with the columns of ``measurements.COLUMNS``, the LLM and accelerator still
under the table's own names ``model_id`` and ``gpu``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from carbonplan.units import MS_PER_S

if TYPE_CHECKING:
    import pandas as pd

PROMPT_TOKENS = {  # of the tasks of ML.ENERGY, which its tables do not state; assumed
    "lm-arena-chat": 150,
    "gpqa": 300,
    "sourcegraph-fim": 500,
    "llm_text_generation/chat": 250,
    "llm_text_generation/code": 150,
}
PRECISIONS = {"bfloat16": "bf16", "mxfp4": "fp4"}
ENGINES = {"vllm": "serving-2025", "sglang": "sglang-2025", "trtllm": "tensorrt-llm-2025"}
UNDER_LOAD = 4  # requests in the system below which hardly anybody waits
LEAST_RUNNING = 0.7  # of the requests in the system; below, the queue is what was measured


def _both(table: pd.DataFrame, **columns: pd.Series) -> pd.DataFrame:
    """The table once for each quantity."""
    import pandas as pd

    return pd.concat([table.assign(quantity=name, value=v) for name, v in columns.items()])


def _mlenergy_v3(folder: Path) -> pd.DataFrame:
    """Steady serving; attention data parallelism and inputs other than text are left out."""
    import pandas as pd

    table = pd.read_csv(folder / "mlenergy_v3_vllm.csv")
    table = table[table["task"].isin(PROMPT_TOKENS) & (table["data_parallel"] == 1)]
    table = table.assign(
        dataset="mlenergy-v3",
        engine="serving-2025",
        precision=table["weight_precision"].replace(PRECISIONS),
        tensor_parallel=table["num_gpus"],
        batch=table["avg_batch_size"],
        input_tokens=table["task"].map(PROMPT_TOKENS),
        output_tokens=table["avg_output_tokens"],
    )
    return _both(
        table, step_s=table["itl_p50_ms"] / MS_PER_S, power_w=table["avg_power_per_gpu_w"]
    )


def _mlenergy_v2(folder: Path) -> pd.DataFrame:
    """Times only: accelerators stood idle between the steps of that engine, so that its power
    says little of today's.
    """
    import pandas as pd

    table = pd.read_csv(folder / "mlenergy_v2_vllm.csv")
    table = table[table["task"].isin(PROMPT_TOKENS)]
    return table.assign(
        dataset="mlenergy-v2",
        engine="serving-2024",
        batch=table["avg_batch_size"],
        input_tokens=table["task"].map(PROMPT_TOKENS),
        output_tokens=table["avg_output_tokens"],
        quantity="tpot_s",
        value=table["tpot_mean_ms"] / MS_PER_S,
    )


def _splitwise(folder: Path) -> pd.DataFrame:
    """Prefill of one prompt; decode where memory held the batch."""
    import pandas as pd

    table = pd.read_csv(folder / "splitwise_prefill_decode.csv")
    table = table[(table["memory_overflow_flag"] == 0) & (table["output_tokens"] == 128)]
    table = table.assign(
        dataset="splitwise", engine="transformers-2023", batch=table["batch_size"]
    )
    limit_w = table["gpu"].map({"A100-SXM-80GB": 400.0})
    power = (table["avg_power_frac_tdp"] * limit_w).where(table["input_tokens"] <= 4096)
    prefill = (table["prefill_ms"] / MS_PER_S).where(table["batch_size"] == 1)
    return _both(
        table, prefill_s=prefill, step_s=table["decode_step_ms"] / MS_PER_S, power_w=power
    )


def _helix(folder: Path) -> pd.DataFrame:
    """Layers alone; times of short prefills are rounded, large batches hide their contexts."""
    import pandas as pd

    table = pd.read_csv(folder / "helix_layer_time_t4_l4_v100_a100.csv")
    decode = (table["phase"] == "decode") & (table["batch_tokens"] <= 32)
    table = table[decode | ((table["phase"] == "prefill") & (table["layer_time_ms"] >= 10))]
    return table.assign(
        dataset="helix",
        engine="kernels-2024",
        batch=table["batch_tokens"],
        precision="fp16",
        input_tokens=1,
        output_tokens=0,
        quantity="layer_s",
        value=table["layer_time_ms"] / MS_PER_S,
    )


def _llm_inference_bench(folder: Path) -> pd.DataFrame:
    """Batches from start to end with the two engines that serve."""
    import pandas as pd

    table = pd.read_csv(folder / "llm_inference_bench_latency_throughput.csv.gz")
    table = table[table["framework"].isin(["vLLM", "TensorRT-LLM"])]
    rocm = table["gpu"].str.startswith("MI").map({True: "batches-rocm-2024", False: None})
    return table.assign(
        dataset="llm-inference-bench",
        engine=rocm.fillna("batches-2024"),
        tensor_parallel=table["num_gpus"],
        batch=table["batch_size"],
        quantity="batch_s",
        value=table["e2e_latency_s"],
    )


def _llm_inference_bench_power(folder: Path) -> pd.DataFrame:
    import pandas as pd

    table = pd.read_csv(folder / "llm_inference_bench_power.csv")
    table = table[table["framework"].isin(["vLLM", "TensorRT-LLM"])]
    return table.assign(
        dataset="llm-inference-bench",
        engine="batches-2024",
        tensor_parallel=table["num_gpus"],
        batch=table["batch_size"],
        quantity="power_w",
        value=table["avg_power_w"] / table["num_gpus"],
    )


def _inferencex(folder: Path) -> pd.DataFrame:
    """One pool of accelerators in tensor parallelism; TTFT only where hardly anybody waits."""
    import pandas as pd

    table = pd.read_csv(folder / "inferencex_silicon_ttft_tpot.csv.gz")
    concurrency = table["concurrency"].fillna(table["batch_size"])
    table = table.assign(batch=_running(concurrency, table))
    single = table["attention_dp"].fillna(1.0) <= 1.0
    saturated = table["batch"] < LEAST_RUNNING * concurrency
    table = table[(table["mode"] == "agg") & single & ~saturated]
    table = table[table["tensor_parallel"] <= 8]
    table = table.assign(
        dataset="inferencex",
        engine=table["framework"].map(ENGINES),
    )
    ttft = (table["ttft_ms"] / MS_PER_S).where(table["batch"] <= UNDER_LOAD)
    return _both(table, tpot_s=table["tpot_ms"] / MS_PER_S, prefill_s=ttft)


def _running(concurrency: pd.Series, table: pd.DataFrame) -> pd.Series:
    """Sequences being decoded: those in the system that are not waiting for a first token."""
    decoding_ms = table["output_tokens"] * table["tpot_ms"]
    return (concurrency * decoding_ms / (decoding_ms + table["ttft_ms"])).clip(lower=1.0)


TABLES = (
    _mlenergy_v3,
    _mlenergy_v2,
    _splitwise,
    _helix,
    _llm_inference_bench,
    _llm_inference_bench_power,
    _inferencex,
)
