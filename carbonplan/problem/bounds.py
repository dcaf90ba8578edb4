"""Finite bounds on decisions, derived from demand: no optimum needs more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.problem.earning import with_room
from carbonplan.problem.records import Problem
from carbonplan.units import REQUESTS_PER_KREQUEST, SECONDS_PER_HOUR

if TYPE_CHECKING:
    import xarray as xr


def with_upper_bounds(problem: Problem) -> Problem:
    """Derive for each decision a finite bound that no optimum needs to pass.

    ``flow_upper_rps`` (request_class, origin): the largest demand. ``load_upper_rps``
    (request_class): the largest demand or, of batch, all that may wait and arrive.
    ``replicas_upper`` (engine): replicas for the largest load of every class it serves, twice
    that where half of a slot or more is spent loading. ``servers_upper`` (sku, region): servers
    for all these replicas, as far as they stand or can be bought, beside those that stand
    where these have more memory, and with those that balance shares; none is bought for the
    sockets of its host alone.
    """
    p = problem.data
    krequests_per_rps = SECONDS_PER_HOUR * float(p["slot_hours"]) / REQUESTS_PER_KREQUEST
    waiting = p["backlog_limit_krequests"].max("slot") / krequests_per_rps
    load = p["demand_rps"].sum("origin").max("slot") + waiting + p["arrivals_rps"].max("slot")
    bounded = p.assign(
        flow_upper_rps=p["demand_rps"].max("slot"),
        load_upper_rps=load,
        replicas_upper=with_room(problem, _replicas_needed(problem, load)),
    )
    servers = bounded["existing_servers"].sum("cohort")
    needs = _servers_needed(problem, bounded)
    if min(problem.shares.of_region, problem.shares.of_vendor) < 1:
        needs = _servers_balanced(problem, bounded, needs)
    for (g, r), needed in needs.items():
        standing = float(servers.sel(sku=g, region=r))
        wanted = needed + standing if problem.fittings else needed
        most = min(wanted, standing + _purchasable(problem, g, r))
        servers.loc[{"sku": g, "region": r}] = max(standing, most)
    if problem.renewal.moves or problem.renewal.upgrades:
        servers = servers * 0.0 + servers.sum()
    bounds = _fleet_bounds(problem, bounded, servers) | _within_hosts(problem, bounded, servers)
    return replace(problem, data=bounded.assign(**bounds))


def _fleet_bounds(
    problem: Problem, bounded: xr.Dataset, servers: xr.DataArray
) -> dict[str, xr.DataArray]:
    """Bounds of servers, of purchases and of what is kept.

    What stood before stays where there are no stages at which to retire it; a SKU is bought in
    the stages that sell it.
    """
    existing = bounded["existing_servers"]
    kept = existing if problem.renewal.fixed else existing * 0.0
    for_sale = bounded.get("for_sale", 1.0)
    bought = (servers - kept.sum("cohort")) * for_sale
    stages = [node.name for node in problem.nodes]
    if "stage" not in bought.dims:
        bought = bought.expand_dims(stage=stages)
    return {
        "servers_upper": servers,
        "servers_lower": kept.sum("cohort"),
        "kept_lower": kept,
        "kept_upper": _kept_upper(problem, existing, servers),
        "purchased_upper": bought.transpose("stage", "sku", "region"),
    }


def _kept_upper(
    problem: Problem, existing: xr.DataArray, servers: xr.DataArray
) -> xr.DataArray:
    """Most of a cohort that may stand: what stood before, if it did, wherever it may move."""
    bought = [name for name in existing["cohort"].values.tolist() if name not in problem.stood]
    stood = existing.sum("region") + 0.0 * existing if problem.renewal.moves else existing
    most = stood.copy()
    most.loc[{"cohort": bought}] = servers.transpose("sku", "region")
    return most


def _replicas_needed(problem: Problem, load: xr.DataArray) -> xr.DataArray:
    """Replicas of each engine that carry every class at its slowest clock, (engine,)."""
    rate = problem.data["rate_rps"].to_series()
    busy: dict[tuple[str, str], float] = {}
    for k, c in {(k, c) for k, c, _ in problem.serving}:
        key = (k, problem.engine_of[c])
        busy[key] = max(busy.get(key, 0.0), 1 / rate[k, c])
    needed = problem.data["accelerators"] * 0.0
    loads = load.to_series()
    for (k, e), seconds in sorted(busy.items()):
        needed.loc[{"engine": e}] += loads[k] * seconds
    for e, spare in _spare_replicas(problem).items():
        needed.loc[{"engine": e}] += spare
    return np.ceil(needed / (1 - problem.data["start_fraction"].clip(max=0.5)))


def _spare_replicas(problem: Problem) -> dict[str, int]:
    """Replicas of an engine that may have to stand ready."""
    promises, found = problem.promises, {}
    for k, c, _ in problem.serving:
        spare = promises.spare_replicas.get(promises.workload_of.get(k, ""), 0)
        found[problem.engine_of[c]] = max(found.get(problem.engine_of[c], 0), spare)
    return found


def _servers_needed(problem: Problem, bounded: xr.Dataset) -> dict[tuple[str, str], float]:
    """Servers of each site whose accelerators hold all replicas: none is for its host alone."""
    accelerators = (bounded["accelerators"] * bounded["replicas_upper"]).to_series()
    per_server = bounded["sku_accelerators"].to_series() * float(bounded["availability"])
    total: dict[tuple[str, str], float] = {}
    for e, r in sorted({(problem.engine_of[c], r) for _, c, r in problem.serving}):
        site = (problem.sku_of[e], r)
        total[site] = total.get(site, 0.0) + accelerators[e]
    return {site: float(np.ceil(need / per_server[site[0]])) for site, need in total.items()}


def _servers_balanced(
    problem: Problem, bounded: xr.Dataset, needs: dict[tuple[str, str], float]
) -> dict[tuple[str, str], float]:
    """Servers of each site where more are bought than work, so that none has too large a share.

    All that stand and are needed are at least the smallest share of all there may be; one
    server more, since they are whole.
    """
    in_server = bounded["sku_accelerators"].to_series()
    standing = bounded["existing_servers"].sum(["cohort", "region"]).to_series()
    accelerators = sum(in_server[g] * n for g, n in standing.items())
    accelerators += sum(in_server[g] * n for (g, _), n in needs.items())
    share = min(problem.shares.of_region, problem.shares.of_vendor)
    return {
        (g, r): max(n, float(np.ceil(accelerators / share / in_server[g])) + 1)
        for (g, r), n in needs.items()
    }


def _within_hosts(
    problem: Problem, bounded: xr.Dataset, servers: xr.DataArray
) -> dict[str, xr.DataArray]:
    """Replicas of each engine, of those on hosts no more than have room there, (engine,)."""
    upper = bounded["replicas_upper"].copy()
    for e in problem.on_hosts:
        hosts = float(servers.sel(sku=problem.sku_of[e]).max())
        share = float(bounded["host_share"].sel(engine=e))
        room = np.ceil(hosts * float(bounded["host_reuse_share"]) / share)
        upper.loc[{"engine": e}] = min(float(upper.sel(engine=e)), room)
    return {"replicas_upper": upper}


def _purchasable(problem: Problem, sku: str, region: str) -> float:
    """Most servers of a SKU that can be bought in a region, in all stages together."""
    total = 0.0
    for node in problem.nodes:
        limits = [
            n
            for y, g, r, n in problem.stock
            if y == node.name and g == sku and r in (None, region)
        ]
        total += min(limits, default=np.inf)
    return min(total, problem.site_servers.get(region, np.inf))
