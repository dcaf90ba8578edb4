r"""The plain roofline: data sheets alone, every peak reached, nothing lost to launching.

.. math:: t = \max(F / \hat F,\; M / \hat B)

The line that calibrated models have to beat. Collectives cost nothing, an accelerator draws its
limit while it works, and memory is filled to the last byte.

Source
------
``williams-2009``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.records import Accelerator, AcceleratorPower, ModelCard
from carbonplan.technology.experts import expert_coverage
from carbonplan.technology.figures import (
    HardwareFigures,
    accelerator_figures,
    stacked,
    taken,
)
from carbonplan.technology.memory import cached_token_layers
from carbonplan.technology.performance import attended_pairs
from carbonplan.technology.shapes import LlmFigures, llm_figures
from carbonplan.units import BYTES_PER_GB, FLOPS_PER_TFLOPS

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
FLOPS_PER_PARAMETER = 2.0  # a multiplication and an addition for every token
FASTEST = 2.0  # times the plain roofline, that a measurement may be
TIMES = ("step_s", "tpot_s", "prefill_s", "ttft_s", "ttft_load_s", "layer_s")
RATES = ("output_tokens_per_s", "total_tokens_per_s", "served_tokens_per_s")
SEPARATOR = "|"
BITS_16 = ("bf16", "fp16")  # formats of a cache that is not narrowed


@dataclass(frozen=True)
class Load:
    """What rows ask for, (row,): shapes, peaks, degrees of parallelism, sequences, tokens."""

    llm: LlmFigures
    hardware: HardwareFigures
    kv_share: Array  # of the bytes of a 16-bit cache [1]
    tensor: Array
    stages: Array
    replicas: Array
    sharing: Array  # of these, groups that have one set of experts between them
    accelerators: Array
    batch: Array
    inputs: Array
    outputs: Array
    clock: Array


def roofline(
    rows: pd.DataFrame,
    llms: Mapping[str, ModelCard],
    accelerators: Mapping[str, tuple[Accelerator, AcceleratorPower]],
) -> Array:
    """Every row's quantity by data sheets alone, in the row's unit, (row,); NaN without one."""
    values = np.full(len(rows), np.nan)
    served = (rows["llm"] != "").to_numpy()
    if served.any():
        load = load_of(rows[served], llms, accelerators)
        values[served] = _values(rows[served], QUANTITIES, load)
    values[~served] = _values(rows[~served], KERNELS, rows[~served])
    return values


def too_fast(
    rows: pd.DataFrame,
    llms: Mapping[str, ModelCard],
    accelerators: Mapping[str, tuple[Accelerator, AcceleratorPower]],
) -> NDArray[np.bool_]:
    """Rows that no model can explain: far beyond what data sheets allow, (row,).

    Somewhat beyond is possible: prompts share experts and cached prefixes, and lengths that a
    table does not state are assumed.
    """
    bound = roofline(rows, llms, accelerators)
    quantity, value = rows["quantity"].to_numpy(str), rows["value"].to_numpy(float)
    times = np.isin(quantity, TIMES) & (value * FASTEST < bound)
    return times | (np.isin(quantity, RATES) & (value > FASTEST * bound))


def _values(rows: pd.DataFrame, formulas: Mapping[str, Callable], load) -> Array:
    """The formula of each row's quantity."""
    quantity = rows["quantity"].to_numpy(str)
    values = np.full(len(rows), np.nan)
    for name in np.unique(quantity):
        if name in formulas:
            values = np.where(quantity == name, formulas[name](load), values)
    return values


def load_of(
    rows: pd.DataFrame,
    llms: Mapping[str, ModelCard],
    accelerators: Mapping[str, tuple[Accelerator, AcceleratorPower]],
) -> Load:
    """Records are read once for each LLM and accelerator in one precision."""
    llm = _distinct(rows, "llm", lambda name, precision: llm_figures(llms[name], precision))
    hardware = _distinct(
        rows,
        "accelerator",
        lambda name, precision: accelerator_figures(*accelerators[name], precision),
    )
    numbers = (
        *("tensor_parallel", "pipeline_parallel", "replicas"),
        *("sharing", "accelerators", "batch"),
        *("input_tokens", "output_tokens", "clock_fraction"),
    )
    ranks = rows["tensor_parallel"] * rows["pipeline_parallel"]
    sharing = rows[["data_parallel", "expert_parallel"]].min(axis=1)
    replicas = (rows["accelerators"] / ranks).fillna(rows["data_parallel"])
    rows = rows.assign(replicas=replicas, sharing=sharing)
    kv_share = np.where(rows["kv_precision"].isin(BITS_16), 1.0, 0.5)
    load = Load(llm, hardware, kv_share, *(rows[name].to_numpy(float) for name in numbers))
    most = np.fmin(_memory_batch(load), rows["concurrency"].to_numpy(float))
    filled = np.where(np.isnan(load.batch), most, load.batch)
    return replace(load, batch=np.maximum(filled, 1.0))


def _distinct(rows: pd.DataFrame, column: str, record: Callable):
    codes, names = (rows[column] + SEPARATOR + rows["precision"]).factorize()
    return taken(stacked([record(*name.split(SEPARATOR)) for name in names]), codes)


def _memory_batch(load: Load) -> Array:
    """Sequences that fit beside the weights of every replica at their mean length."""
    each_gb = load.hardware.memory_gb * load.tensor * load.stages
    elsewhere = load.llm.expert_bytes * (1.0 - 1.0 / load.sharing)
    room = each_gb * BYTES_PER_GB - (load.llm.weight_bytes - elsewhere)
    context = np.maximum(load.inputs + load.outputs / 2.0, 1.0)
    return load.replicas * room / _cache_bytes(context, load)


