"""Contracts for power added to a problem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from carbonplan.problem import Problem
from carbonplan.problem.records import Supply


@dataclass(frozen=True)
class Offer:
    """A contract on offer."""

    region: str
    profile: Sequence[float]
    price: float = 0.05
    resale: float = 0.01
    intensity: float = 0.011
    least_kw: float = 0.0
    most_kw: float = 10.0


def supplied(
    problem: Problem,
    offers: dict[str, Offer],
    *,
    share: float = 0.0,
    market: bool = False,
    residual: Sequence[Sequence[float]] | None = None,
) -> Problem:
    """The problem with contracts on offer; without a residual mix the grid's own is left."""
    names = list(offers)
    coords = {"contract": names}

    def of_offers(field: str) -> xr.DataArray:
        values = [getattr(offer, field) for offer in offers.values()]
        return xr.DataArray(np.array(values, dtype=float), coords, ("contract",))

    profile = [list(offer.profile) for offer in offers.values()]
    profile = xr.DataArray(np.array(profile, dtype=float), coords, ("contract", "slot"))
    grid = problem.data["intensity_kgco2e_per_kwh"]
    data = problem.data.assign(
        contract_profile=profile,
        delivered_it_kw_per_kw=(profile / problem.data["pue"]).transpose(
            "contract", "region", "slot"
        ),
        contract_price_usd_per_kwh=of_offers("price"),
        contract_resale_usd_per_kwh=of_offers("resale"),
        contract_intensity_kgco2e_per_kwh=of_offers("intensity"),
        residual_intensity_kgco2e_per_kwh=grid if residual is None else (grid.dims, residual),
    )
    labels = {(name, offer.region): offer for name, offer in offers.items()}
    return replace(
        problem,
        data=data,
        carriers={
            **problem.carriers,
            **{("delivered_it_kw_per_kw", lb): ("Contracted_kw", lb) for lb in labels},
        },
        supply=Supply(
            bounds_kw={lb: (offer.least_kw, offer.most_kw) for lb, offer in labels.items()},
            matched_share=share,
            market_based=market,
        ),
    )
