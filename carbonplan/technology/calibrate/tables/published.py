"""Throughput that vendors and submitters publish: TensorRT-LLM and MLPerf Inference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carbonplan.technology.calibrate.tables.reading import Table, each, leave_out
from carbonplan.units import MS_PER_S

if TYPE_CHECKING:
    import pandas as pd

PROMPT_TOKENS = {  # mean of the data set of a benchmark; assumed
    "gpt-j": 780,  # CNN/DailyMail
    "llama3.1-8b": 780,
    "llama2-70b": 295,  # OpenOrca
    "llama3.1-70b": 295,
    "mixtral-8x7b": 400,  # OpenOrca, GSM8K and MBXP
    "llama3.1-405b": 9400,  # long documents
    "deepseek-r1": 900,  # reasoning questions
}
FP4_SINCE_ROUND = {  # architecture by sign in the name: first round that submits in four bits
    "B200": "v4.1",
    "B300": "v5.1",
    "MI355": "v5.1",
    "RTX PRO 6000": "v5.1",
    "Thor": "v5.1",
}
NOT_FP4 = ("gpt-j", "mixtral-8x7b")  # networks that stay in eight bits there
NO_FP8 = ("A100", "Arc", "MI250")  # submitted in eight-bit integers
WEIGHTS_ONLY = ("CPU", "Orin")  # submitted with weights of four bits, caches of 16
BEAMS = {"gpt-j": 4.0}  # the rules of the benchmark ask for beam search, four wide
GROUPS = {"llama3.1-405b": 8.0, "deepseek-r1": 8.0}  # accelerators of a replica; else one
SHARED = "deepseek-r1"  # attends in groups of one accelerator, which share the experts,
SHARED_BATCH = 512.0  # with so many sequences at most: configurations of NVIDIA
SMALL_MEMORY = "L40S|4090|Arc"  # under 50 GB
SMALL_GROUPS = {"llama2-70b": 4.0, "llama3.1-70b": 4.0, "mixtral-8x7b": 2.0}
TIGHT_MEMORY = "H100-SXM|H100-PCIe"  # 80 GB, which eight-bit weights of 70B fill
TIGHT_GROUPS = {"llama2-70b": 2.0, "llama3.1-70b": 2.0}
LARGE_MEMORY = "B200|B300"  # 180 GB and more, four of which hold 405B in four bits
LARGE_GROUPS = {"llama3.1-405b": 4.0}
SYSTEM_GROUPS = {"L40S-RedHat-OpenShift": 2.0}  # two copies on four, as it says
LIMITED = "_MaxQ"  # systems under power limits, of 700 W in NVIDIA's configurations
LIMITS = {"gpt-j": 350 / 700, "mixtral-8x7b": 500 / 700, "llama2-70b": 500 / 700}
MIXTURES = "Llama-4|A[0-9]+B"  # of experts, by name; TensorRT-LLM ran them with attention_dp
REQUESTS = {  # of TensorRT-LLM's runs, by tokens of input and output: its perf-overview
    (128, 128): 30000,
    (128, 2048): 3000,
    (128, 4096): 1500,
    (500, 2000): 3000,
    (1000, 1000): 3000,
    (1000, 2000): 1500,
    (2048, 128): 3000,
    (2048, 2048): 1500,
    (5000, 500): 1500,
    (20000, 2000): 1000,
}
CPU = "CPU only"
SLO_FREE = "Offline"


def _maximum(table: pd.DataFrame) -> pd.DataFrame:
    """Offline maximum; the batch is what memory allows. KV cache in eight bits throughout.

    Mixtures of experts attend in groups of one rank each, and share the experts.
    """
    shared = table["model_id"].str.contains(MIXTURES)
    ranks = table["tensor_parallel"]
    lengths = zip(table["input_tokens"], table["output_tokens"], strict=True)
    table = table.assign(
        tensor_parallel=ranks.where(~shared, 1.0),
        data_parallel=ranks.where(shared, 1.0),
        expert_parallel=ranks.where(shared, 1.0),
        concurrency=[REQUESTS.get(one, np.nan) for one in lengths],
        dataset="tensorrt-llm-maximum",
        engine="tensorrt-llm-maximum",
        precision=table["weight_precision"],
        kv_precision="fp8",
        batch=np.nan,
    )
    return each(table, output_tokens_per_s=table["max_output_tokens_per_s"])


def _mlperf(table: pd.DataFrame) -> pd.DataFrame:
    """Whole systems of independent replicas; how they are cut is not told, so as few
    accelerators as hold the weights make one replica.
    """
    cpu = table["gpu"] == CPU
    accelerators = table["num_accelerators"].where(
        ~cpu, table["host_cpus_per_node"] * table["number_of_nodes"]
    )
    benchmark = _benchmark(table["benchmark"])
    group = np.minimum(_group(table["gpu"], benchmark), accelerators)
    group = table["system"].map(SYSTEM_GROUPS).fillna(group)
    shared = benchmark == SHARED
    table = table.assign(
        dataset="mlperf",
        engine="mlperf",
        task=table["scenario"].str.lower(),
        model_id=table["model_family"],
        gpu=table["gpu"].where(~cpu, table["host_cpu"]),
        precision=_precision(table, benchmark),
        kv_precision=_narrow(table["gpu"]).replace("int4", "bf16"),
        accelerators=accelerators,
        tensor_parallel=group.where(~shared, 1.0),
        data_parallel=group.where(shared, 1.0),
        expert_parallel=group.where(shared, 1.0),
        concurrency=(SHARED_BATCH * accelerators).where(shared),
        beams=benchmark.map(BEAMS).fillna(1.0),
        power_limit_fraction=_limit(table["system"], benchmark),
        batch=np.nan,
        input_tokens=benchmark.map(PROMPT_TOKENS),
        output_tokens=table["output_tokens_per_s"] / table["samples_per_s"],
        ttft_limit_s=table["slo_ttft_ms"] / MS_PER_S,
        tpot_limit_s=table["slo_tpot_ms"] / MS_PER_S,
    )
    table = leave_out(
        table, table["division"] != "closed", "open division: networks may be changed"
    )
    run = ["submitter", "system", "scenario", "model_family", "output_tokens_per_s"]
    table = leave_out(table, table.duplicated(run), "repeats another accuracy target")
    offline = table["scenario"] == SLO_FREE
    return each(
        table,
        output_tokens_per_s=table["output_tokens_per_s"].where(offline),
        served_tokens_per_s=table["output_tokens_per_s"].where(~offline),
        system_power_w=table["avg_system_power_w"],
    )


def _benchmark(names: pd.Series) -> pd.Series:
    """Benchmarks without their accuracy targets and spellings."""
    plain = names.str.replace("gptj", "gpt-j").str.replace("llama3_1", "llama3.1")
    pattern = "^(" + "|".join(sorted(PROMPT_TOKENS, reverse=True)) + ")"
    return plain.str.extract(pattern, expand=False)


def _group(gpu: pd.Series, benchmark: pd.Series) -> pd.Series:
    """Accelerators of a replica: as few as hold the weights."""
    group = benchmark.map(GROUPS).fillna(1.0)
    for memory, groups in (
        (SMALL_MEMORY, SMALL_GROUPS),
        (TIGHT_MEMORY, TIGHT_GROUPS),
        (LARGE_MEMORY, LARGE_GROUPS),
    ):
        group = group.mask(gpu.str.contains(memory), benchmark.map(groups).fillna(group))
    return group


def _limit(system: pd.Series, benchmark: pd.Series) -> pd.Series:
    """Power limits over the default ones of systems whose name says that they have one."""
    limited = system.str.endswith(LIMITED)
    return benchmark.map(LIMITS).where(limited, 1.0).fillna(1.0)


def _precision(table: pd.DataFrame, benchmark: pd.Series) -> pd.Series:
    """The narrowest format that submissions on such hardware used; not told, assumed."""
    narrow = _narrow(table["gpu"])
    for sign, since in FP4_SINCE_ROUND.items():
        four = table["gpu"].str.contains(sign) & (table["round"] >= since)
        four = four & ~benchmark.isin(NOT_FP4)
        narrow = narrow.mask(four, "fp4")
    return narrow


def _narrow(gpu: pd.Series) -> pd.Series:
    """Eight bits, as the hardware has them; of weights alone, four."""
    eight = gpu.str.contains("|".join(NO_FP8)).map({True: "int8", False: "fp8"})
    return eight.mask(gpu.str.contains("|".join(WEIGHTS_ONLY)), "int4")


TABLES = (
    Table(
        "trtllm_perf_overview_max_throughput",
        ("gpu_family", "model_family", "model_id", "gpu", "weight_precision"),
        (
            *("tensor_parallel", "pipeline_parallel", "input_tokens", "output_tokens"),
            "max_output_tokens_per_s",
        ),
        _maximum,
    ),
    Table(
        "mlperf_inference_llm",
        (
            *("gpu_family", "model_family", "round", "division", "submitter", "system"),
            *("benchmark", "scenario", "gpu", "host_cpu"),
        ),
        (
            *("number_of_nodes", "num_accelerators", "host_cpus_per_node", "samples_per_s"),
            *("output_tokens_per_s", "slo_ttft_ms", "slo_tpot_ms", "avg_system_power_w"),
        ),
        _mlperf,
    ),
)
