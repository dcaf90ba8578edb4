"""Terms of an objective for contracts: what they count, and grid energy that they spare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from carbonplan.plan.figures import Figure, Figures, Term, series_figures
from carbonplan.plan.totals import CONTRACTS
from carbonplan.problem.supply import RESIDUAL, has_two_accounts
from carbonplan.units import G_PER_KG

if TYPE_CHECKING:
    import xarray as xr

    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.scenario.supply import Contract

GRID, MATCHED, CONTRACTED = "intensity_kgco2e_per_kwh", "matched", "contracted"


def counts_by_market(inputs: Inputs) -> bool:
    """Whether operational carbon counts energy by its contract and what these leave."""
    return has_two_accounts(inputs) and inputs.scenario.signal.scope == "market"


def grid_intensity(inputs: Inputs) -> str:
    """Series of the intensity of energy that no contract matches."""
    return RESIDUAL if counts_by_market(inputs) and RESIDUAL in inputs.series else GRID


def contract_terms(
    inputs: Inputs, data: xr.Dataset, weights: Mapping[str, float]
) -> Iterator[Term]:
    """What contracts count, and less what the grid would have counted in their place."""
    carbon = weights.get("operational_carbon", 0.0) * counts_by_market(inputs)
    spared = {"operational_carbon": (carbon, grid_intensity(inputs))}
    spared["cost"] = (weights.get("cost", 0.0), "price_usd_per_kwh")
    for contract in inputs.scenario.supply.contracts:
        region, figures = contract.region, contract_figures(inputs, contract)
        matched_kwh = _matched_kwh(data, contract)
        for impact, (weight, series) in spared.items():
            own = weight * _own(impact, contract, data, float(matched_kwh.sum()))
            yield Term(impact, CONTRACTED, CONTRACTS, region, own, figures)
            grid = float((matched_kwh * data[series].sel(region=region)).sum())
            of_grid = series_figures(inputs, ("pue", series), region)
            yield Term(impact, MATCHED, CONTRACTS, region, -weight * grid, figures + of_grid)


def contract_figures(inputs: Inputs, contract: Contract) -> Figures:
    """A contract's terms and its profile, as the scenario gives them."""
    known = inputs.known["contract_profile", contract.region]
    return (Figure(f"contract {contract.name}", known.evidence, known.source),)


def _own(impact: str, contract: Contract, data: xr.Dataset, matched_kwh: float) -> float:
    """What the power of a contract counts itself, resale taken off."""
    if impact != "cost":
        return contract.intensity_g_per_kwh / G_PER_KG * matched_kwh
    at = {"contract": contract.name}
    hours = data["weight"] * data["slot_hours"]
    contracted_kw = float(data["contracted_kw"].sel({**at, "region": contract.region}))
    delivered_kwh = contracted_kw * float((data["contract_profile"].sel(at) * hours).sum())
    unused_kwh = delivered_kwh - matched_kwh
    return contract.price_usd_per_kwh * delivered_kwh - contract.resale_usd_per_kwh * unused_kwh


def _matched_kwh(data: xr.Dataset, contract: Contract) -> xr.DataArray:
    """Energy matched at the meter of the site, (slot,) [kWh]."""
    matched_kw = data["matched_kw"].sel(contract=contract.name, region=contract.region)
    pue = data["pue"].sel(region=contract.region)
    return matched_kw * pue * data["weight"] * data["slot_hours"]
