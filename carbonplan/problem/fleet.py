"""Coefficients of servers: what they draw, and where they stand or can be bought."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carbonplan.catalogue.cohorts import cohorts, stood_name
from carbonplan.catalogue.inputs import Inputs
from carbonplan.catalogue.records import Server
from carbonplan.problem.charges import charges, server_kgco2e_per_hour
from carbonplan.units import W_PER_KW

if TYPE_CHECKING:
    import xarray as xr


def obtainable(inputs: Inputs) -> set[tuple[str, str]]:
    """(SKU, region) where a server stands or can be bought."""
    fleet = inputs.scenario.fleet
    limit: dict[tuple[str, str], float] = {}
    standing = {(e.sku, e.region) for e in fleet.existing}
    for server in inputs.servers:
        for region in inputs.regions:
            limit[server.name, region.region] = min(
                (
                    stock.servers
                    for stock in fleet.stock
                    if stock.sku == server.name and stock.region in (None, region.region)
                ),
                default=np.inf,
            )
    full = {s.region for s in inputs.scenario.regions if s.server_limit == 0}
    buyable = {site for site, servers in limit.items() if servers > 0 and site[1] not in full}
    return buyable | standing


def fleet_coefficients(inputs: Inputs) -> xr.Dataset:
    """What a server of each SKU draws, what stands, and what servers are charged with."""
    import xarray as xr

    by_sku = {
        "sku_accelerators": [float(s.sku.accelerators) for s in inputs.servers],
        "off_kw": [s.host.off_w / W_PER_KW for s in inputs.servers],
        "powered_kw": [powered_kw(s) for s in inputs.servers],
        "server_kgco2e_per_hour": [server_kgco2e_per_hour(inputs, s) for s in inputs.servers],
    }
    skus = [server.name for server in inputs.servers]
    return (
        xr.Dataset({name: (("sku",), values) for name, values in by_sku.items()}, {"sku": skus})
        .merge(charges(inputs), join="exact")
        .assign(existing_servers=existing_servers(inputs))
    )


def existing_servers(inputs: Inputs) -> xr.DataArray:
    """Servers that stand already, (cohort, sku, region)."""
    import xarray as xr

    coords = {
        "cohort": [cohort.name for cohort in cohorts(inputs)],
        "sku": [server.name for server in inputs.servers],
        "region": [region.region for region in inputs.regions],
    }
    shape = [len(labels) for labels in coords.values()]
    existing = xr.DataArray(np.zeros(shape), coords, list(coords))
    for one in inputs.scenario.fleet.existing:
        place = {"cohort": stood_name(one.age_years), "sku": one.sku, "region": one.region}
        existing.loc[place] += one.servers
    return existing


def powered_kw(server: Server) -> float:
    """Power of a server with nothing loaded [kW]: host idle, all accelerators parked."""
    parked_w = server.sku.accelerators * server.power.parked_w
    return (server.host.idle_w + parked_w) / W_PER_KW
