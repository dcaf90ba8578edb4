"""The most that a problem has: servers that stand or can be bought by then, and their power."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.cohorts import ancestors
from carbonplan.diagnose.needs import least_needs

if TYPE_CHECKING:
    from carbonplan.problem import Problem

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Room:
    """What a problem has at most, and what its requests take at least.

    Attributes
    ----------
    accelerators, kw
        By the request per second, (class, region, SKU).
    """

    problem: Problem
    accelerators: Floats
    kw: Floats

    @classmethod
    def of(cls, problem: Problem) -> Room:
        """The room of a problem."""
        needs = least_needs(problem)
        return cls(problem, needs.accelerators, needs.kw)

    @cached_property
    def regions(self) -> list[str]:
        """Names of the regions."""
        return self.problem.data["region"].values.tolist()

    @cached_property
    def skus(self) -> list[str]:
        """Names of the SKUs."""
        return self.problem.data["sku"].values.tolist()

    @cached_property
    def of_server(self) -> Floats:
        """Accelerators of a server that work, (SKU,)."""
        p = self.problem.data
        return p["sku_accelerators"].values * float(p["availability"])

    @cached_property
    def servers(self) -> Floats:
        """Most servers, (stage, region, SKU): those that stand, and all that can be bought."""
        p, nodes = self.problem.data, self.problem.nodes
        standing = p["existing_servers"].sum("cohort").transpose("region", "sku").values
        if self.problem.renewal.moves:
            standing = np.broadcast_to(standing.sum(0), standing.shape)
        most = np.stack([standing + self._bought(node.name) for node in nodes])
        if self.problem.renewal.upgrades:
            most = np.where(most.sum(axis=2, keepdims=True) > 0, np.inf, most)
        for i, region in enumerate(self.regions):
            most[:, i] = np.minimum(most[:, i], self.problem.site_servers.get(region, np.inf))
        return most

    @cached_property
    def in_all(self) -> Floats:
        """Most servers of all regions together, (stage, SKU)."""
        p = self.problem.data
        standing = p["existing_servers"].sum(["cohort", "region"]).values
        most = self.servers.sum(axis=1)
        if self.problem.renewal.upgrades:
            return most
        for y, node in enumerate(self.problem.nodes):
            for g, sku in enumerate(self.skus):
                bought = sum(
                    self._total_stock(stage, sku) * self.is_sold(stage, sku)
                    for stage in up_to(self.problem, node.name)
                )
                most[y, g] = min(most[y, g], standing[g] + bought)
        return most

    def rate_of_server(self, k: int) -> Floats:
        """Requests per second of class k that a server serves at most, (region, SKU)."""
        return self.of_server / self.accelerators[k]

    def capacity_rps(self, k: int, regions: list[int], *, powered: bool = True) -> Floats:
        """Requests per second of a class that regions serve at most, (slot,).

        Without ``powered`` as if their power were not limited.
        """
        p = self.problem.data
        stage = p["slot_stage"].values
        rate = self.rate_of_server(k)
        rate = np.where(np.isfinite(self.accelerators[k]), rate, 0.0)
        of_site = np.where(rate > 0, self.servers * rate, 0.0)
        in_all = np.where(rate.max(0) > 0, self.in_all * rate.max(0), 0.0).sum(axis=1)
        places = [
            self.problem.site_servers.get(r, np.inf) * rate[i].max()
            if rate[i].max() > 0
            else 0.0
            for i, r in enumerate(self.regions)
        ]
        of_region = np.minimum(of_site.sum(axis=2), places)[stage].T  # (region, slot)
        limit = p["site_it_limit_kw"].transpose("region", "slot").values
        limit = limit if powered else np.full_like(limit, np.inf)
        power = limit / self.kw[k].min(axis=1)[:, None]
        power = np.where(np.isfinite(self.kw[k].min(axis=1))[:, None], power, 0.0)
        is_open = p["region_open"].transpose("region", "slot").values > 0
        found = np.where(is_open, np.minimum(of_region, power), 0.0)
        return np.minimum(found[regions].sum(axis=0), in_all[stage])

    def _bought(self, stage: str) -> Floats:
        """Most servers bought in a stage and those before, (region, SKU)."""
        bought = np.zeros((len(self.regions), len(self.skus)))
        for before in up_to(self.problem, stage):
            for i, region in enumerate(self.regions):
                for g, sku in enumerate(self.skus):
                    if self.is_sold(before, sku):
                        bought[i, g] += self._stock(before, sku, region)
        return bought.sum(0) * np.ones_like(bought) if self.problem.renewal.moves else bought

    def is_sold(self, stage: str, sku: str) -> bool:
        """Whether a SKU can be bought in a stage."""
        return (stage, sku) in self.sold

    @cached_property
    def sold(self) -> set[tuple[str, str]]:
        """(stage, SKU) that can be bought."""
        stages = [node.name for node in self.problem.nodes]
        if "for_sale" not in self.problem.data:
            return set(product(stages, self.skus))
        for_sale = self.problem.data["for_sale"].transpose("stage", "sku").values > 0
        return {(stages[y], self.skus[g]) for y, g in np.argwhere(for_sale)}

    def _stock(self, stage: str, sku: str, region: str) -> float:
        limits = [
            n
            for y, g, r, n in self.problem.stock
            if (y, g) == (stage, sku) and r in (None, region)
        ]
        return min(limits, default=np.inf)

    def _total_stock(self, stage: str, sku: str) -> float:
        limits = [n for y, g, r, n in self.problem.stock if (y, g, r) == (stage, sku, None)]
        return min(limits, default=np.inf) if self.is_sold(stage, sku) else 0.0


def up_to(problem: Problem, stage: str) -> tuple[str, ...]:
    """A stage and those before it."""
    return (stage, *ancestors(problem.nodes, stage))
