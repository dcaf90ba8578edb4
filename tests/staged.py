"""A fleet over stages that can be worked out in the head, and ways to change it.

One slot of 100 hours in each stage. Two SKUs in the same host, of one accelerator each; a
server serves 10 requests/s. The old one takes 0.1 kJ for a request and 6 kgCO2e to make, 4 of
them for the host; the new one 0.05 kJ and 7. A powered server draws 0.1 kW, one that is off
0.01 kW; a kWh is 0.1 kgCO2e in the clean region and 0.5 in the dirty one. All making is
charged when servers are bought. The 20 requests/s of a stage therefore cost

- 0.2 kW of powered servers and 2 or 1 kW of requests: 22 kgCO2e on old servers, 12 on new;
- 12 kgCO2e for two old servers, 14 for two new ones, 6 for new accelerators in two hosts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import xarray as xr

from carbonplan.catalogue.inputs import Node
from carbonplan.problem import Problem, with_upper_bounds
from carbonplan.problem.records import Renewal

CHAT, STOOD = "chat/all", "stood"
OLD, NEW = "old", "new"
SKUS, REGIONS = (OLD, NEW), ("clean", "dirty")
ENGINES = tuple(f"llm@{sku}:tp1" for sku in SKUS)
CONFIGURATIONS = tuple(f"{engine}:100%" for engine in ENGINES)
HOST_KGCO2E, ACCELERATORS_KGCO2E = 4.0, {OLD: 2.0, NEW: 3.0}
HOURS = 100.0


def chain(*names: str) -> tuple[Node, ...]:
    """Stages of a year, one after the other."""
    return tuple(
        Node(
            name,
            name,
            None,
            names[i - 1] if i else None,
            float(i),
            1.0,
            1.0,
            i + 1 == len(names),
        )
        for i, name in enumerate(names)
    )


TWO = chain("first", "second")
THREE = chain("first", "second", "third")
FORK = (
    Node("first", "first", None, None, 0.0, 1.0, 1.0, last=False),
    Node("high", "second", "high", "first", 1.0, 1.0, 0.5, last=True),
    Node("low", "second", "low", "first", 1.0, 1.0, 0.5, last=True),
)


def staged(
    changes: dict[str, object] | None = None,
    *,
    nodes: tuple[Node, ...] = TWO,
    existing: Mapping[str, tuple[float, float]] | None = None,
    upgrades: bool = False,
    moves: bool = False,
    life: int = 9,
    host_life: int = 9,
    orders: tuple[tuple[str, str, str], ...] = (),
    **settings: object,
) -> Problem:
    """The staged problem, with changed coefficients, rules of renewal or settings.

    Of each SKU ``existing`` servers stand in the clean and the dirty region. Lives are counted
    in stages; what stood before is as old as what is bought in the first.
    """
    ages = cohorts(nodes, upgrades=upgrades)
    coefficients = data(nodes, tuple(ages), changes or {})
    for sku, servers in (existing or {}).items():
        coefficients["existing_servers"].loc[{"cohort": STOOD, "sku": sku}] = list(servers)
    kept = _kept(nodes, ages, coefficients, life, host_life, moves=moves)
    upgraded = tuple(_upgrades(nodes, ages, kept, host_life)) if upgrades else ()
    problem = Problem(
        data=coefficients,
        online=(CHAT,),
        batch=(),
        routes=tuple((CHAT, "users", r) for r in REGIONS),
        serving=tuple((CHAT, c, r) for c in CONFIGURATIONS for r in REGIONS),
        engine_of=dict(zip(CONFIGURATIONS, ENGINES, strict=True)),
        sku_of=dict(zip(ENGINES, SKUS, strict=True)),
        stock=(),
        site_power_kw={},
        site_servers={},
        whole_replicas=True,
        switch_off=True,
        start_costs=False,
        charge="purchase",
        objective={"carbon": 1.0},
        bounds=(),
        nodes=nodes,
        renewal=Renewal(
            kept=kept,
            fixed=False,
            upgrades=upgraded,
            upgraded={(y, v): f"{v}+{y}" for y, v, *_ in upgraded},
            moves=tuple((*one, q) for one in kept for q in REGIONS if q != one[3] and moves),
            orders=orders,
        ),
    )
    return with_upper_bounds(replace(problem, **settings))


def cohorts(
    nodes: Sequence[Node], *, upgrades: bool
) -> dict[str, tuple[str | None, str | None]]:
    """Stages in which hosts and accelerators were bought, by the cohort's name."""
    found: dict[str, tuple[str | None, str | None]] = {STOOD: (None, None)}
    found |= {node.name: (node.name, node.name) for node in nodes}
    if upgrades:
        for node in nodes:
            found |= {
                f"{host or STOOD}+{node.name}": (host, node.name)
                for host in (None, *ancestors(nodes, node.name))
            }
    return found


def ancestors(nodes: Sequence[Node], name: str) -> list[str]:
    """Stages before one, the first of them first."""
    parent = {node.name: node.parent for node in nodes}
    above: list[str] = []
    while (name := parent[name]) is not None:
        above.insert(0, name)
    return above


