"""Small cases in which levers are mixed: numbers alone, none of the program's words.

One or two regions and SKUs, two slots; one online workload, perhaps with two ways to divide its
requests, and one batch class.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SLOTS = 2
DAY, RUN, APART, FUTURES, STAGES, LOSS = "day", "run", "apart", "futures", "stages", "loss"
QUALITY = {"large": 1.0, "small": 0.6}
SOLD, SMALL = 0, 1  # sizes of memory


@dataclass(frozen=True)
class Engine:
    """What a replica is; on a host it takes sockets and DRAM in place of accelerators."""

    sku: int
    role: str = "mixed"  # or prefill, decode, host
    llm: str = "large"
    accelerators: float = 1.0
    loaded_kw: float = 0.0
    start_kwh: float = 0.0
    start_fraction: float = 0.0
    host_share: float = 0.0
    host_gb: float = 0.0


@dataclass(frozen=True)
class Contract:
    """Power that is offered to one region, by the kW contracted."""

    region: int
    profile: NDArray  # (slot,)
    least_kw: float
    most_kw: float
    price: float
    resale: float
    intensity: float


@dataclass(frozen=True)
class Case:
    """Numbers of a case: g SKU, r region, y stage, t slot, k class (batch last), c clocked."""

    time: str
    # servers
    sku_accelerators: NDArray  # (g,)
    off_kw: NDArray  # (g,)
    powered_kw: NDArray  # (g,)
    parts_kgco2e: NDArray  # (y, g, host or accelerators)
    parts_usd: NDArray  # (y, g, host or accelerators)
    kgco2e_per_hour: NDArray  # (g,)
    existing: NDArray  # (g, r)
    stock: NDArray  # (y, g, r)
    switch_off: bool
    charge: str  # owned-time, use or purchase
    # memory of bought servers
    memory: bool
    free_gb: NDArray  # (g, size)
    saved_kw: NDArray  # (g, size)
    saved_kgco2e: NDArray  # (g, size)
    saved_usd: NDArray  # (g, size)
    saved_kgco2e_per_hour: NDArray  # (g, size)
    # renewal
    upgrades: bool
    moves: bool
    move_kgco2e: float
    host_life: int  # in stages
    life: int
    budget_usd: float
    # replicas
    engines: tuple[Engine, ...]
    engine_of: tuple[int, ...]  # by clocked configuration
    rate_rps: NDArray  # (k, c)
    energy_kj: NDArray  # (k, c)
    host_reuse_share: float
    start_costs: bool
    hold: bool
    # requests
    ways: tuple[tuple[int, ...], ...]  # classes of each way to divide the online workload
    demand_rps: NDArray  # (k, t)
    work_rps: NDArray  # (t,)
    waits: bool
    headroom: float
    spare: int
    tokens: NDArray  # (k,)
    floor: float
    region_share: float
    vendor_share: float
    # power
    hours: NDArray  # (t,)
    slot_hours: float
    pue: NDArray  # (r, t)
    intensity: NDArray  # (r, t)
    price: NDArray  # (r, t)
    residual: NDArray  # (r, t)
    negative: str
    contracts: tuple[Contract, ...]
    by_market: bool
    matched_share: float
    # what is least
    weights: tuple[float, float]  # of carbon and of cost
    probability: NDArray  # (future,) which are slots
    tail: float
    worst_weight: float

    @property
    def regions(self) -> int:
        return self.existing.shape[1]

    @property
    def stages(self) -> int:
        return len(self.stock)

    @property
    def batch(self) -> int:
        return len(self.rate_rps) - 1

    @property
    def stage_of(self) -> tuple[int, int]:
        return (0, 1) if self.time == STAGES else (0, 0)

    @property
    def previous(self) -> tuple[int, int]:
        return {DAY: (1, 0), RUN: (-1, 0)}.get(self.time, (0, 1))

    @property
    def counted_hours(self) -> NDArray:
        """Hours that slots count, by the probability of the future that they are, (t,)."""
        odds = self.probability if self.time == FUTURES else 1.0
        return self.hours * self.slot_hours * odds

    @property
    def is_open(self) -> NDArray:
        """Whether a region can be used in a slot, (r, t)."""
        is_open = np.ones((self.regions, SLOTS))
        is_open[0, 1] = self.time != LOSS
        return is_open
