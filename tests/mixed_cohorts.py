"""Servers of random cases as the formulation sees them: cohorts, charges and renewal."""

from __future__ import annotations

from itertools import product

import numpy as np

from carbonplan.catalogue.inputs import Node
from carbonplan.problem.memory import AS_SOLD
from carbonplan.problem.records import Label, Renewal
from tests.mixed_cases import Case

STOOD, SMALLER = "stood", "smaller"
SIZES = (AS_SOLD, SMALLER)


def cohorts(nodes: tuple[Node, ...], *, upgrades: bool) -> dict[str, tuple[int, int]]:
    """When hosts and accelerators of each cohort were bought, -1 before the first stage."""
    found = {STOOD: (-1, -1)} | {node.name: (y, y) for y, node in enumerate(nodes)}
    if upgrades:
        before = {STOOD: -1} | {node.name: y for y, node in enumerate(nodes)}
        found |= {
            f"{name}+{node.name}": (host, y)
            for y, node in enumerate(nodes)
            for name, host in before.items()
            if host < y
        }
    return found


def fleet_data(
    case: Case, nodes: tuple[Node, ...], ages: dict[str, tuple[int, int]]
) -> dict[str, tuple]:
    """Servers: what they draw, are charged with and stand."""
    charged, sku, size = ("stage", "cohort", "sku"), ("sku",), ("sku", "memory")
    existing = np.zeros((len(ages), *case.existing.shape))
    existing[0] = case.existing
    lives = np.array([[charged_parts(case, y, *born) for born in ages.values()]
                      for y in range(len(nodes))])  # fmt: skip
    parts = np.array([[[max(b, 0) for b in born] for born in ages.values()]] * len(nodes))

    def charge(made: np.ndarray) -> np.ndarray:
        of_parts = [made[parts[..., i], :, i] * lives[..., i, None] for i in (0, 1)]
        return of_parts[0] + of_parts[1]

    found = {
        "sku_accelerators": (sku, case.sku_accelerators),
        "off_kw": (sku, case.off_kw),
        "powered_kw": (sku, case.powered_kw),
        "free_dram_gb": (sku, case.free_gb[:, 0]),
        "server_kgco2e_per_hour": (sku, case.kgco2e_per_hour),
        "server_kgco2e": (charged, charge(case.parts_kgco2e)),
        "server_usd": (charged, charge(case.parts_usd)),
        "purchase_usd": (("stage", "sku"), case.parts_usd.sum(-1)),
        "upgrade_usd": (("stage", "sku"), case.parts_usd[..., 1]),
        "move_kgco2e": (("stage",), np.full(len(nodes), case.move_kgco2e)),
        "move_usd": (("stage",), np.full(len(nodes), case.move_kgco2e)),
        "existing_servers": (("cohort", "sku", "region"), existing),
        "availability": ((), 1.0),
    }
    if case.memory:
        by_size = (*charged, "memory")
        host = lives[..., 0, None, None]
        found |= {
            "memory": ("memory", list(SIZES)),
            "fitted_free_dram_gb": (size, case.free_gb),
            "saved_idle_kw": (size, case.saved_kw),
            "saved_kgco2e_per_hour": (size, case.saved_kgco2e_per_hour),
            "saved_kgco2e": (by_size, host * case.saved_kgco2e),
            "saved_usd": (by_size, host * case.saved_usd),
        }
    return found


def charged_parts(case: Case, stage: int, host: int, accelerators: int) -> list[float]:
    """Share of its host and of its accelerators that a stage charges a server with."""
    if case.charge == "purchase":
        return [float(host == stage), float(accelerators == stage)]
    return [0.5 * (host >= 0), 0.5 * (accelerators >= 0)]


def fittings(
    case: Case, nodes: tuple[Node, ...], ages: dict[str, tuple[int, int]], skus: list[str]
) -> tuple[Label, ...]:
    """Servers are bought with either memory, and all others have it as sold."""
    bought = {node.name for node in nodes}
    return tuple(
        (v, g, size)
        for v, g in product(ages, skus)
        for size in (SIZES if v in bought else SIZES[:1])
        if case.memory
    )


def renewal(
    case: Case,
    nodes: tuple[Node, ...],
    ages: dict[str, tuple[int, int]],
    skus: list[str],
    regions: list[str],
) -> Renewal:
    """Which cohorts may be kept, upgraded and moved; what stood is of the first stage's age."""
    kept, upgrades = [], []
    for y, (v, (host, accelerators)), (g, sku), (r, region) in product(
        range(len(nodes)), ages.items(), enumerate(skus), enumerate(regions)
    ):
        if max(host, accelerators) >= y:
            continue
        stood = case.existing[g] if case.moves else case.existing[g, r]
        comes = v != STOOD or bool(stood.sum())
        host_lives = y - max(host, 0) < case.host_life
        lives = y - max(accelerators, 0) < case.life
        is_upgraded = host != accelerators
        stays = (host_lives and lives) or len(nodes) == 1
        if stays and comes and (g == 1 or not is_upgraded):
            kept.append((nodes[y].name, v, sku, region))
        if case.upgrades and g == 0 and comes and host_lives and not is_upgraded:
            upgrades.append((nodes[y].name, v, sku, "g1", region))
    return Renewal(
        kept=tuple(kept),
        fixed=len(nodes) == 1,
        upgrades=tuple(upgrades),
        upgraded={(y, v): f"{v}+{y}" for y, v, *_ in upgrades},
        moves=tuple((*one, q) for one in kept for q in regions if q != one[3] and case.moves),
    )