def _cache_bytes(context: Array, load: Load) -> Array:
    """Of one sequence [bytes]."""
    tokens = cached_token_layers(context, load.llm)
    return tokens * load.llm.kv_bytes_per_token_layer * load.kv_share


def _seconds(flops: Array, read_bytes: Array, load: Load, groups: Array) -> Array:
    """Time of work on so many accelerators [s]."""
    peak = load.hardware.peak_tflops * FLOPS_PER_TFLOPS * load.clock
    bandwidth = load.hardware.bandwidth_gb_per_s * BYTES_PER_GB
    return np.maximum(flops / (groups * peak), read_bytes / (groups * bandwidth))


def active_parameters(llm: LlmFigures) -> Array:
    """Parameters that a token is multiplied with."""
    return llm.core_parameters + llm.expert_parameters * llm.experts_per_token / llm.experts


def _weights_bytes(tokens: Array, load: Load) -> Array:
    """Read by a group for its tokens and what others send to its experts."""
    covered = expert_coverage(tokens * load.sharing, load.llm)
    return load.llm.core_bytes + load.llm.expert_bytes * covered / load.sharing


def _step_s(load: Load) -> Array:
    """All stages, each with its share of the batch."""
    sequences = np.maximum(load.batch / (load.replicas * load.stages), 1.0)
    context = load.inputs + load.outputs / 2.0
    cached = cached_token_layers(context, load.llm)
    flops = FLOPS_PER_PARAMETER * (active_parameters(load.llm) + load.llm.head_parameters)
    flops = sequences * (flops + cached * load.llm.decode_pair_flops)
    read = _weights_bytes(sequences, load) + sequences * _cache_bytes(context, load)
    return _seconds(flops, read, load, load.tensor)


def _prompt_flops(load: Load) -> Array:
    pairs = attended_pairs(load.inputs, load.llm) * load.llm.prefill_pair_flops
    return FLOPS_PER_PARAMETER * active_parameters(load.llm) * load.inputs + pairs


def _first_s(load: Load) -> Array:
    """One prompt, its chunks in all stages at once."""
    read = _weights_bytes(load.inputs, load)
    return _seconds(_prompt_flops(load), read, load, load.tensor * load.stages)


def _prefill_s(load: Load) -> Array:
    """A batch of prompts."""
    prompts = np.maximum(load.batch / load.replicas, 1.0)
    read = _weights_bytes(prompts * load.inputs, load)
    return _seconds(prompts * _prompt_flops(load), read, load, load.tensor * load.stages)


def _tpot_s(load: Load) -> Array:
    prompts = load.batch * _prompt_flops(load)
    between_s = _seconds(prompts, 0.0 * prompts, load, load.accelerators)
    return _step_s(load) + between_s / np.maximum(load.outputs, 1.0)


def _layer_s(load: Load) -> Array:
    """Short contexts: the weights alone."""
    flops = FLOPS_PER_PARAMETER * load.batch * active_parameters(load.llm)
    core = _weights_bytes(load.batch, load) - load.llm.head_parameters * 2.0
    return _seconds(flops, core, load, load.tensor) / load.llm.layers


def _output_tokens_per_s(load: Load) -> Array:
    return load.batch / _tpot_s(load)


def _total_tokens_per_s(load: Load) -> Array:
    batch_s = _prefill_s(load) + load.outputs * _step_s(load)
    return load.batch * (load.inputs + load.outputs) / batch_s


def _limit_w(load: Load) -> Array:
    return load.hardware.limit_w


def _system_w(load: Load) -> Array:
    return load.accelerators * load.hardware.limit_w


def _energy_j(load: Load) -> Array:
    return _system_w(load) / _output_tokens_per_s(load)


def _relative_time(load: Load) -> Array:
    """Of a prefill where one token follows, else of a step."""
    full = replace(load, clock=np.ones_like(load.clock))
    prefill = _prefill_s(load) / _prefill_s(full)
    return np.where(load.outputs >= 1.0, prefill, _step_s(load) / _step_s(full))


def _relative_power(load: Load) -> Array:
    return load.clock


def _kernel_time(rows: pd.DataFrame) -> Array:
    """What keeps a kernel busy at full clock; the cores alone where that is not told."""
    cores = rows["compute_active"].fillna(1.0).to_numpy()
    memory = rows["memory_active"].fillna(0.0).to_numpy()
    slowed = np.maximum(cores / rows["clock_fraction"].to_numpy(), memory)
    return slowed / np.maximum(cores, memory)


def _kernel_power(rows: pd.DataFrame) -> Array:
    return (rows["clock_fraction"] * rows["power_limit_fraction"]).to_numpy()


QUANTITIES: Mapping[str, Callable[[Load], Array]] = {
    "step_s": _step_s,
    "tpot_s": _tpot_s,
    "prefill_s": _prefill_s,
    "ttft_s": _first_s,
    "ttft_load_s": _first_s,
    "layer_s": _layer_s,
    "output_tokens_per_s": _output_tokens_per_s,
    "served_tokens_per_s": _output_tokens_per_s,
    "total_tokens_per_s": _total_tokens_per_s,
    "power_w": _limit_w,
    "prefill_power_w": _limit_w,
    "step_power_w": _limit_w,
    "system_power_w": _system_w,
    "energy_per_output_token_j": _energy_j,
    "relative_time": _relative_time,
    "relative_power": _relative_power,
}
KERNELS: Mapping[str, Callable] = {
    "relative_time": _kernel_time,
    "relative_power": _kernel_power,
}
