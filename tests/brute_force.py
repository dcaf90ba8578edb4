"""Optimum of a small case by enumeration, sharing nothing with the formulation.

Two LLMs, one online and one batch, each with one configuration on a SKU of its own; two regions
and two cyclic slots. All whole numbers of replicas are tried; given these, requests go where
they add least, starts and powered servers and purchases follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from carbonplan.problem import Problem, with_upper_bounds
from carbonplan.problem.records import Renewal

REGIONS, SLOTS, LIMIT = 2, 2, 3
SIDES = ("talk", "work")  # the online and the batch LLM, each on its own SKU


@dataclass(frozen=True)
class Case:
    """Numbers of a random case; arrays over (side, region, slot) as far as they vary."""

    rate_rps: NDArray
    energy_kj: NDArray
    accelerators: NDArray
    sku_accelerators: NDArray
    loaded_kw: NDArray
    start_energy_kwh: NDArray
    start_fraction: NDArray
    off_kw: NDArray
    powered_kw: NDArray
    server_kgco2e: NDArray
    existing: NDArray  # (side, region)
    stock: NDArray  # (side, region)
    demand_rps: NDArray  # (slot,)
    work_rps: NDArray  # (slot,) batch arrivals; each may be done in either slot
    intensity: NDArray  # (region, slot)
    pue: NDArray  # (region, slot)


def random_case(seed: int) -> Case:
    rng = np.random.default_rng(seed)
    rates = rng.uniform(4, 12, 2)
    return Case(
        rate_rps=rates,
        energy_kj=rng.uniform(0.01, 0.1, 2),
        accelerators=rng.choice([1.0, 2.0], 2),
        sku_accelerators=rng.choice([2.0, 4.0], 2),
        loaded_kw=rng.uniform(0.02, 0.2, 2),
        start_energy_kwh=rng.uniform(0.0, 0.1, 2),
        start_fraction=rng.choice([0.0, 0.1, 0.3], 2),
        off_kw=rng.uniform(0.0, 0.02, 2),
        powered_kw=rng.uniform(0.05, 0.5, 2),
        server_kgco2e=rng.uniform(0.0, 0.4, 2),
        existing=rng.integers(0, 2, (2, REGIONS)).astype(float),
        stock=rng.integers(0, 3, (2, REGIONS)).astype(float),
        demand_rps=rates[0] * rng.uniform(0, 1.9, SLOTS),
        work_rps=rates[1] * rng.uniform(0, 0.9, SLOTS),
        intensity=rng.uniform(0.01, 0.6, (REGIONS, SLOTS)),
        pue=rng.uniform(1.0, 1.6, (REGIONS, SLOTS)),
    )


def as_problem(case: Case) -> Problem:
    """The same case as the formulation sees it."""
    regions, classes = ["north", "south"], ["talk/all", "work/all"]
    configurations, skus = ["talk@a:100%", "work@b:100%"], ["a", "b"]
    engines = ["talk@a", "work@b"]
    diagonal = np.eye(2)
    pair, single, site = (
        ("request_class", "configuration"),
        ("engine",),
        ("region", "slot"),
    )
    zeros, charged = np.zeros(SLOTS), ("stage", "cohort", "sku")
    waiting = 3.6 * case.work_rps  # a deadline of two slots: the arrivals of the last one
    data = xr.Dataset(
        {
            "demand_rps": (("request_class", "origin", "slot"),
                           np.stack([case.demand_rps, zeros])[:, None]),
            "arrivals_rps": (("request_class", "slot"), np.stack([zeros, case.work_rps])),
            "backlog_limit_krequests": (("request_class", "slot"), np.stack([zeros, waiting])),
            "site_it_limit_kw": (site, np.full((REGIONS, SLOTS), np.inf)),
            "rate_rps": (pair, diagonal * case.rate_rps),
            "energy_kj_per_request": (pair, diagonal * case.energy_kj),
            "ttft_s": (pair, diagonal * 0.1),
            "accelerators": (single, case.accelerators),
            "loaded_kw": (single, case.loaded_kw),
            "start_energy_kwh": (single, case.start_energy_kwh),
            "start_fraction": (single, case.start_fraction),
            "sku_accelerators": (("sku",), case.sku_accelerators),
            "off_kw": (("sku",), case.off_kw),
            "powered_kw": (("sku",), case.powered_kw),
            "server_kgco2e": (charged, [[[0.0, 0.0], case.server_kgco2e]]),
            "server_kgco2e_per_hour": (("sku",), case.server_kgco2e),
            "server_usd": (charged, [[[0.0, 0.0], [1.0, 1.0]]]),
            "purchase_usd": (("stage", "sku"), [[9.0, 9.0]]),
            "upgrade_usd": (("stage", "sku"), [[7.0, 7.0]]),
            "existing_servers": (
                ("cohort", "sku", "region"), np.stack([case.existing, 0 * case.existing])
            ),
            "pue": (site, case.pue),
            "intensity_kgco2e_per_kwh": (site, case.intensity),
            **{name: (site, np.ones((REGIONS, SLOTS)))
               for name in ("price_usd_per_kwh", "wue_l_per_kwh", "ewif_l_per_kwh")},
            "rtt_s": (("origin", "region"), [[0.0, 0.0]]),
            "hours": (("slot",), np.ones(SLOTS)),
            "previous": (("slot",), np.array([1, 0])),
            "slot_stage": (("slot",), np.zeros(SLOTS, dtype=int)),
            "held": (("slot",), np.arange(SLOTS)),
            "region_open": (site, np.ones((REGIONS, SLOTS))),
            "slot_hours": ((), 1.0),
            "availability": ((), 1.0),
        },
        {"request_class": classes, "configuration": configurations, "engine": engines,
         "sku": skus, "region": regions, "origin": ["users"], "stage": ["now"],
         "cohort": ["stood", "now"]},
    )  # fmt: skip
    problem = Problem(
        data=data,
        online=("talk/all",),
        batch=("work/all",),
        routes=tuple(("talk/all", "users", r) for r in regions),
        serving=tuple(
            (k, c, r) for k, c in zip(classes, configurations, strict=True) for r in regions
        ),
        engine_of=dict(zip(configurations, engines, strict=True)),
        sku_of=dict(zip(engines, skus, strict=True)),
        stock=tuple(
            ("now", g, r, int(case.stock[i, j]))
            for i, g in enumerate(skus)
            for j, r in enumerate(regions)
        ),
        site_power_kw={},
        site_servers={},
        whole_replicas=True,
        switch_off=True,
        start_costs=True,
        charge="owned-time",
        objective={"carbon": 1.0},
        bounds=(),
        renewal=Renewal(
            kept=tuple(
                ("now", "stood", g, r)
                for i, g in enumerate(skus)
                for j, r in enumerate(regions)
                if case.existing[i, j]
            )
        ),
    )
    return with_upper_bounds(problem)


def least_carbon(case: Case, spare: int = 0) -> float:
    """Carbon of the best plan; infinite where there is none [kgCO2e].

    Parameters
    ----------
    spare
        Idle replicas that the online side keeps running.
    """
    return sum(_least_of_side(case, s, spare * (SIDES[s] == "talk")) for s in range(len(SIDES)))


def _least_of_side(case: Case, side: int, spare: int) -> float:
    """The two sides share nothing: each is enumerated alone."""
    counts = range(LIMIT + spare + 1)
    tried = np.array(list(product(counts, repeat=REGIONS * SLOTS)), dtype=float)
    replicas = tried.reshape(-1, REGIONS, SLOTS)
    starts = np.maximum(replicas - np.roll(replicas, 1, axis=2), 0)
    capacity = (
        np.maximum(replicas - case.start_fraction[side] * starts, 0) * case.rate_rps[side]
    )
    per_server = case.sku_accelerators[side]
    powered = np.ceil(replicas * case.accelerators[side] / per_server)
    servers = np.maximum(powered.max(axis=2), case.existing[side])
    bought = servers - case.existing[side]
    factor = case.pue * case.intensity
    load = _cheapest(case, side, capacity, factor)
    power = (
        case.off_kw[side] * (servers[..., None] - powered)
        + case.powered_kw[side] * powered
        + case.loaded_kw[side] * replicas
        + case.start_energy_kwh[side] * starts
        + case.energy_kj[side] * np.nan_to_num(load)
    )
    carbon = (power * factor).sum(axis=(1, 2)) + case.server_kgco2e[side] * bought.sum(axis=1)
    possible = ~np.isnan(load).any(axis=(1, 2)) & (bought <= case.stock[side]).all(axis=1)
    idle = (capacity - np.nan_to_num(load)).sum(axis=1) / case.rate_rps[side]
    possible &= (idle >= spare - 1e-9).all(axis=1)
    return float(carbon[possible].min(initial=np.inf))


def _cheapest(case: Case, side: int, capacity: NDArray, factor: NDArray) -> NDArray:
    """Loads that fill the capacity of least carbon first; NaN where it does not suffice."""
    if SIDES[side] == "work":  # any work may be done in any slot
        flat = capacity.reshape(len(capacity), -1)
        return _fill(case.work_rps.sum(), flat, factor.ravel()).reshape(capacity.shape)
    slots = [_fill(case.demand_rps[t], capacity[..., t], factor[:, t]) for t in range(SLOTS)]
    return np.stack(slots, axis=2)


def _fill(amount: float, capacity: NDArray, price: NDArray) -> NDArray:
    order = np.argsort(price)
    room = capacity[:, order]
    before = np.cumsum(room, axis=1) - room
    taken = np.clip(amount - before, 0, room)
    taken[room.sum(axis=1) < amount - 1e-9] = np.nan
    filled = np.empty_like(taken)
    filled[:, order] = taken
    return filled