def data(
    nodes: Sequence[Node], ages: tuple[str, ...], changes: dict[str, object]
) -> xr.Dataset:
    """Coefficients of the staged problem; a change replaces the values of a variable."""
    slots, pair, site = len(nodes), ("request_class", "configuration"), ("region", "slot")
    probability = np.array([node.probability for node in nodes])
    variables = {
        "demand_rps": (("request_class", "origin", "slot"), np.full((1, 1, slots), 20.0)),
        "arrivals_rps": (("request_class", "slot"), np.zeros((1, slots))),
        "backlog_limit_krequests": (("request_class", "slot"), np.zeros((1, slots))),
        "site_it_limit_kw": (site, np.full((2, slots), np.inf)),
        "rate_rps": (pair, [[10.0, 10.0]]),
        "energy_kj_per_request": (pair, [[0.1, 0.05]]),
        "ttft_s": (pair, [[0.2, 0.1]]),
        "accelerators": (("engine",), [1.0, 1.0]),
        "loaded_kw": (("engine",), [0.0, 0.0]),
        "start_energy_kwh": (("engine",), [0.0, 0.0]),
        "start_fraction": (("engine",), [0.0, 0.0]),
        "sku_accelerators": (("sku",), [1.0, 1.0]),
        "off_kw": (("sku",), [0.01, 0.01]),
        "powered_kw": (("sku",), [0.1, 0.1]),
        "server_usd": (("stage", "cohort", "sku"), np.full((slots, len(ages), 2), 1.0)),
        "server_kgco2e": (("stage", "cohort", "sku"), made(nodes, ages)),
        "server_kgco2e_per_hour": (("sku",), [0.01, 0.01]),
        "purchase_usd": (("stage", "sku"), np.tile([30.0, 50.0], (slots, 1))),
        "upgrade_usd": (("stage", "sku"), np.tile([25.0, 40.0], (slots, 1))),
        "for_sale": (("stage", "sku"), np.ones((slots, 2))),
        "move_kgco2e": (("stage",), probability),
        "move_usd": (("stage",), 5.0 * probability),
        "existing_servers": (("cohort", "sku", "region"), np.zeros((len(ages), 2, 2))),
        "pue": (site, np.ones((2, slots))),
        "intensity_kgco2e_per_kwh": (site, np.repeat([[0.1], [0.5]], slots, axis=1)),
        "price_usd_per_kwh": (site, np.full((2, slots), 0.2)),
        "wue_l_per_kwh": (site, np.full((2, slots), 0.3)),
        "ewif_l_per_kwh": (site, np.full((2, slots), 2.0)),
        "rtt_s": (("origin", "region"), [[0.05, 0.01]]),
        "hours": (("slot",), HOURS * probability),
        "previous": (("slot",), np.arange(slots)),
        "slot_stage": (("slot",), np.arange(slots)),
        "held": (("slot",), np.arange(slots)),
        "region_open": (site, np.ones((2, slots))),
        "slot_hours": ((), 1.0),
        "availability": ((), 1.0),
    }
    for name, values in changes.items():
        variables[name] = (variables[name][0], np.asarray(values, dtype=float))
    coords = {"request_class": [CHAT], "configuration": list(CONFIGURATIONS)}
    coords |= {"engine": list(ENGINES), "sku": list(SKUS), "region": list(REGIONS)}
    coords |= {"stage": [node.name for node in nodes], "cohort": list(ages)}
    return xr.Dataset(variables, coords | {"origin": ["users"]})


def made(nodes: Sequence[Node], ages: tuple[str, ...]) -> np.ndarray:
    """Making by stage, cohort and SKU: charged in the stage in which a part is bought."""
    accelerators = np.array([ACCELERATORS_KGCO2E[sku] for sku in SKUS])
    kgco2e = np.zeros((len(nodes), len(ages), len(SKUS)))
    for y, node in enumerate(nodes):
        for v, cohort in enumerate(ages):
            host, _, later = cohort.partition("+")
            if (later or host) == node.name:
                new = accelerators + HOST_KGCO2E * (host == node.name)
                kgco2e[y, v] = node.probability * new
    return kgco2e


def _kept(nodes, ages, coefficients, life, host_life, *, moves) -> tuple[tuple[str, ...], ...]:
    standing = coefficients["existing_servers"].sel(cohort=STOOD)
    found = []
    for node in nodes:
        above = ancestors(nodes, node.name)
        for name, (host, accelerators) in ages.items():
            born = [above.index(one) if one in above else 0 for one in (host, accelerators)]
            before = accelerators is None or accelerators in above
            lives = len(above) - born[0] < host_life and len(above) - born[1] < life
            for g in SKUS:
                for r in REGIONS:
                    here = standing.sel(sku=g) if moves else standing.sel(sku=g, region=r)
                    comes = bool(here.sum() > 0) if accelerators is None else True
                    if before and lives and comes and ("+" not in name or g == NEW):
                        found.append((node.name, name, g, r))
    return tuple(found)


def _upgrades(nodes, ages, kept, host_life):
    """Hosts with old accelerators that live through a stage, and stood before it."""
    could_stand = {(v, r) for _, v, g, r in kept if g == OLD}
    for node in nodes:
        above = ancestors(nodes, node.name)
        for name, (host, accelerators) in ages.items():
            born = above.index(host) if host in above else 0
            before = accelerators is None or accelerators in above
            if "+" in name or not before or len(above) - born >= host_life:
                continue
            for r in REGIONS:
                if accelerators is not None or (name, r) in could_stand:
                    yield node.name, name, OLD, NEW, r
