"""Random small cases of the staged problem: renewal, limits and windows mixed."""

from __future__ import annotations

import numpy as np

from carbonplan.problem import Problem
from tests.staged import FORK, NEW, SKUS, THREE, TWO, staged


def random_stages(seed: int, **settings: object) -> Problem:
    """A staged problem whose demand, making, grid, ages, stock and rules are drawn."""
    rng = np.random.default_rng(seed)
    nodes = (TWO, THREE, FORK)[rng.integers(3)]
    renews = {"upgrades": bool(rng.integers(2)), "moves": bool(rng.integers(2))}
    renews |= {name: given for name, given in settings.items() if name in renews}
    rest = {name: given for name, given in settings.items() if name not in renews}
    stages = len(nodes)
    existing = {sku: tuple(rng.integers(0, 2, 2).tolist()) for sku in SKUS}
    limits: dict[str, object] = {}
    if rng.random() < 0.4:
        limits["budget_usd"] = {nodes[-1].name: float(rng.integers(0, 120))}
    if rng.random() < 0.4:
        limits["site_servers"] = {"clean": int(rng.integers(1, 4))}
    if rng.random() < 0.5:
        limits["stock"] = tuple(
            (node.name, sku, [None, "clean"][rng.integers(2)], int(rng.integers(0, 3)))
            for node in nodes
            for sku in SKUS
        )
    if nodes is FORK and rng.random() < 0.6:
        limits["orders"] = (("low", "high", NEW),)
    if rng.random() < 0.3:
        limits["whole_replicas"] = False
    changes = {
        "demand_rps": rng.uniform(0, 38, (1, 1, stages)),
        "energy_kj_per_request": rng.uniform(0.02, 0.2, (1, 2)),
        "off_kw": rng.uniform(0, 0.03, 2),
        "intensity_kgco2e_per_kwh": rng.uniform(0.01, 0.3, (2, stages)),
        "for_sale": rng.integers(0, 4, (stages, 2)) > 0,
        "move_kgco2e": rng.uniform(0, 2, stages),
    }
    renews |= {"life": int(rng.integers(1, 4)), "host_life": int(rng.integers(1, 4))}
    return staged(changes, nodes=nodes, existing=existing, **renews, **(limits | rest))
