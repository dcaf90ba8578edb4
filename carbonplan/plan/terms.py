r"""The objective of a plan as a sum of terms, each with the figures that multiply in it.

.. math:: z = \sum_i w_i \Big( \sum_{u,g,r} \sum_t h_t f_{irt} P_{ugrt}
            + \sum_{g,r} \lambda_{gr} \sum_l C_{gl} + \dots \Big)

for impacts i of weight w: what servers g draw for use u, by the factor f of the impact at the
site (intensity, price, PUE, water), and the lines l of their making by the share λ of their
lives that is charged. Decisions are taken as they are: that there are so many servers has no
class, what one of them took to make has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from carbonplan.formulation.impacts import parts
from carbonplan.plan.figures import (
    Figures,
    Modelled,
    Term,
    host_figures,
    idle_figures,
    region_names,
    series_figures,
    start_figures,
)
from carbonplan.plan.owning import making_terms, price_terms
from carbonplan.plan.pairs import Pair, pairs_in_use, replica_of
from carbonplan.plan.power import by_sku, it_power_by_use_kw
from carbonplan.plan.requests import PhaseEnergy, phase_energies
from carbonplan.plan.supply import GRID, contract_terms, grid_intensity
from carbonplan.plan.totals import NETWORK
from carbonplan.problem.assembly import objective_weights
from carbonplan.problem.loading import loading_coefficients
from carbonplan.technology.host_sockets import ON_HOST

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr
    from numpy.typing import NDArray

    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.configurations import Configurations

SITE_FACTORS = {  # series by which energy counts, by impact
    "operational_carbon": ("pue", "intensity_kgco2e_per_kwh"),
    "energy": ("pue",),
    "cost": ("pue", "price_usd_per_kwh"),
    "onsite_water": ("wue_l_per_kwh",),
    "offsite_water": ("pue", "ewif_l_per_kwh"),
}
IDLE = "idle_intensity_kgco2e_per_kwh"  # by which energy counts that serves no request
FLOWS = ("request_class", "origin", "slot")
USE_FIGURES = {
    "ready": idle_figures,
    "accelerators": idle_figures,
    "hosts": host_figures,
    "off": host_figures,
    "starts": start_figures,
}


class Drawn(NamedTuple):
    """What one use of energy on one SKU counts in every region."""

    part: str
    sku: str
    figures: Figures
    values: NDArray[np.float64]  # (region,), in the objective's unit


def objective_terms(
    inputs: Inputs, configurations: Configurations, data: xr.Dataset
) -> list[Term]:
    """Terms that are not zero; they sum to the objective."""
    weights = primary_weights(inputs)
    pairs = pairs_in_use(inputs, configurations, data)
    found = [
        *_energy_terms(inputs, configurations, data, pairs, weights),
        *making_terms(inputs, data, weights.get("embodied_carbon", 0.0)),
        *price_terms(inputs, data, weights.get("cost", 0.0)),
        *_latency_terms(inputs, data, pairs, weights.get("latency", 0.0)),
        *_loading_terms(inputs, configurations, data, weights.get("latency", 0.0)),
        *contract_terms(inputs, data, weights),
    ]
    return [term for term in found if term.value != 0.0]


def primary_weights(inputs: Inputs) -> dict[str, float]:
    """Weights of the impacts that are no sums of others."""
    weights: dict[str, float] = {}
    for impact, weight in objective_weights(inputs).items():
        for part in parts(impact):
            weights[part] = weights.get(part, 0.0) + weight
    return weights


def _energy_terms(
    inputs: Inputs,
    configurations: Configurations,
    data: xr.Dataset,
    pairs: Sequence[Pair],
    weights: Mapping[str, float],
) -> Iterator[Term]:
    """What energy counts, by what it is drawn for."""
    counted = {impact: weights[impact] for impact in SITE_FACTORS if weights.get(impact)}
    if not counted:
        return
    by_use = it_power_by_use_kw(data)
    phases = list(phase_energies(inputs, pairs, data))
    for impact, weight in counted.items():
        hours = weight * data["weight"] * data["slot_hours"]
        factors = site_factors(inputs, impact)
        serving, idle = (
            hours * prod(data[name] for name in names)
            for names in (factors, [IDLE if name == GRID else name for name in factors])
        )
        drawn = (
            *_of_uses(inputs, by_use, idle),
            *_of_working(inputs, configurations, data, serving),
            *_of_requests(phases, data, serving),
        )
        of_site = {r: series_figures(inputs, factors, r) for r in region_names(data)}
        for part, sku, figures, values in drawn:
            for (region, site), value in zip(of_site.items(), values, strict=True):
                yield Term(impact, part, sku, region, float(value), figures + site)


def site_factors(inputs: Inputs, impact: str) -> tuple[str, ...]:
    """Series by which energy counts, as the scenario accounts for contracts."""
    grid = grid_intensity(inputs)
    return tuple(grid if name == GRID else name for name in SITE_FACTORS[impact])


def _of_uses(
    inputs: Inputs, by_use: Mapping[str, xr.DataArray], factor: xr.DataArray
) -> Iterator[Drawn]:
    """What servers draw whatever they serve, and what starting replicas does."""
    import xarray as xr

    for use, figures in USE_FIGURES.items():
        counted = xr.dot(by_use[use], factor, dim="slot").transpose("sku", "region")
        for server in inputs.servers:
            values = counted.sel(sku=server.name).values
            yield Drawn(use, server.name, figures(server), values)


def _of_working(
    inputs: Inputs, configurations: Configurations, data: xr.Dataset, factor: xr.DataArray
) -> Iterator[Drawn]:
    """What replicas draw at any load, by the figures of decoding."""
    import xarray as xr

    drawn = xr.dot(data["working_kw"] * data["replicas"], factor, dim="slot")
    drawn = drawn.transpose("engine", "region")
    models = Modelled.of(inputs)
    one_of = {one.engine: one for one in configurations.kept}
    for engine, values in zip(drawn["engine"].values.tolist(), drawn.values, strict=True):
        if values.any():
            replica = replica_of(inputs, one_of[engine])
            figures = models.figures(replica, ["decode"])
            yield Drawn("decode", replica.server.name, figures, values)


def _of_requests(
    phases: Sequence[PhaseEnergy], data: xr.Dataset, factor: xr.DataArray
) -> Iterator[Drawn]:
    """What requests draw beyond that."""
    import xarray as xr

    counted = xr.dot(data["load_rps"], factor, dim="slot")
    counted = counted.transpose("request_class", "configuration", "region")
    for one in phases:
        requests = counted.loc[one.pair.request_class, one.pair.configuration].values
        sku = one.pair.replica.server.name.removesuffix(ON_HOST)
        yield Drawn(one.phase, sku, one.figures, one.energy_kj * requests)


def _latency_terms(
    inputs: Inputs, data: xr.Dataset, pairs: Sequence[Pair], weight: float
) -> Iterator[Term]:
    """What waiting for first tokens counts: the network, and the replicas."""
    import xarray as xr

    per_request = _per_request(data, weight)
    if per_request is None:
        return
    online = data["class_kind"] == "online"
    network = xr.dot(data["flow_rps"], data["rtt_s"], per_request, dim=FLOWS)
    for region, value in zip(region_names(data), network.values, strict=True):
        figures = series_figures(inputs, ["rtt_s"], region)
        yield Term("latency", "network", NETWORK, region, float(value), figures)
    first_token = data["ttft_s"] * data["load_rps"].where(online, 0.0)
    waited = xr.dot(first_token, per_request, dim="slot")
    waited = waited.transpose("request_class", "configuration", "region")
    models = Modelled.of(inputs)
    for pair in pairs:
        figures = pair.measured or models.figures(pair.replica)
        values = waited.loc[pair.request_class, pair.configuration].values
        for region, value in zip(region_names(data), values, strict=True):
            sku = pair.replica.server.name
            yield Term("latency", "first_token", sku, region, float(value), figures)


def _loading_terms(
    inputs: Inputs, configurations: Configurations, data: xr.Dataset, weight: float
) -> Iterator[Term]:
    """What waiting for models to load counts, where replicas load on demand."""
    import xarray as xr

    per_request = _per_request(data, weight)
    delayed = loading_coefficients(inputs, configurations)
    if per_request is None or not delayed:
        return
    waited = by_sku(data, delayed["loading_requests"] * data["starts"])
    waited = xr.dot(waited, per_request, dim="slot").transpose("sku", "region")
    for server in inputs.servers:
        for region, value in zip(
            region_names(data), waited.sel(sku=server.name).values, strict=True
        ):
            figures = start_figures(server)
            yield Term("latency", "loading", server.name, region, float(value), figures)


def _per_request(data: xr.Dataset, weight: float) -> xr.DataArray | None:
    """What a waiting online request of each slot counts, (slot,); None where nothing counts."""
    hours = data["weight"] * data["slot_hours"]
    of_online = data["demand_rps"].where(data["class_kind"] == "online", 0.0)
    asked = float((of_online * hours).sum())
    return weight * hours / asked if weight and asked else None
