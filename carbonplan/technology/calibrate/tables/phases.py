"""Tables that measure prefill and decode apart, or single layers of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonplan.technology.calibrate.tables.reading import Table, each, leave_out
from carbonplan.units import MS_PER_S

if TYPE_CHECKING:
    import pandas as pd

SPLITWISE_LIMIT_W = {"A100-SXM-80GB": 400.0, "H100-SXM-80GB": 700.0}  # that shares are of
LONGEST_WITH_POWER = 4096  # input tokens; beyond, the mean took in time without work
CONVERSATION = (763.0, 232.0)  # tokens in and out of the trace that Helix replays; assumed
ROUNDED_BELOW_MS = 4.0  # layer times of prefills, which are whole milliseconds


def _splitwise(table: pd.DataFrame) -> pd.DataFrame:
    """Prompt batches without queueing, and the steps after them."""
    table = table.assign(
        dataset="splitwise",
        engine="transformers-2023",
        precision="fp16",
        batch=table["batch_size"],
        concurrency=table["batch_size"],
    )
    table = leave_out(table, table["memory_overflow_flag"] == 1, "memory overflowed")
    power_w = table["avg_power_frac_tdp"] * table["gpu"].map(SPLITWISE_LIMIT_W)
    return each(
        table,
        prefill_s=table["prefill_ms"] / MS_PER_S,
        step_s=table["decode_step_ms"] / MS_PER_S,
        power_w=power_w.where(table["input_tokens"] <= LONGEST_WITH_POWER),
    )


def _helix(table: pd.DataFrame) -> pd.DataFrame:
    """Layers alone; how long the contexts were is not told: those of decoding count as in the
    conversations that the study serves, prompts as short.
    """
    table = table.assign(
        dataset="helix",
        engine="kernels",
        task=table["phase"],
        precision="fp16",
        batch=table["batch_tokens"],
        input_tokens=(table["phase"] == "decode").map({True: CONVERSATION[0], False: 1.0}),
        output_tokens=(table["phase"] == "decode").map({True: CONVERSATION[1], False: 0.0}),
    )
    rounded = (table["phase"] == "prefill") & (table["layer_time_ms"] < ROUNDED_BELOW_MS)
    table = leave_out(table, rounded, "rounded to a millisecond")
    return each(table, layer_s=table["layer_time_ms"] / MS_PER_S)


TABLES = (
    Table(
        "splitwise_prefill_decode",
        ("gpu_family", "model_family", "gpu", "model_id"),
        (
            *("tensor_parallel", "input_tokens", "batch_size", "output_tokens"),
            *("prefill_ms", "decode_step_ms", "avg_power_frac_tdp", "memory_overflow_flag"),
        ),
        _splitwise,
    ),
    Table(
        "helix_layer_time_t4_l4_v100_a100",
        ("gpu_family", "model_family", "gpu", "model_id", "phase"),
        ("tensor_parallel", "batch_tokens", "layer_time_ms"),
        _helix,
    ),
)
