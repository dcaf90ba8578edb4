"""Figures of LLMs and hardware that the models compute with, as numbers or as arrays.

A figure record holds numbers for one LLM or server; :func:`stacked` makes the same record
hold arrays over replicas, so that one function serves one replica and a million.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal, TypeVar

import numpy as np

from carbonplan.catalogue.records import (
    Accelerator,
    AcceleratorPower,
    ModelCard,
    Server,
)
from carbonplan.technology.calibration import Calibration
from carbonplan.technology.coefficients import Coefficients
from carbonplan.technology.shapes import LlmFigures, llm_figures
from carbonplan.technology.subjects import (
    FAMILIES,
    SHORT_SUMS,
    UNFUSED,
    Subjects,
    names_by_level,
    shape_features,
)

Figures = TypeVar("Figures")
Role = Literal["mixed", "prefill", "decode"]  # phases that a replica serves

WIDER_PEAKS = {
    "fp16": ("fp16_tflops",),
    "bf16": ("bf16_tflops", "fp16_tflops"),
    "fp8": ("fp8_tflops", "bf16_tflops", "fp16_tflops"),
    "int8": ("bf16_tflops", "fp16_tflops"),  # weight-only: multiplied in 16 bits
    "int4": ("bf16_tflops", "fp16_tflops"),  # weight-only
    "fp4": ("fp4_tflops", "fp8_tflops", "bf16_tflops", "fp16_tflops"),
}


@dataclass(frozen=True)
class Replica:
    """One running copy: an LLM on accelerators of a server, and how it is spread over them."""

    server: Server
    llm: ModelCard
    tensor_parallel: int
    pipeline_parallel: int
    precision: str
    clock_fraction: float
    role: Role = "mixed"
    mode: str = ""  # request class that it was measured for and serves alone

    @property
    def accelerators(self) -> int:
        return self.tensor_parallel * self.pipeline_parallel


@dataclass(frozen=True)
class HardwareFigures:
    """One accelerator of a server with its share of the host, at the precision of a replica."""

    memory_gb: float
    bandwidth_gb_per_s: float
    peak_tflops: float  # of the precision, dense
    attention_tflops: float  # in 16 bits
    short_sums_tflops: float  # the same if products are added up in 16 bits as well
    narrow: float  # 1 where the peak is that of a format below 16 bits
    fp8: float  # 1 where numbers of eight bits are floating-point in hardware
    link_gb_per_s: float
    boost_clock_mhz: float
    limit_w: float
    idle_w: float
    parked_w: float
    host_load_w: float  # share of one accelerator
    nic_gb_per_s: float  # of the server
    nic_share_gb_per_s: float  # of one accelerator


@dataclass(frozen=True)
class ReplicaFigures:
    """All that the models need to know of replicas, over (replica,)."""

    llm: LlmFigures
    hardware: HardwareFigures
    coefficients: Coefficients
    tensor_parallel: np.ndarray
    pipeline_parallel: np.ndarray
    data_parallel: np.ndarray  # groups that attend to sequences of their own, sharing experts
    expert_parallel: np.ndarray  # groups of ranks, of which each holds whole experts
    clock_fraction: np.ndarray

    @property
    def accelerators(self) -> np.ndarray:
        return self.tensor_parallel * self.pipeline_parallel * self.data_parallel

    def __getitem__(self, part: slice | np.ndarray) -> ReplicaFigures:
        return ReplicaFigures(
            *(taken(record, part) for record in (self.llm, self.hardware, self.coefficients)),
            self.tensor_parallel[part],
            self.pipeline_parallel[part],
            self.data_parallel[part],
            self.expert_parallel[part],
            self.clock_fraction[part],
        )


def replica_figures(replicas: Sequence[Replica], calibration: Calibration) -> ReplicaFigures:
    """Figures of replicas, (replica,); records are read once for each LLM and server."""
    llms = _distinct(
        [(replica.llm.llm, replica.precision) for replica in replicas],
        [(replica.llm, replica.precision) for replica in replicas],
    )
    servers = _distinct(
        [(*_hardware_key(replica.server), replica.precision) for replica in replicas],
        [(replica.server, replica.precision) for replica in replicas],
    )
    llm = taken(stacked([llm_figures(*one) for one in llms.distinct]), llms.position)
    hardware = taken(
        stacked([hardware_figures(*one) for one in servers.distinct]), servers.position
    )
    family = FAMILIES.get(calibration.engine, calibration.engine)
    llm, hardware = as_engines_compute(llm, hardware, family)
    ranks, stages, clocks = (
        np.array([getattr(replica, name) for replica in replicas], dtype=float)
        for name in ("tensor_parallel", "pipeline_parallel", "clock_fraction")
    )
    alone = np.ones(len(replicas))
    names = names_by_level(
        np.array([server.accelerator for server, _ in servers.distinct], dtype=object),
        np.full(len(servers.distinct), calibration.engine),
        np.array([precision for _, precision in servers.distinct]),
    )
    shapes = shape_features(llm, hardware, ranks, stages, alone, alone)
    coefficients = calibration.coefficients(Subjects(names, servers.position, shapes))
    return ReplicaFigures(llm, hardware, coefficients, ranks, stages, alone, alone, clocks)


def stacked(records: Sequence[Figures]) -> Figures:
    """One record whose fields are arrays over the given records."""
    first = type(records[0])
    return first(
        *(
            np.array([getattr(record, field.name) for record in records], dtype=float)
            for field in fields(first)
        )
    )


def taken(record: Figures, part: np.ndarray | slice) -> Figures:
    """The record of arrays at some positions."""
    return type(record)(*(getattr(record, field.name)[part] for field in fields(record)))


def hardware_figures(server: Server, precision: str) -> HardwareFigures:
    """One accelerator of a server, its host shared equally among the accelerators."""
    return accelerator_figures(
        server.accelerator,
        server.power,
        precision,
        host_load_w=server.host.load_w / server.sku.accelerators,
        nic_gb_per_s=server.sku.nic_gb_per_s,
        accelerators=server.sku.accelerators,
    )


def accelerator_figures(
    accelerator: Accelerator,
    power: AcceleratorPower,
    precision: str,
    *,
    host_load_w: float = 0.0,
    nic_gb_per_s: float = np.inf,
    accelerators: int = 1,
) -> HardwareFigures:
    """One accelerator with a share of a host; without one, the accelerator alone."""
    peak, peak_name = _peak(accelerator, precision)
    return HardwareFigures(
        memory_gb=accelerator.memory_gb,
        bandwidth_gb_per_s=accelerator.memory_bandwidth_gb_per_s,
        peak_tflops=peak,
        attention_tflops=_peak(accelerator, "bf16")[0],
        short_sums_tflops=_short_sums_tflops(accelerator),
        narrow=float(peak_name not in WIDER_PEAKS["bf16"]),
        fp8=float(accelerator.fp8_tflops is not None),
        link_gb_per_s=accelerator.scale_up_bandwidth_gb_per_s,
        boost_clock_mhz=accelerator.boost_clock_mhz,
        limit_w=accelerator.tdp_w,
        idle_w=power.idle_w,
        parked_w=power.parked_w,
        host_load_w=host_load_w,
        nic_gb_per_s=nic_gb_per_s,
        nic_share_gb_per_s=nic_gb_per_s / accelerators,
    )


def as_engines_compute(
    llm: LlmFigures, hardware: HardwareFigures, families: np.ndarray | str
) -> tuple[LlmFigures, HardwareFigures]:
    """What the code of engine families makes of LLMs and hardware, (replica,).

    Most fuse attention, and store none of its products. Those that add up in 16 bits find the
    peak for that, where they multiply in 16 bits.
    """
    stored = np.where(np.isin(families, UNFUSED), llm.stored_pair_bytes, 0.0)
    short = np.isin(families, SHORT_SUMS)
    peak = np.where(
        short & (hardware.narrow == 0.0), hardware.short_sums_tflops, hardware.peak_tflops
    )
    attention = np.where(short, hardware.short_sums_tflops, hardware.attention_tflops)
    return (
        replace(llm, stored_pair_bytes=stored),
        replace(hardware, peak_tflops=peak, attention_tflops=attention),
    )


def _short_sums_tflops(accelerator: Accelerator) -> float:
    """Peak of 16 bits that are added up in 16 bits [TFLOPS].

    GeForce boards add them up in 32 bits at half the rate of others, and data sheets tell that
    peak. Integers of eight bits all boards multiply at twice the rate of short sums.
    """
    return max(_peak(accelerator, "bf16")[0], (accelerator.int8_tops or 0.0) / 2.0)


def _peak(accelerator: Accelerator, precision: str) -> tuple[float, str]:
    """Dense peak for a precision, or of the next wider one that the hardware has [TFLOPS]."""
    for name in WIDER_PEAKS[precision]:
        peak = getattr(accelerator, name)
        if peak is not None:
            return peak, name
    raise ValueError(f"{accelerator.accelerator} has no 16-bit peak")


def _hardware_key(server: Server) -> tuple[str, float]:
    """What tells the hardware of replicas apart: of a host, each takes the memory it needs."""
    return server.name, server.accelerator.memory_gb


@dataclass(frozen=True)
class _Distinct:
    distinct: list
    position: np.ndarray


def _distinct(keys: Sequence[tuple], values: Sequence[tuple]) -> _Distinct:
    """Distinct values in order of appearance, and where each of the keys finds its own."""
    first = dict(zip(reversed(keys), reversed(values), strict=True))
    order = list(dict.fromkeys(keys))
    number = {key: place for place, key in enumerate(order)}
    return _Distinct([first[key] for key in order], np.array([number[key] for key in keys]))
