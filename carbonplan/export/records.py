"""What is rolled out, in the terms of those who run it: pools, machines, hours, orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Period = Literal["day", "week"]


@dataclass(frozen=True)
class Options:
    """What a plan cannot know and its user may add, and which part of it is exported.

    Attributes
    ----------
    stage
        Whose servers and replicas; None: the first.
    slot
        Number of the slot whose replicas are set; None: the busiest of each region.
    image
        Container image of the engine.
    models
        Path or Hugging Face id of the weights, by LLM.
    node_class
        Name of the node class that Karpenter launches nodes with.
    """

    stage: str | None = None
    slot: int | None = None
    image: str | None = None
    models: Mapping[str, str] = field(default_factory=dict)
    node_class: str | None = None


@dataclass(frozen=True)
class Note:
    """What is left out or assumed, of what, and why.

    ``what`` and ``why`` are words of this package alone; names from the plan are ``of``.
    """

    target: str
    what: str
    why: str
    of: str = ""


@dataclass(frozen=True)
class Export:
    """Files by path inside the folder, and what is not in them."""

    files: Mapping[str, bytes]
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Identity:
    """Which plan it is, and how good it is proven to be."""

    scenario: str
    fingerprint: str
    status: str
    gap: float | None
    stage: str


@dataclass(frozen=True)
class Machine:
    """A SKU as a cluster sees it."""

    sku: str
    accelerator: str
    vendor: str
    architecture: str
    kind: str  # of its accelerators: gpu or cpu
    accelerators: int
    cores: int  # of the host
    boost_mhz: float
    lowest_mhz: float


@dataclass(frozen=True)
class Pool:
    """Replicas of one engine: what each is, and how many run where and when.

    Attributes
    ----------
    accelerators
        Of one replica; 0 of replicas on sockets of a host.
    servers
        That one replica spans.
    cpus
        Cores that a replica takes, where it runs on CPU sockets; else 0.
    dram_gb
        Memory of the host that such a replica takes; 0 where that is not planned.
    runs_bf16
        Whether the accelerator has bfloat16.
    start_s
        Planned time of a start.
    sequences
        In flight at the planned mix and the full rate; None where that is not known.
    model_tokens
        Longest sequence that LLM and memory allow; None where that was not modelled.
    classes
        Request classes that are planned to be served.
    replicas
        By region, for each slot of the stage.
    """

    engine: str
    llm: str
    sku: str
    role: str
    precision: str
    native_precision: str
    tensor_parallel: int
    pipeline_parallel: int
    accelerators: int
    servers: int
    cpus: int
    dram_gb: float
    runs_bf16: bool
    start_s: float
    sequences: int | None
    model_tokens: int | None
    context_tokens: int
    classes: tuple[str, ...]
    replicas: Mapping[str, tuple[int, ...]]
    measured: bool = False


@dataclass(frozen=True)
class Hours:
    """When the slots of the stage begin, and how often they recur.

    ``period`` is None where they are no whole day or week; ``reason`` says why.
    """

    starts: tuple[datetime, ...]
    minutes: int
    period: Period | None
    reason: str = ""


@dataclass(frozen=True)
class Group:
    """Servers of a SKU that stand in a region, and the clock that they run at.

    Attributes
    ----------
    clocks_mhz
        By slot: the clocks that the plan uses, rising; none where nothing runs.
    """

    region: str
    provider: str
    sku: str
    servers: int
    clocks_mhz: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Order:
    """Something to buy, rent, upgrade or move at the start of a stage."""

    stage: str
    action: str  # buy, rent, upgrade, move
    region: str
    sku: str
    origin: str  # the SKU that is upgraded, or the region that is left
    count: int
    unit_usd: float | None
    unit: str  # USD, or USD an hour
    embodied_kgco2e: float  # of one
    lead_years: float | None
    evidence: str  # of the price
    source: str


@dataclass(frozen=True)
class Rollout:
    """A stage of a plan, ready to be written in any format."""

    identity: Identity
    serving: str  # engine whose overheads were planned with
    switch_off: bool
    machines: Mapping[str, Machine]
    pools: tuple[Pool, ...]
    hours: Hours
    groups: tuple[Group, ...]
    orders: tuple[Order, ...]
    options: Options = Options()
    whole: bool = True  # replicas are planned as whole numbers
    notes: tuple[Note, ...] = ()

    @property
    def regions(self) -> list[str]:
        """Regions in which something stands or runs, in the order of the plan."""
        running = [region for pool in self.pools for region in pool.replicas]
        return list(dict.fromkeys([*(group.region for group in self.groups), *running]))

    def in_region(self, region: str) -> list[Pool]:
        """Pools that run in a region."""
        return [pool for pool in self.pools if region in pool.replicas]

    def count(self, pool: Pool, region: str) -> int:
        """Replicas that are set: those of the chosen slot, or of the region's busiest."""
        chosen = self.options.slot
        return pool.replicas[region][self.busiest(region) if chosen is None else chosen]

    def busiest(self, region: str) -> int:
        """The slot in which replicas take the most accelerators of a region, then cores.

        The most of each pool would not fit: pools peak at different hours.
        """
        pools = self.in_region(region)
        taken = [
            (
                sum(pool.replicas[region][t] * pool.accelerators for pool in pools),
                sum(pool.replicas[region][t] * pool.cpus for pool in pools),
            )
            for t in range(len(self.hours.starts))
        ]
        return taken.index(max(taken))

    def lacking(self, group: Group) -> int:
        """Accelerators that replicas rounded up to whole numbers lack in their worst slot."""
        pools = [pool for pool in self.in_region(group.region) if pool.sku == group.sku]
        taken = [
            sum(pool.replicas[group.region][t] * pool.accelerators for pool in pools)
            for t in range(len(self.hours.starts))
        ]
        stand = group.servers * self.machines[group.sku].accelerators
        return max(0, max(taken, default=0) - stand)
