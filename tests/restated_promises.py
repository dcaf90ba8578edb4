"""Contracts, quality, readiness and shares of the restated program, in linopy."""

from __future__ import annotations

import linopy
import numpy as np
import xarray as xr

from carbonplan.problem import Problem


def add_promises(m: linopy.Model, problem: Problem, load, idle) -> None:
    """Quality above the floor, and replicas in readiness; ``idle`` is by engine and region."""
    p, promises = problem.data, problem.promises
    for w in dict.fromkeys(promises.workload_of.values()):
        mine = [k for k, of in promises.workload_of.items() if of == w]
        pairs = {pair: v for pair, v in promises.quality_margin.items() if pair[0] in mine}
        if pairs:
            margin = xr.zeros_like(p["rate_rps"])
            for (k, c), value in pairs.items():
                margin.loc[{"request_class": k, "configuration": c}] = value
            above = (load * margin).sum(["request_class", "configuration", "region"])
            m.add_constraints(above >= 0, name=f"quality {w}")
        if w in promises.spare_replicas:
            able = xr.zeros_like(p["accelerators"] * p["pue"].isel(slot=0, drop=True))
            for k, c, r in problem.serving:
                if k in mine and problem.role_of.get(c) != "prefill":
                    able.loc[{"engine": problem.engine_of[c], "region": r}] = 1.0
            ready = (idle * able).sum(["engine", "region"])
            m.add_constraints(ready >= promises.spare_replicas[w], name=f"spare {w}")


def add_shares(m: linopy.Model, problem: Problem, servers) -> None:
    """Shares of the accelerators of each stage, in a region and of a vendor."""
    shares = problem.shares
    standing = servers * problem.data["sku_accelerators"]
    total = standing.sum(["sku", "region"])
    if shares.of_region < 1:
        here = standing.sum("sku") - total * shares.of_region
        m.add_constraints(here <= 0, name="region share")
    for vendor in sorted(set(shares.vendor_of.values()) if shares.of_vendor < 1 else ()):
        theirs = [g for g, of in shares.vendor_of.items() if of == vendor]
        own = standing.sel(sku=theirs).sum(["sku", "region"])
        m.add_constraints(own - total * shares.of_vendor <= 0, name=f"vendor share {vendor}")


def matched_kgco2e(m: linopy.Model, problem: Problem, power):
    """Carbon that contracts change by market, once they are stated; ``power`` is by region."""
    p = problem.data.assign_coords(slot=np.arange(problem.data.sizes["slot"]))
    offers = problem.supply.bounds_kw
    serves = xr.zeros_like(p["contract_intensity_kgco2e_per_kwh"] * p["region"].size)
    serves = serves.expand_dims(region=p["region"].values, axis=-1).copy()
    least, most = serves.copy(), serves.copy()
    for (name, region), bounds in offers.items():
        place = {"contract": name, "region": region}
        least.loc[place], most.loc[place] = bounds
    contracted = m.add_variables(lower=least, upper=most, name="contracted")
    feeds = (most > 0).expand_dims(slot=p["slot"].values, axis=-1)
    matched = m.add_variables(lower=0, upper=xr.where(feeds, np.inf, 0.0), name="matched")
    delivered = contracted * p["delivered_it_kw_per_kw"]
    m.add_constraints(matched - delivered <= 0, name="delivered")
    by_region = matched.sum("contract")
    m.add_constraints(by_region - power <= 0, name="drawn")
    site_hours = p["hours"] * p["pue"]
    if problem.supply.matched_share:
        wanted = (power * (site_hours * problem.supply.matched_share)).sum("slot")
        m.add_constraints(
            wanted - (by_region * site_hours).sum("slot") <= 0, name="matched share"
        )
    if not problem.supply.market_based:
        return 0.0
    own, left = p["contract_intensity_kgco2e_per_kwh"], p["residual_intensity_kgco2e_per_kwh"]
    of_grid = left - p["intensity_kgco2e_per_kwh"]
    return (matched * (site_hours * (own - left))).sum() + (
        power * (site_hours * of_grid)
    ).sum()
