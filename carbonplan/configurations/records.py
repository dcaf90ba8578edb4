"""A configuration, its rejection, and the table of what configurations need."""

from __future__ import annotations

from dataclasses import dataclass

import xarray as xr

from carbonplan.technology.figures import Role
from carbonplan.technology.host_sockets import ON_HOST


@dataclass(frozen=True)
class Configuration:
    """What one replica can be."""

    llm: str
    sku: str
    tensor_parallel: int
    pipeline_parallel: int
    precision: str
    clock_fraction: float
    role: Role = "mixed"
    on_host: bool = False  # on CPU sockets of the SKU's host; parallel over those
    mode: str = ""  # request class that it was measured for and serves alone
    measured_on: int | None = None  # accelerators of a mode; None: as its parallelism says

    @property
    def accelerators(self) -> int:
        of_parallelism = self.tensor_parallel * self.pipeline_parallel
        return 0 if self.on_host else self.measured_on or of_parallelism

    @property
    def engine(self) -> str:
        """Name of what is loaded: the configuration without its clock, which is set at once.

        A mode is measured at one clock, and is an engine of its own.
        """
        parallel = f"tp{self.tensor_parallel}"
        if self.pipeline_parallel > 1:
            parallel += f"pp{self.pipeline_parallel}"
        role = "" if self.role == "mixed" else f":{self.role}"
        place = f"{self.sku}{ON_HOST if self.on_host else ''}"
        mode = f":{self.mode} at {self.clock}" if self.mode else ""
        return f"{self.llm}@{place}:{parallel}:{self.precision}{role}{mode}"

    @property
    def name(self) -> str:
        return f"{self.engine}:{self.clock}"

    @property
    def clock(self) -> str:
        """Clock in percent of the boost clock."""
        return f"{round(100 * self.clock_fraction)}%"


@dataclass(frozen=True)
class Rejection:
    """A configuration that cannot serve, or need not, and why."""

    configuration: Configuration
    kind: str  # "memory", "parallelism", "precision", "slo", "dominated"
    reason: str


@dataclass(frozen=True)
class Configurations:
    """The configurations kept, what each needs, and those rejected.

    Attributes
    ----------
    table
        Over (request_class, configuration): ``rate_rps`` (planned rate of one replica: the
        sustained rate inside the SLOs times the load limit, over the workload's headroom; 0
        where it cannot or need not serve the class), ``energy_kj_per_request`` (IT energy
        above that of a replica of ``loaded_kw``), ``ttft_s`` (mean, without network). Over
        (engine): ``accelerators``, ``loaded_kw`` (power of a replica whatever it serves above
        its accelerators' parked power), ``working_kw`` (what of it an idle one does not draw),
        ``start_energy_kwh``, ``start_hours``, ``start_fraction`` (of a slot),
        ``host_share`` and ``host_dram_gb`` (of a host's sockets and memory; 0 of replicas on
        accelerators). Coordinates of a configuration: ``sku``, ``llm``,
        ``configuration_engine``, ``on_host``, ``role`` ("mixed", or the one phase that its
        replicas serve; ``ttft_s`` is what that adds).
    whole_replicas
        Whether replicas are planned as whole numbers.
    """

    kept: tuple[Configuration, ...]
    rejected: tuple[Rejection, ...]
    table: xr.Dataset
    whole_replicas: bool
