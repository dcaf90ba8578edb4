r"""What loads at measured clocks and power limits consist of: time and power in parts.

Three kinds are told apart.

- An LLM: arithmetic and traffic of its prefill or decode over what engines reach of the data
  sheet, a launch for each step and sampling for each sequence; power by the shares of limit
  minus idle that matrix units, memory and sampling take.
- A kernel: it waits for memory for :math:`m = a_m / \hat a_m` of its time, with
  :math:`a_m` the measured activity of memory and :math:`\hat a_m` the highest in reach, and its
  cores draw power for as long as they are active. Where nothing but the cores is active, and
  these always, it is a large matrix multiplication, which takes what the limit allows.
- The training of a network: it is on the accelerator for a share :math:`d\, B / (B + B_h)` of
  the time, which grows with its batch B, and draws a share of the board's limit there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.technology.calibrate.roofline import Load as RooflineLoad
from carbonplan.technology.calibrate.roofline import active_parameters, load_of
from carbonplan.technology.calibrate.serving import Known
from carbonplan.technology.clocks import Load, Response, shares
from carbonplan.technology.experts import expert_coverage
from carbonplan.technology.memory import cached_token_layers
from carbonplan.technology.performance import attended_pairs
from carbonplan.units import BYTES_PER_GB, FLOPS_PER_TFLOPS

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
Values = Mapping[tuple[str, str], float]  # by coefficient and family

POOLED = "gpu"
SUSTAINED = "sustained_clock"
FLOPS_PER_PARAMETER = 2.0  # a multiplication and an addition for every token
PEAK_REACHED, BANDWIDTH_REACHED = 0.9, 0.75  # by kernels of serving engines
LAUNCH_S, SAMPLING_S = 1.4e-3, 5e-5  # of a step; of one sequence in it
HIGHEST_KNEE = 0.97  # over boost; a knee at boost itself has no slope
HIGHEST_SHARE = 0.999  # of time that waits for memory, so that some computes


@dataclass(frozen=True)
class Families:
    """One name for each load, as numbers into the distinct names."""

    names: tuple[str, ...]
    code: NDArray[np.int64]

    @classmethod
    def of(cls, names: pd.Series) -> Families:
        code, distinct = names.factorize()
        return cls(tuple(distinct), code)

    def pick(self, values: Values, coefficient: str) -> Array:
        """A coefficient over loads: that of the family, else the pooled one."""
        pooled = values[coefficient, POOLED]
        each = [values.get((coefficient, name), pooled) for name in self.names]
        return np.array(each)[self.code]


@dataclass(frozen=True)
class Served:
    """Times of the parts of prefills and steps at full clock, (row of an LLM,) [s]."""

    compute_s: Array
    memory_s: Array
    launch_s: Array
    sampling_s: Array


@dataclass(frozen=True)
class Described:
    """All that is known of measured loads before anything is fitted, (load,)."""

    accelerator: Families
    architecture: Families
    task: Families
    is_served: NDArray[np.bool_]
    is_kernel: NDArray[np.bool_]
    is_training: NDArray[np.bool_]
    idle_power: Array  # over the board's limit [1]
    boost_mhz: Array
    batch: Array
    compute_active: Array
    memory_active: Array
    clock_fraction: Array
    power_limit_fraction: Array
    served: Served

    @property
    def is_matrix(self) -> NDArray[np.bool_]:
        """Large matrix multiplications, whose cores are always busy and alone."""
        return self.is_kernel & (self.compute_active == 1.0) & (self.memory_active == 0.0)


def architecture(accelerator: str, known: Known) -> str:
    """Architecture of an accelerator, the family that its response to the clock belongs to."""
    return known.accelerators[accelerator][0].architecture.lower()


def described(rows: pd.DataFrame, known: Known) -> Described:
    """Loads of rows, (row,)."""
    boards = [known.accelerators[name] for name in rows["accelerator"]]
    is_served = (rows["llm"] != "").to_numpy()
    activity = rows["compute_active"].notna().to_numpy()
    return Described(
        accelerator=Families.of(rows["accelerator"]),
        architecture=Families.of(
            rows["accelerator"].map(lambda name: architecture(name, known))
        ),
        task=Families.of(rows["task"]),
        is_served=is_served,
        is_kernel=~is_served & activity,
        is_training=~is_served & ~activity,
        idle_power=np.array([power.idle_w / board.tdp_w for board, power in boards]),
        boost_mhz=np.array([board.boost_clock_mhz for board, _ in boards]),
        batch=rows["batch"].fillna(1.0).to_numpy(float),
        compute_active=rows["compute_active"].fillna(1.0).to_numpy(float),
        memory_active=rows["memory_active"].fillna(0.0).to_numpy(float),
        clock_fraction=rows["clock_fraction"].to_numpy(float),
        power_limit_fraction=rows["power_limit_fraction"].to_numpy(float),
        served=load_shares(rows[is_served], known),
    )


def load_shares(rows: pd.DataFrame, known: Known) -> Served:
    """Times of the parts of prefills and decode steps at full clock, (row of an LLM,)."""
    if rows.empty:
        return Served(*(np.zeros(0) for _ in fields(Served)))
    load = load_of(rows, known.llms, known.accelerators)
    prefill = load.outputs >= 1.0
    sequences = np.maximum(load.batch / (load.replicas * load.stages), 1.0)
    tokens = sequences * np.where(prefill, load.inputs, 1.0)
    peak = load.tensor * load.hardware.peak_tflops * FLOPS_PER_TFLOPS
    bandwidth = load.tensor * load.hardware.bandwidth_gb_per_s * BYTES_PER_GB
    return Served(
        _flops(load, sequences, tokens, prefill) / (peak * PEAK_REACHED),
        _bytes(load, sequences, tokens) / (bandwidth * BANDWIDTH_REACHED),
        np.full(len(rows), LAUNCH_S),
        np.where(prefill, 0.0, sequences * SAMPLING_S),
    )


def _flops(
    load: RooflineLoad, sequences: Array, tokens: Array, prefill: NDArray[np.bool_]
) -> Array:
    """Operations of a prefill or of a step at a context of the inputs."""
    each = FLOPS_PER_PARAMETER * active_parameters(load.llm)
    head = FLOPS_PER_PARAMETER * load.llm.head_parameters
    prompt = attended_pairs(load.inputs, load.llm) * load.llm.prefill_pair_flops
    step = cached_token_layers(load.inputs, load.llm) * load.llm.decode_pair_flops
    return tokens * each + sequences * (head + np.where(prefill, prompt, step))


def _bytes(load: RooflineLoad, sequences: Array, tokens: Array) -> Array:
    """Weights and caches that are read."""
    experts = load.llm.expert_bytes * expert_coverage(tokens, load.llm)
    cached = cached_token_layers(load.inputs, load.llm)
    cache = cached * load.llm.kv_bytes_per_token_layer * load.kv_share
    return load.llm.core_bytes + experts + sequences * cache


def response(loads: Described, values: Values) -> Response:
    """How the accelerators of loads respond to their clock; knees move with its frequency."""
    family, boost_mhz = loads.architecture, loads.boost_mhz
    sustained = _sustained_clock(loads, values)
    voltage_knee = family.pick(values, "voltage_knee_mhz") / boost_mhz
    return Response(
        sustained_clock=np.where(loads.is_matrix, sustained, 1.0),
        memory_clock_knee=family.pick(values, "memory_clock_knee_mhz") / boost_mhz,
        voltage_floor=family.pick(values, "voltage_floor"),
        voltage_knee=np.minimum(voltage_knee, HIGHEST_KNEE),
        idle_clock_share=values["idle_clock_share", POOLED],
    )


def loads_of(loads: Described, values: Values) -> Load:
    """Time and power of loads in parts, (load,)."""
    count = len(loads.batch)
    parts = {field.name: np.zeros(count) for field in fields(Load)}
    parts["duty"] += 1.0
    for where, load in (
        (loads.is_served, _served(loads, values)),
        (loads.is_kernel, _kernel(loads, values)),
        (loads.is_training, _training(loads, values)),
    ):
        for name, some in load.items():
            parts[name][where] = some
    return Load(**{**parts, "idle_power": loads.idle_power})


def _served(loads: Described, values: Values) -> dict[str, Array]:
    served = loads.served
    fixed_s = served.launch_s + served.sampling_s
    compute, memory, overhead = shares(served.compute_s, served.memory_s, fixed_s)
    room = 1.0 - loads.idle_power[loads.is_served]
    follows = values["memory_core_share", POOLED]
    matrix = np.minimum(values["serving_matrix_power", POOLED] * compute, 1.0)
    traffic = values["serving_memory_power", POOLED] * memory
    sampled = served.sampling_s / np.where(fixed_s > 0.0, fixed_s, 1.0) * overhead
    sampling = values["serving_sampling_power", POOLED] * sampled
    return {
        "compute": compute,
        "memory": memory,
        "overhead": overhead,
        "matrix_power": room * matrix,
        "core_power": room * (follows * traffic + sampling),
        "memory_power": room * (1.0 - follows) * traffic,
    }


def _kernel(loads: Described, values: Values) -> dict[str, Array]:
    cores, traffic = loads.compute_active[loads.is_kernel], loads.memory_active[loads.is_kernel]
    memory = np.minimum(traffic / values["kernel_memory_peak", POOLED], HIGHEST_SHARE)
    room = 1.0 - loads.idle_power[loads.is_kernel]
    matrix = loads.is_matrix[loads.is_kernel]
    core_power = room * values["kernel_core_power", POOLED] * cores
    return {
        "compute": np.sqrt(1.0 - memory**2),
        "memory": memory,
        "matrix_power": np.where(matrix, room, 0.0),
        "core_power": np.where(matrix, 0.0, core_power),
        "memory_power": room * values["kernel_memory_power", POOLED] * traffic,
    }


def _training(loads: Described, values: Values) -> dict[str, Array]:
    where = loads.is_training
    batch = loads.batch[where]
    half = loads.task.pick(values, "training_half_batch")[where]
    duty = loads.task.pick(values, "training_duty")[where] * batch / (batch + half)
    memory = values["training_memory_share", POOLED]
    drawn = loads.accelerator.pick(values, "training_power_share")[where]
    core = values["kernel_core_power", POOLED]
    traffic = values["kernel_memory_power", POOLED] * memory
    dynamic = np.maximum(drawn - loads.idle_power[where], 0.0)
    return {
        "compute": np.full(len(batch), np.sqrt(1.0 - memory**2)),
        "memory": np.full(len(batch), memory),
        "duty": duty,
        "core_power": dynamic * core / (core + traffic),
        "memory_power": dynamic * traffic / (core + traffic),
    }


def _sustained_clock(loads: Described, values: Values) -> Array:
    """Of the accelerator, else of its architecture, else of one that no limit holds."""
    known = {**values, (SUSTAINED, POOLED): np.nan}
    board = loads.accelerator.pick(known, SUSTAINED)
    related = loads.architecture.pick(known, SUSTAINED)
    return np.nan_to_num(np.where(np.isnan(board), related, board), nan=1.0)
