"""What is to be bought, rented, upgraded or moved, stage by stage, with price and evidence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.export.records import Order
from carbonplan.problem.charges import charges

if TYPE_CHECKING:
    import xarray as xr

    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.catalogue.records import Server
    from carbonplan.plan import Plan


def orders_of(plan: Plan, inputs: Inputs) -> list[Order]:
    """Orders of all stages, in their order."""
    prices = charges(inputs)
    found = [*_purchases(plan, inputs, prices), *_upgrades(plan, inputs, prices)]
    found += _moves(plan, inputs)
    stages = plan.data["stage"].values.astype(str).tolist()
    return sorted(found, key=lambda order: stages.index(order.stage))


def _purchases(plan: Plan, inputs: Inputs, prices: xr.Dataset) -> Iterator[Order]:
    rented = inputs.scenario.cost.acquisition == "rental"
    servers = _by_name(inputs)
    for place, count in _counts(plan.data["purchased_servers"]):
        stage, sku, region = place["stage"], place["sku"], place["region"]
        server = servers[sku]
        usd = float(prices["purchase_usd"].sel(stage=stage, sku=sku))
        yield Order(
            stage=stage,
            action="rent" if rented else "buy",
            region=region,
            sku=sku,
            origin="",
            count=count,
            unit_usd=server.price.rental_usd_per_hour if rented else usd,
            unit="USD an hour" if rented else "USD",
            embodied_kgco2e=_made_kgco2e(plan.data, sku, "host", "accelerators"),
            lead_years=_lead_years(inputs, sku),
            evidence=server.price.evidence,
            source=server.price.source,
        )


def _upgrades(plan: Plan, inputs: Inputs, prices: xr.Dataset) -> Iterator[Order]:
    """Accelerators that hosts are given in the place of their own."""
    servers = _by_name(inputs)
    for place, count in _counts(plan.data["upgraded_servers"].sum("cohort")):
        sku = place["new_sku"]
        yield Order(
            stage=place["stage"],
            action="upgrade",
            region=place["region"],
            sku=sku,
            origin=place["sku"],
            count=count,
            unit_usd=float(prices["upgrade_usd"].sel(stage=place["stage"], sku=sku)),
            unit="USD",
            embodied_kgco2e=_made_kgco2e(plan.data, sku, "accelerators"),
            lead_years=_lead_years(inputs, sku),
            evidence=servers[sku].price.evidence,
            source=servers[sku].price.source,
        )


def _moves(plan: Plan, inputs: Inputs) -> Iterator[Order]:
    renewal = inputs.scenario.renewal
    for place, count in _counts(plan.data["moved_servers"].sum("cohort")):
        yield Order(
            stage=place["stage"],
            action="move",
            region=place["to_region"],
            sku=place["sku"],
            origin=place["region"],
            count=count,
            unit_usd=renewal.move_usd,
            unit="USD",
            embodied_kgco2e=renewal.move_kgco2e,
            lead_years=None,
            evidence="assumed",
            source="scenario",
        )


def _counts(array: xr.DataArray) -> Iterator[tuple[dict[str, str], int]]:
    """Places of an array and the whole number there, where that is not zero."""
    values = np.round(array.values)
    for at in np.argwhere(values > 0):
        place = {
            str(dim): str(array[dim].values[i]) for dim, i in zip(array.dims, at, strict=True)
        }
        yield place, int(values[tuple(at)])


def _by_name(inputs: Inputs) -> dict[str, Server]:
    return {server.name: server for server in inputs.servers}


def _made_kgco2e(data: xr.Dataset, sku: str, *parts: str) -> float:
    of_sku = data.sel(sku=sku)
    return sum(float(of_sku[f"embodied_{part}_kgco2e"]) for part in parts)


def _lead_years(inputs: Inputs, sku: str) -> float | None:
    """Years from order to delivery, where the scenario gives them."""
    given = {one.sku: one.years for one in inputs.scenario.renewal.lead_times}
    return given.get(sku)
