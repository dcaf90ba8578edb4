"""Contracts for power as coefficients: what they deliver, cost and emit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonplan.catalogue.inputs import Inputs
from carbonplan.problem.records import Label, Supply
from carbonplan.units import G_PER_KG

if TYPE_CHECKING:
    import xarray as xr

DELIVERED = "delivered_it_kw_per_kw"
PRICES = ("price_usd_per_kwh", "resale_usd_per_kwh")


def supply(inputs: Inputs) -> Supply:
    """Contracts that may be made, and what of them counts."""
    given = inputs.scenario.supply
    return Supply(
        region_of={one.name: one.region for one in given.contracts},
        bounds_kw={one.name: (one.at_least_kw, one.at_most_kw) for one in given.contracts},
        matched_share=given.matched_share,
        market_based=inputs.scenario.signal.scope == "market",
    )


def carriers(inputs: Inputs) -> dict[tuple[str, Label], tuple[str, Label]]:
    """What a contract delivers is multiplied by what is contracted."""
    names = [one.name for one in inputs.scenario.supply.contracts]
    return {(DELIVERED, (name,)): ("Contracted_kw", (name,)) for name in names}


def contract_coefficients(inputs: Inputs) -> dict[str, xr.DataArray]:
    """Over (contract, slot) and (contract); nothing without contracts.

    ``contract_profile``, ``contract_pue`` of the region, ``delivered_it_kw_per_kw`` (their
    quotient), ``contract_intensity_kgco2e_per_kwh``, ``contract_price_usd_per_kwh`` and
    ``contract_resale_usd_per_kwh``; over (region, slot) the intensity of power that is not
    matched, ``residual_intensity_kgco2e_per_kwh``.
    """
    import xarray as xr

    contracts = inputs.scenario.supply.contracts
    if not contracts:
        return {}
    series = inputs.series
    profile, residual = series["contract_profile"], residual_intensity(series)
    names = {"contract": profile["contract"].values}
    regions = xr.DataArray([one.region for one in contracts], names, ("contract",))
    pue = series["pue"].sel(region=regions).drop_vars("region").transpose("contract", "slot")
    intensity = [one.intensity_g_per_kwh / G_PER_KG for one in contracts]
    return {
        "contract_profile": profile,
        "contract_pue": pue,
        DELIVERED: profile / pue,
        "contract_intensity_kgco2e_per_kwh": xr.DataArray(intensity, names, ("contract",)),
        **{
            f"contract_{name}": xr.DataArray(
                [getattr(one, name) for one in contracts], names, ("contract",)
            )
            for name in PRICES
        },
        "residual_intensity_kgco2e_per_kwh": residual,
    }


def residual_intensity(series: xr.Dataset) -> xr.DataArray:
    """Intensity of grid power that no contract matches: as given, else the grid's own."""
    name = "residual_intensity_kgco2e_per_kwh"
    return series[name if name in series else "intensity_kgco2e_per_kwh"]
