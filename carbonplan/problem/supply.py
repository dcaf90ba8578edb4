"""Contracts for power as coefficients: what they deliver, cost and emit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonplan.catalogue.inputs import Inputs
from carbonplan.problem.records import Label, Supply
from carbonplan.units import G_PER_KG

if TYPE_CHECKING:
    import xarray as xr

DELIVERED = "delivered_it_kw_per_kw"
RESIDUAL = "residual_intensity_kgco2e_per_kwh"
PRICES = ("price_usd_per_kwh", "resale_usd_per_kwh")


def supply(inputs: Inputs) -> Supply:
    """Contracts that may be made, and what of them counts."""
    given = inputs.scenario.supply
    return Supply(
        bounds_kw={
            (one.name, one.region): (one.at_least_kw, one.at_most_kw) for one in given.contracts
        },
        matched_share=given.matched_share,
        market_based=inputs.scenario.signal.scope == "market" and has_two_accounts(inputs),
    )


def has_two_accounts(inputs: Inputs) -> bool:
    """Whether carbon by market may differ from that by location."""
    return bool(inputs.scenario.supply.contracts) or RESIDUAL in inputs.series


def carriers(inputs: Inputs) -> dict[tuple[str, Label], tuple[str, Label]]:
    """What a contract delivers is multiplied by what is contracted."""
    labels = [(one.name, one.region) for one in inputs.scenario.supply.contracts]
    return {(DELIVERED, label): ("Contracted_kw", label) for label in labels}


def contract_coefficients(inputs: Inputs) -> dict[str, xr.DataArray]:
    """What contracts deliver, cost and emit, and what they leave of the grid.

    Over (contract, slot): ``contract_profile``; over (contract, region, slot) the same over the
    PUE, ``delivered_it_kw_per_kw``; over (contract): ``contract_intensity_kgco2e_per_kwh``,
    ``contract_price_usd_per_kwh`` and ``contract_resale_usd_per_kwh``; over (region, slot) the
    intensity of power that is not matched, ``residual_intensity_kgco2e_per_kwh``. Nothing
    where there are neither contracts nor such an intensity.
    """
    import xarray as xr

    contracts, series = inputs.scenario.supply.contracts, inputs.series
    left = {RESIDUAL: residual_intensity(series)} if has_two_accounts(inputs) else {}
    if not contracts:
        return left
    figures = {
        "intensity_kgco2e_per_kwh": [one.intensity_g_per_kwh / G_PER_KG for one in contracts],
        **{name: [getattr(one, name) for one in contracts] for name in PRICES},
    }
    names, profile = series["contract"].values, series["contract_profile"]
    delivered = profile / series["pue"]
    return {
        "contract_profile": profile,
        DELIVERED: delivered.transpose("contract", "region", "slot"),
        **left,
        **{
            f"contract_{name}": xr.DataArray(values, {"contract": names}, ("contract",))
            for name, values in figures.items()
        },
    }


def residual_intensity(series: xr.Dataset) -> xr.DataArray:
    """Intensity of grid power that no contract matches: as given, else the grid's own."""
    return series[RESIDUAL if RESIDUAL in series else "intensity_kgco2e_per_kwh"]
