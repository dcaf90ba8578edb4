"""Everything a plan is made from: the scenario with the records and series that it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from carbonplan.catalogue.measurements import Measurement
from carbonplan.catalogue.records import (
    EmbodiedCoefficient,
    Evidence,
    ModelCard,
    Region,
    RequestClass,
    Server,
    Source,
)
from carbonplan.scenario.schema import Scenario
from carbonplan.scenario.workloads import Workload

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class WorkloadClass:
    """A request class of one workload, of one of its partitions where it has any."""

    workload: Workload
    request_class: RequestClass
    partition: str = ""

    @property
    def label(self) -> str:
        """Name within the workload: ``<class>``, or ``<partition>/<class>``."""
        name = self.request_class.request_class
        return f"{self.partition}/{name}" if self.partition else name

    @property
    def name(self) -> str:
        return f"{self.workload.name}/{self.label}"

    @property
    def way(self) -> str:
        """Name of its partition among those of all workloads, ``<workload>/<partition>``."""
        return f"{self.workload.name}/{self.partition}"

    @property
    def is_optional(self) -> bool:
        """Whether its workload may divide its requests in another way."""
        return len(self.workload.partitions or ()) > 1


@dataclass(frozen=True)
class Known:
    """How a figure is known, and whose it is."""

    evidence: Evidence
    source: str


@dataclass(frozen=True)
class InputFile:
    """A file that was read, with its hash for the manifest."""

    path: Path
    sha256: str


@dataclass(frozen=True)
class MeasuredProfile:
    """Operating point of a configuration as its user measured it; replaces the model.

    With ``replica_power_w`` it is a *mode*: replicas that serve one request class alone, draw
    the same whatever they serve, and may span servers. The limits are those that whoever
    measured set on what was measured.
    """

    llm: str
    sku: str
    tensor_parallel: int
    pipeline_parallel: int
    precision: str
    clock_fraction: float
    request_class: str
    max_rate_rps: float  # sustained by one replica inside the SLOs
    energy_j_per_request: float  # IT energy above idle
    ttft_s: float  # mean, without network
    source: str
    replica_power_w: float | None = None  # above that of its accelerators parked
    accelerators: int | None = None  # of a mode; None: as its parallelism says
    tpot_s: float | None = None
    latency_s: float | None = None
    ttft_limit_s: float | None = None
    tpot_limit_s: float | None = None
    latency_limit_s: float | None = None

    @property
    def is_mode(self) -> bool:
        return self.replica_power_w is not None


@dataclass(frozen=True)
class Node:
    """A stage of the scenario's tree, at whose start servers are bought.

    Attributes
    ----------
    name
        The stage's name where all futures share it, else ``<stage>/<future>``; ``now`` in a
        scenario without stages.
    future, parent
        None where it is shared by all futures, and where it is the first.
    start_years, years
        From the horizon's start, and how long it lasts [years].
    probability
        That it comes.
    last
        Whether no stage follows.
    """

    name: str
    stage: str
    future: str | None
    parent: str | None
    start_years: float
    years: float
    probability: float
    last: bool


NOW = Node("now", "now", None, None, 0.0, 1.0, 1.0, last=True)
"""The only node of a scenario without stages, of a year; there it is as long as the horizon."""


@dataclass(frozen=True)
class Inputs:
    """The scenario, its records in the order of its lists, and its labelled series.

    Attributes
    ----------
    series
        Variables over (region, slot): ``intensity_kgco2e_per_kwh``, ``pue`` [1],
        ``price_usd_per_kwh``, ``wue_l_per_kwh`` (per IT kWh), ``ewif_l_per_kwh`` (per site
        kWh); over (workload, origin, slot): ``arrivals_rps``, where a workload without origins
        uses the origin ``anywhere`` (other pairs are zero); over (slot): ``time_utc``,
        ``weight`` (how many like slots it stands for), ``previous`` (position of the slot
        before it, -1 where a closed run begins), ``run`` (number of its run of consecutive
        slots), ``slot_hours``, ``stage`` (name of its node), ``future`` (empty where all
        share it) and ``lost_region`` (the one that the slot is without, or empty); over
        (request_class, slot): ``share``, of the workload's requests that are of the class (the
        shares of each partition sum to one, unless a file counts requests by class); over
        (region, slot) also ``region_open``, 1 or 0. Slots of all stages and futures stand one
        after another; a weight counts the length of the stage and the probability of the
        future, and is zero in slots without a region.
    rtt_s
        Round trip (origin, region) [s]; zero for ``anywhere``.
    known
        How each series over (region, slot) and ``rtt_s`` are known, by name and region.
    measurements
        Own measurements that replace the model's times where they were taken.
    calibration
        File of coefficients fitted to own measurements, which go before the shipped ones.
    nodes
        The scenario's tree of stages, parents before their children.
    notes
        What is known of where series come from: estimated and filled hours.
    """

    scenario: Scenario
    servers: tuple[Server, ...]
    llms: tuple[ModelCard, ...]
    regions: tuple[Region, ...]
    classes: tuple[WorkloadClass, ...]
    series: xr.Dataset
    rtt_s: xr.DataArray
    embodied_coefficients: tuple[EmbodiedCoefficient, ...]
    profiles: tuple[MeasuredProfile, ...]
    sources: tuple[Source, ...]
    files: tuple[InputFile, ...]
    known: Mapping[tuple[str, str], Known] = field(default_factory=dict)
    measurements: tuple[Measurement, ...] = ()
    calibration: Path | None = None
    nodes: tuple[Node, ...] = (NOW,)
    notes: tuple[str, ...] = ()
