"""Coefficients of servers: power, cost and embodied carbon over the horizon."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carbonplan.catalogue.inputs import Inputs
from carbonplan.catalogue.records import Server
from carbonplan.errors import InvalidInput
from carbonplan.technology.cost import server_usd_per_hour
from carbonplan.technology.embodied import embodied_footprint, owned_hour
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
    """What a server of each SKU draws, costs and took to make."""
    import xarray as xr

    hours = float((inputs.series["weight"] * inputs.series["slot_hours"]).sum())
    per_hour = [server_kgco2e_per_hour(inputs, server) for server in inputs.servers]
    total = [server_kgco2e(inputs, server) for server in inputs.servers]
    at_purchase = inputs.scenario.embodied.charge == "purchase"
    skus = [server.name for server in inputs.servers]
    regions = [region.region for region in inputs.regions]
    existing = xr.DataArray(
        np.zeros((len(skus), len(regions))), {"sku": skus, "region": regions}, ("sku", "region")
    )
    for standing in inputs.scenario.fleet.existing:
        existing.loc[{"sku": standing.sku, "region": standing.region}] += standing.servers
    by_sku = {
        "sku_accelerators": [float(s.sku.accelerators) for s in inputs.servers],
        "off_kw": [s.host.off_w / W_PER_KW for s in inputs.servers],
        "powered_kw": [powered_kw(s) for s in inputs.servers],
        "server_kgco2e": total if at_purchase else [rate * hours for rate in per_hour],
        "server_kgco2e_per_hour": per_hour,
        "server_usd": [owned_hour_usd(inputs, s) * hours for s in inputs.servers],
    }
    return xr.Dataset(
        {name: (("sku",), values) for name, values in by_sku.items()}, {"sku": skus}
    ).assign(existing_servers=existing)


def powered_kw(server: Server) -> float:
    """Power of a server with nothing loaded [kW]: host idle, all accelerators parked."""
    parked_w = server.sku.accelerators * server.power.parked_w
    return (server.host.idle_w + parked_w) / W_PER_KW


def server_kgco2e(inputs: Inputs, server: Server) -> float:
    """Carbon of making one server, all of it [kgCO2e]."""
    return embodied_footprint(server, inputs.embodied_coefficients).kgco2e


def server_kgco2e_per_hour(inputs: Inputs, server: Server) -> float:
    """Carbon of making one server by the hour of its life [kgCO2e/h].

    Host and accelerators are spread over lifetimes of their own.
    """
    accounting = inputs.scenario.embodied
    return owned_hour(
        embodied_footprint(server, inputs.embodied_coefficients),
        accounting.host_lifetime_years or server.sku.host_lifetime_years,
        accounting.accelerator_lifetime_years or server.sku.accelerator_lifetime_years,
    ).kgco2e_per_hour


def owned_hour_usd(inputs: Inputs, server: Server) -> float:
    """What a bought or rented server costs by the hour, energy apart [USD/h]."""
    accounting = inputs.scenario.cost
    try:
        return server_usd_per_hour(server, accounting.acquisition, accounting.discount_rate)
    except ValueError as unpriced:
        raise InvalidInput(
            inputs.scenario.name, [f"cost.acquisition: {unpriced}; expected one or purchase"]
        ) from unpriced
