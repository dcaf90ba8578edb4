"""Serving configurations of 2025 and 2026 under load, collected by InferenceX."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carbonplan.technology.calibrate.tables.reading import Table, each, leave_out
from carbonplan.technology.calibrate.tables.scripts import cache_precision, held_steps
from carbonplan.technology.calibrate.tables.several_tokens import several_tokens
from carbonplan.units import MS_PER_S

if TYPE_CHECKING:
    import pandas as pd

ENGINES = {"vllm": "vllm-2026", "sglang": "sglang-2025", "trtllm": "tensorrt-llm-2025"}
UNDER_LOAD = 4  # requests in the system up to which hardly anybody waits
ONE_SERVER = 8  # accelerators
SAME_RUN = ("gpu", "model_id", "precision", "framework", "input_tokens", "output_tokens")
DECIMALS = 2  # of milliseconds, to which one of the list's two origins rounds the other's runs


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    """Single pools of at most one server; a run that is listed twice counts once."""
    table = _degrees(table).assign(
        dataset="inferencex",
        engine=table["framework"].replace(ENGINES),
        version=_versions(table),
        precision=table["precision"].fillna("bf16"),
    )
    table = table.assign(
        batch=_running(table),
        kv_precision=cache_precision(table),
        held_steps=held_steps(table),
    )
    table = leave_out(table, table["mode"] != "agg", "prefill and decode in separate pools")
    spread = table["tensor_parallel"] * table["data_parallel"] > ONE_SERVER
    table = leave_out(table, spread, "more accelerators than a server has")
    table = leave_out(table, _repeated(table), "the same run under another name")
    table = leave_out(table, several_tokens(table), "several tokens are predicted in a step")
    ttft_s = table["ttft_ms"] / MS_PER_S
    waiting = table["concurrency"] > UNDER_LOAD
    return each(
        table,
        tpot_s=table["tpot_ms"] / MS_PER_S,
        ttft_s=ttft_s.where(~waiting),
        ttft_load_s=ttft_s.where(waiting),
    )


def _repeated(table: pd.DataFrame) -> pd.Series:
    """Runs that the list has again, their times rounded or not."""
    times = table[["concurrency", "ttft_ms", "tpot_ms"]].round(DECIMALS)
    return table[[*SAME_RUN, "left_out"]].join(times).duplicated()


def _versions(table: pd.DataFrame) -> pd.Series | str:
    """Of the engine, where the table tells them."""
    if "framework_version" not in table:
        return ""
    return table["framework_version"].fillna("").astype(str)


def _degrees(table: pd.DataFrame) -> pd.DataFrame:
    r"""Degrees of parallelism as they ran.

    Where experts are split over a group of g, the list states some runs twice: once as they
    are, and once with the group multiplied by itself. The same times stand under g and under

    - a tensor-parallel group of g², its experts cut g × g;
    - attention data parallelism of g², likewise;
    - a tensor-parallel group of g beside attention data parallelism of g, with g² places for
      experts, which is the tensor-parallel group of g alone.
    """
    tensor, cut = table["tensor_parallel"], table["moe_tp"].fillna(1.0)
    places = table["moe_ep"].fillna(1.0).clip(lower=1.0)
    attention = _attention_groups(table)
    listed = tensor * attention
    squared = (cut == places) & (cut > 1) & (cut * places == listed)
    crossed = (tensor == attention) & (attention > 1) & (places == listed)
    twice = squared | crossed
    group = np.sqrt(listed)
    shared = attention.where(~twice, group.where(squared & (tensor == 1), 1.0))
    return table.assign(
        tensor_parallel=tensor.where(~twice, group / shared),
        data_parallel=shared,
        expert_parallel=places.where(~twice, group),
        pipeline_parallel=table["pipeline_parallel"].fillna(1.0),
        concurrency=_requests(table, attention),
    )


def _attention_groups(table: pd.DataFrame) -> pd.Series:
    """Groups of data parallelism; where they are not told, as many as experts have ranks for.

    Attention and experts run on the same accelerators.
    """
    ranks = table["moe_tp"] * table["moe_ep"] / table["tensor_parallel"]
    untold = ranks.fillna(1.0).clip(lower=1.0)
    return table["attention_dp"].fillna(untold).clip(lower=1.0)


def _requests(table: pd.DataFrame, groups: pd.Series) -> pd.Series:
    """Requests in one replica: a batch for each of its groups.

    A dense LLM with several times as many has as many copies behind one front.
    """
    batches = table["batch_size"] * groups
    untold = table["concurrency"].isna() | (table["attention_dp"].isna() & (groups > 1.0))
    dense = (table["moe_tp"] * table["moe_ep"]).fillna(0.0) <= 1.0
    copied = dense & (table["concurrency"] > batches)
    return table["concurrency"].where(~(untold | copied), batches)


def _running(table: pd.DataFrame) -> pd.Series:
    """Sequences being decoded: those in the system that are not waiting for a first token."""
    decoding_ms = table["output_tokens"] * table["tpot_ms"]
    share = decoding_ms / (decoding_ms + table["ttft_ms"])
    return (table["concurrency"] * share).clip(lower=1.0)


TABLES = (
    Table(
        "inferencex_silicon_ttft_tpot",
        ("gpu_family", "model_family", "gpu", "model_id", "precision", "framework", "mode"),
        (
            *("input_tokens", "output_tokens", "concurrency", "batch_size"),
            *("tensor_parallel", "pipeline_parallel", "attention_dp", "moe_tp", "moe_ep"),
            *("ttft_ms", "tpot_ms"),
        ),
        _rows,
        optional=("framework_version", "measured_date"),
    ),
)
