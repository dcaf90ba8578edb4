"""Small tables of measurements, written by hand in the columns of the public ones."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from carbonplan.technology.calibrate.measurements import Measurements

Row = Mapping[str, object]

STEADY = {
    "gpu_family": "H100",
    "model_family": "llama3-8b",
    "task": "lm-arena-chat",
    "model_id": "meta-llama/Llama-3.1-8B-Instruct",
    "weight_precision": "bfloat16",
    "gpu": "H100-SXM-80GB",
    "num_gpus": 1,
    "expert_parallel": 1,
    "data_parallel": 1,
    "avg_batch_size": 64,
    "avg_output_tokens": 400,
    "output_tokens_per_s": 5000,
    "itl_p50_ms": 12,
    "energy_per_output_token_j": 0.1,
    "avg_power_per_gpu_w": 500,
}
UNDER_LOAD = {
    "gpu_family": "B200",
    "model_family": "deepseek-r1",
    "gpu": "b200_sxm",
    "model_id": "deepseek-ai/DeepSeek-R1",
    "precision": "fp8",
    "framework": "sglang",
    "mode": "agg",
    "input_tokens": 1024,
    "output_tokens": 1000,
    "concurrency": 8,
    "batch_size": 8,
    "tensor_parallel": 8,
    "pipeline_parallel": 1,
    "attention_dp": 1,
    "moe_tp": 1,
    "moe_ep": 8,
    "ttft_ms": 2000,
    "tpot_ms": 8,
}
LOCKED = {
    "gpu": "L20-48GB",
    "model_id": "Qwen/Qwen2.5-7B-Instruct",
    "phase": "decode",
    "tensor_parallel": 1,
    "sm_clock_mhz": 2520,
    "batch_size": 16,
    "prompt_tokens": "",
    "context_tokens": 1024,
    "step_time_ms": 20,
    "gpu_power_w": 200,
}
KERNEL = {  # in cores alone
    "gpu": "V100",
    "suite": "microbenchmark",
    "benchmark": "cachebench",
    "input_id": "input000",
    "kernel": "benchmark_int",
    "core_clock_mhz": 1380,
    "memory_clock_mhz": 877,
    "gpu_power_w": 200,
    "kernel_time_ms": 2.0,
    "dram_active_frac": 0.01,
    "sm_active_frac": 0.95,
}
MAXIMUM = {
    "gpu_family": "H200",
    "model_family": "qwen3-235b",
    "model_id": "Qwen/Qwen3-235B-A22B",
    "gpu": "H200-SXM-141GB",
    "weight_precision": "fp8",
    "tensor_parallel": 8,
    "pipeline_parallel": 1,
    "input_tokens": 2048,
    "output_tokens": 2048,
    "max_output_tokens_per_s": 16672,
}
SUBMITTED = {
    "gpu_family": "H200",
    "model_family": "llama2-70b",
    "round": "v4.1",
    "division": "closed",
    "submitter": "A",
    "system": "8x",
    "benchmark": "llama2-70b-99",
    "scenario": "Offline",
    "gpu": "NVIDIA H200-SXM-141GB",
    "host_cpu": "AMD EPYC 9654 96-Core Processor",
    "number_of_nodes": 1,
    "num_accelerators": 8,
    "host_cpus_per_node": 2,
    "samples_per_s": 100,
    "output_tokens_per_s": 30000,
    "slo_ttft_ms": "",
    "slo_tpot_ms": "",
    "avg_system_power_w": "",
}
STREAM = {
    "gpu_family": "A100",
    "model_family": "llama3-8b",
    "gpu": "A100 PCIe 80GB",
    "model_id": "Llama-3-8B-Instruct",
    "weight_precision": "F16",
    "phase": "decode",
    "num_gpus": 4,
    "sequence_tokens": 1024,
    "batch_size": 1,
    "tokens_per_s": 50,
}


def values(found: Measurements, quantity: str) -> list[float]:
    """Of one quantity."""
    rows = found.rows
    return rows.loc[rows["quantity"] == quantity, "value"].tolist()


def reasons(found: Measurements) -> dict[str, int]:
    """Why rows were left out, and how many."""
    return dict(zip(found.left_out["reason"], found.left_out["rows"], strict=True))


def write(folder: Path, stem: str, rows: Sequence[Row], ending: str = ".csv") -> Path:
    """A table in a folder, plain or compressed."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path = folder / f"{stem}{ending}"
    data = text.getvalue().encode()
    path.write_bytes(gzip.compress(data) if ending.endswith("gz") else data)
    return path


def steady_runs(folder: Path) -> Path:
    """Two LLMs on two accelerators at three batches: four pairs, steps that grow with both."""
    rows = [
        STEADY
        | {
            "gpu": gpu,
            "gpu_family": gpu[:4],
            "model_id": llm,
            "model_family": llm,
            "avg_batch_size": batch,
            "itl_p50_ms": step_ms * (1 + batch / 64),
            "output_tokens_per_s": 1000 * batch / (step_ms * (1 + batch / 64)),
        }
        for gpu, speed in (("H100-SXM-80GB", 1), ("B200-SXM-180GB", 2))
        for llm, step_ms in (("Qwen/Qwen3-8B", 12 / speed), ("Qwen/Qwen3-32B", 40 / speed))
        for batch in (8, 32, 64)
    ]
    return write(folder, "mlenergy_v3_vllm", rows)


UNCACHED = {  # Transformers without a cache
    "gpu_family": "A100",
    "model_family": "llama2-7b",
    "gpu": "A100-40GB",
    "model_id": "Llama-2-7b-chat",
    "host": "AMD EPYC host (ALCF Swing)",
    "num_gpus": 1,
    "batch_size": 32,
    "input_tokens": 32,
    "output_tokens": 128,
    "gpu_energy_median_j": 1280.0,
    "gpu_power_avg_w": 200.0,
    "output_tokens_per_s": 640.0,
}
BATCH = {  # from prompts to last token, on one accelerator of another maker
    "gpu_family": "Intel Max 1550",
    "model_family": "llama2-7b",
    "gpu": "Intel Max 1550",
    "model_id": "meta-llama/Llama-2-7b-hf",
    "framework": "vLLM",
    "num_gpus": 1,
    "input_tokens": 128,
    "output_tokens": 128,
    "batch_size": 16,
    "total_tokens_per_s": 960.0,
}
LAYER = {  # one layer that decodes
    "gpu_family": "A100",
    "model_family": "llama1-30b",
    "gpu": "A100-40GB",
    "model_id": "LLaMA-30B",
    "phase": "decode",
    "tensor_parallel": 1,
    "batch_tokens": 64,
    "layer_time_ms": 2.0,
}
