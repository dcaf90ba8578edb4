"""Index sets and coefficients: all that the program sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carbonplan.catalogue.inputs import NOW, Node

if TYPE_CHECKING:
    import xarray as xr

Label = tuple[str, ...]


@dataclass(frozen=True)
class Renewal:
    """How cohorts of servers pass from stage to stage; a cohort is called by its name.

    Attributes
    ----------
    kept
        (stage, cohort, sku, region) where a cohort bought earlier may still stand.
    fixed
        Whether what stood before must stay: there are no stages at which to retire it.
    upgrades
        (stage, cohort, sku, new sku, region): hosts that may get other accelerators, ...
    upgraded
        ... and the cohort that they are then, by (stage, cohort).
    moves
        (stage, cohort, sku, region, other region).
    orders
        (stage, first stage, sku): purchases that are ordered together.
    """

    kept: tuple[Label, ...] = ()
    fixed: bool = True
    upgrades: tuple[Label, ...] = ()
    upgraded: Mapping[tuple[str, str], str] = field(default_factory=dict)
    moves: tuple[Label, ...] = ()
    orders: tuple[Label, ...] = ()


@dataclass(frozen=True)
class Supply:
    """Power under contract.

    Attributes
    ----------
    bounds_kw
        Least and most that can be contracted, by (contract, region that it serves).
    matched_share
        Least share of each region's energy that contracts match in its hour.
    market_based
        Whether matched energy counts by its contract, the rest by the residual mix.
    """

    bounds_kw: Mapping[tuple[str, str], tuple[float, float]] = field(default_factory=dict)
    matched_share: float = 0.0
    market_based: bool = False


@dataclass(frozen=True)
class Promises:
    """What is promised to workloads beyond service inside the SLOs.

    Attributes
    ----------
    workload_of
        Workload of each request class.
    quality_margin
        Tokens of an answer times quality above the floor, by (class, configuration) that
        answers; only of workloads with a floor.
    spare_replicas
        Idle replicas that are kept running, by workload; only where there are some.
    alternatives
        (class, configuration) of another LLM than the workload's own.
    """

    workload_of: Mapping[str, str] = field(default_factory=dict)
    quality_margin: Mapping[tuple[str, str], float] = field(default_factory=dict)
    spare_replicas: Mapping[str, int] = field(default_factory=dict)
    alternatives: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class Shares:
    """Most of all accelerators that may stand in one region, and be of one vendor."""

    of_region: float = 1.0
    of_vendor: float = 1.0
    vendor_of: Mapping[str, str] = field(default_factory=dict)  # by SKU


@dataclass(frozen=True)
class Risk:
    """Futures, and what the worst of them count in the objective.

    Attributes
    ----------
    futures
        Probability of each.
    tail, weight
        Share of the worst futures, and weight of their mean beside that of all.
    """

    futures: Mapping[str, float] = field(default_factory=dict)
    tail: float = 1.0
    weight: float = 0.0


@dataclass(frozen=True)
class Problem:
    """Index sets and labelled coefficients of one planning problem.

    Attributes
    ----------
    data
        Over (request_class, origin, slot): ``demand_rps`` (online). Over (request_class,
        slot): ``arrivals_rps``, ``backlog_limit_krequests`` (batch). Over (request_class,
        configuration): ``rate_rps``, ``energy_kj_per_request``, ``ttft_s``. Over (engine):
        ``accelerators``, ``loaded_kw``, ``start_energy_kwh``, ``start_fraction`` (of a slot),
        ``host_share``, ``host_dram_gb`` (of a replica on a host; else 0). Over (sku):
        ``free_dram_gb`` (as sold, for such replicas), ``sku_accelerators``, ``off_kw``,
        ``powered_kw`` (host idle and all accelerators parked), ``server_kgco2e_per_hour``.
        Over (stage, cohort, sku): what a server that stands is charged with, ``server_usd``
        and ``server_kgco2e``. Over (stage, sku): ``purchase_usd`` and ``upgrade_usd``, paid at
        the start. Over (cohort, sku, region): ``existing_servers``. Over (region, slot):
        ``pue``,
        ``intensity_kgco2e_per_kwh``, ``price_usd_per_kwh``, ``wue_l_per_kwh``,
        ``ewif_l_per_kwh``, ``site_it_limit_kw`` (infinite without a limit), ``region_open``
        (0 where the region is lost). Over (origin, region): ``rtt_s``. Over (slot): ``hours``
        (weight times length), ``previous``, ``slot_stage`` (position of its stage), ``held``
        (first slot of the window in which replicas stay), ``slot_future`` (its future, empty
        where all share it). Scalars: ``slot_hours``,
        ``availability``. Upper bounds of decisions as ``with_upper_bounds`` derives them.
    stage_bounds
        (impact, stage, most) where a stage has a bound of its own.
    nodes
        Stages as nodes of the scenario tree; the dimension ``stage`` has their names.
    renewal
        How cohorts of servers pass from stage to stage.
    online, batch
        Names of the request classes of each kind.
    routes
        (request_class, origin, region) over which online requests may go.
    serving
        (request_class, configuration, region) that may carry load.
    engine_of, sku_of
        Engine of each configuration, and SKU of each engine.
    role_of, weights_of
        Of configurations that serve one phase alone: "prefill" or "decode", and the weights
        that a KV cache is of.
    fittings
        (cohort, sku, memory): sizes that servers may have, where memory is chosen; ``data``
        has what they change over (sku, memory): ``fitted_free_dram_gb``, ``saved_idle_kw``,
        ``saved_kgco2e_per_hour``; over (stage, cohort) too: ``saved_kgco2e``, ``saved_usd``.
    stock
        (stage, sku, region or None) with the most servers that can be bought.
    budget_usd
        Most that purchases of a stage may cost, where it is limited.
    carriers
        Signals that a decision multiplies, by (signal, label): (decision, label).
    partition_of, partitions_of
        Partition of each class of a workload that has several to choose from, called
        ``<workload>/<partition>``, and the partitions of each such workload.
    negative
        What negative intensity counts for: as ``signal.negative`` of the scenario.
    supply, promises, shares
        Power under contract, what workloads are promised, and what limits concentration. With
        contracts the data have what ``problem.supply`` lists.
    site_power_kw, site_servers
        Limits of regions that have one.
    """

    data: xr.Dataset
    online: tuple[str, ...]
    batch: tuple[str, ...]
    routes: tuple[tuple[str, str, str], ...]
    serving: tuple[tuple[str, str, str], ...]
    engine_of: dict[str, str]
    sku_of: dict[str, str]
    stock: tuple[tuple[str, str, str | None, int], ...]
    site_power_kw: dict[str, float]
    site_servers: dict[str, int]
    whole_replicas: bool
    switch_off: bool
    start_costs: bool
    charge: str
    objective: dict[str, float]
    bounds: tuple[tuple[str, float], ...]
    stage_bounds: tuple[tuple[str, str, float], ...] = ()
    nodes: tuple[Node, ...] = (NOW,)
    renewal: Renewal = Renewal()
    budget_usd: Mapping[str, float] = field(default_factory=dict)
    carriers: Mapping[tuple[str, Label], tuple[str, Label]] = field(default_factory=dict)
    fittings: tuple[Label, ...] = ()
    role_of: Mapping[str, str] = field(default_factory=dict)
    weights_of: Mapping[str, str] = field(default_factory=dict)
    partition_of: Mapping[str, str] = field(default_factory=dict)
    partitions_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    negative: str = "floor"
    supply: Supply = Supply()
    promises: Promises = Promises()
    shares: Shares = Shares()
    risk: Risk = Risk()

    @property
    def on_hosts(self) -> tuple[str, ...]:
        """Engines whose replicas run on sockets of hosts."""
        share = self.data.get("host_share")
        return () if share is None else tuple(share["engine"].values[share > 0].tolist())

    @property
    def stood(self) -> set[str]:
        """Cohorts that stood before the first stage: hosts and accelerators."""
        nodes = {node.name for node in self.nodes}
        cohorts = self.data["cohort"].values.tolist()
        return {name for name in cohorts if name.rpartition("+")[2] not in nodes}
