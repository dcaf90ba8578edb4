"""Tables of LLM-Inference-Bench: batches from prompts to last token, many makers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonplan.technology.calibrate.tables.reading import Table, each, leave_out

if TYPE_CHECKING:
    import pandas as pd

NVIDIA = ("A100", "H100", "GH200")
MAKERS = {"MI": "rocm", "Gaudi": "gaudi", "Intel": "xpu", "SambaNova": "rdu"}
ENGINES = {
    "vLLM": "vllm",
    "TensorRT-LLM": "tensorrt-llm",
    "Deepspeed-MII": "deepspeed-mii",
    "Deepspeed": "deepspeed",
    "llama.cpp": "llama.cpp",
    "sambaflow": "sambaflow",
}
LAYERED = "llama.cpp"  # engine of which every accelerator has some layers
BY_ROWS = (*NVIDIA, "MI300X")  # where it cuts matrices by rows instead, but not those of
EXPERTS = "mixtral"
KEY = ("gpu_family", "model_family", "gpu", "model_id", "framework")
SHAPE = ("num_gpus", "input_tokens", "output_tokens", "batch_size")
THROUGHPUT = (*SHAPE, "total_tokens_per_s")
STARTING = "vllm-xpu-2024"  # told twice at short lengths on one accelerator: warm, then cold
START_S = 17.0  # what the second time took longer at a batch of one, whatever LLM and length


def _serving(table: pd.DataFrame) -> pd.DataFrame:
    """Throughput; NVIDIA and other makers apart, because they are judged apart."""
    nvidia = table["gpu_family"].isin(NVIDIA)
    dataset = nvidia.map({True: "llm-inference-bench", False: "llm-inference-bench-others"})
    table = _batches(table)
    by_rows = table["gpu_family"].isin(BY_ROWS) & ~table["model_family"].str.startswith(EXPERTS)
    layered = table["engine"].str.startswith(LAYERED) & ~by_rows
    table = table.assign(
        dataset=dataset,
        tensor_parallel=table["num_gpus"].where(~layered, 1.0),
        pipeline_parallel=table["num_gpus"].where(layered, 1.0),
        start_s=_start_s(table),
    )
    return each(table, total_tokens_per_s=table["total_tokens_per_s"])


def _start_s(table: pd.DataFrame) -> pd.Series:
    """Of an engine that starts cold on one accelerator [s]; the faster of two runs is warm."""
    runs = table.groupby([*KEY, *SHAPE])["total_tokens_per_s"]
    warm = (runs.transform("size") > 1) & (table["total_tokens_per_s"] == runs.transform("max"))
    cold = (table["engine"] == STARTING) & (table["num_gpus"] == 1) & ~warm
    return cold * START_S


def _quantised(table: pd.DataFrame) -> pd.DataFrame:
    table = _batches(table).assign(
        dataset="llm-inference-bench-quantisation",
        precision=table["weight_precision"],
        kv_precision=table["kv_cache_precision"],
    )
    return each(table, total_tokens_per_s=table["total_tokens_per_s"])


def _parallel(table: pd.DataFrame) -> pd.DataFrame:
    """Pipelines and experts; what is tensor parallel alone stands in the first table too."""
    table = _batches(table).assign(
        dataset="llm-inference-bench-parallel",
        tensor_parallel=table["num_gpus"] / table["pipeline_parallel"],
    )
    plain = (table["pipeline_parallel"] == 1) & (table["expert_parallel"] == 1)
    table = leave_out(table, plain, "repeats llm_inference_bench_latency_throughput")
    return each(table, total_tokens_per_s=table["total_tokens_per_s"])


def _power(table: pd.DataFrame) -> pd.DataFrame:
    table = _batches(table).assign(dataset="llm-inference-bench-power")
    return each(table, power_w=table["avg_power_w"] / table["num_gpus"])


def _first_tokens(table: pd.DataFrame) -> pd.DataFrame:
    """All prompts of a batch at once, until the last of them has its token."""
    table = _batches(table).assign(dataset="llm-inference-bench-ttft")
    return each(table, prefill_s=table["ttft_s"])


def _batches(table: pd.DataFrame) -> pd.DataFrame:
    """Columns that all the tables share."""
    return table.assign(
        engine=_engines(table),
        precision="fp16",
        tensor_parallel=table["num_gpus"],
        batch=table["batch_size"],
        concurrency=table["batch_size"],
    )


def _engines(table: pd.DataFrame) -> pd.Series:
    """Engine of 2024, with the platform where that is not CUDA.

    vLLM ran whole batches there, without a server: that is another engine than the serving one.
    """
    platform = table["gpu"].map(
        lambda gpu: next((f"-{name}" for sign, name in MAKERS.items() if sign in gpu), "")
    )
    engine = table["framework"].map(ENGINES).fillna(table["framework"].str.lower())
    dated = engine.isin(["vllm", "tensorrt-llm"]) | ((engine == "llama.cpp") & (platform == ""))
    dated = dated.map({True: "-2024", False: ""})
    offline = ((engine == "vllm") & (platform == "")).map({True: "-offline", False: ""})
    return engine + platform + dated + offline


TABLES = (
    Table("llm_inference_bench_latency_throughput", KEY, THROUGHPUT, _serving),
    Table(
        "llm_inference_bench_quantisation",
        (*KEY, "weight_precision", "kv_cache_precision"),
        THROUGHPUT,
        _quantised,
    ),
    Table(
        "llm_inference_bench_tp_pp_ep",
        KEY,
        (*THROUGHPUT, "pipeline_parallel", "expert_parallel"),
        _parallel,
    ),
    Table("llm_inference_bench_power", KEY, (*SHAPE, "avg_power_w"), _power),
    Table("llm_inference_bench_ttft", KEY, (*SHAPE, "ttft_s"), _first_tokens),
)
