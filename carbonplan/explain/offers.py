r"""What a thousand requests cost on each server that can answer them, at full use.

Of a replica at rate ρ that takes the share a of a server, a request draws

.. math:: E = \frac{PUE}{3600} \Big(e + \frac{w^l + a\,w^p}{\rho}\Big)

with e above the idle replica, w^l of the replica and w^p of its powered server; making the
server counts a ε / (3600 ρ) with ε by the hour. Intensity, PUE and price are means over the
horizon's hours. It is the least that a request can cost there: replicas are rarely full.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.explain.places import Place
from carbonplan.formulation.impacts import weights
from carbonplan.units import REQUESTS_PER_KREQUEST, SECONDS_PER_HOUR

if TYPE_CHECKING:
    import xarray as xr

    from carbonplan.problem import Problem


@dataclass(frozen=True)
class Offer:
    """The best configuration of a place for a class, by a thousand requests.

    Attributes
    ----------
    objective
        What is minimised, of these impacts.
    ttft_s
        Mean time to first token without network [s].
    idle_objective_per_hour
        The objective of an hour of a server of its own, powered and with nothing loaded.
    """

    request_class: str
    sku: str
    region: str
    configuration: str
    energy_kwh: float
    operational_kgco2e: float
    embodied_kgco2e: float
    cost_usd: float
    objective: float
    ttft_s: float
    idle_objective_per_hour: float

    @property
    def place(self) -> Place:
        return self.sku, self.region


def offers(problem: Problem, request_class: str) -> list[Offer]:
    """The best offer of every place for a class, the best first.

    Replicas that serve one phase alone are no offer of their own.
    """
    best: dict[Place, Offer] = {}
    for k, c, r in problem.serving:
        if k == request_class and c not in problem.role_of:
            offer = _offer(problem, k, c, r)
            known = best.get(offer.place)
            if known is None or offer.objective < known.objective:
                best[offer.place] = offer
    return sorted(best.values(), key=lambda offer: offer.objective)


def _offer(problem: Problem, k: str, c: str, region: str) -> Offer:
    p, engine = problem.data, problem.engine_of[c]
    sku = problem.sku_of[engine]
    rate_per_hour = float(p["rate_rps"].sel(request_class=k, configuration=c))
    rate_per_hour *= SECONDS_PER_HOUR
    share = float(p["accelerators"].sel(engine=engine) / p["sku_accelerators"].sel(sku=sku))
    held_kw = float(p["loaded_kw"].sel(engine=engine) + share * p["powered_kw"].sel(sku=sku))
    own_kj = float(p["energy_kj_per_request"].sel(request_class=k, configuration=c))
    it_kwh = (own_kj / SECONDS_PER_HOUR + held_kw / rate_per_hour) * REQUESTS_PER_KREQUEST
    found = _impacts(
        problem, sku, region, it_kwh, share / rate_per_hour * REQUESTS_PER_KREQUEST
    )
    idle_kwh = float(p["powered_kw"].sel(sku=sku))
    return Offer(
        request_class=k,
        sku=sku,
        region=region,
        configuration=c,
        energy_kwh=found["energy"],
        operational_kgco2e=found["operational_carbon"],
        embodied_kgco2e=found["embodied_carbon"],
        cost_usd=found["cost"],
        objective=_objective(problem, found),
        ttft_s=float(p["ttft_s"].sel(request_class=k, configuration=c)),
        idle_objective_per_hour=_objective(
            problem, _impacts(problem, sku, region, idle_kwh, 1.0)
        ),
    )


def _objective(problem: Problem, found: dict[str, float]) -> float:
    return sum(w * found.get(i, 0.0) for i, w in weights(problem).items())


def _impacts(
    problem: Problem, sku: str, region: str, it_kwh: float, server_hours: float
) -> dict[str, float]:
    """Impacts of energy drawn by servers in a region, and of hours of a server of a SKU."""
    site = problem.data.sel(region=region)
    kwh = it_kwh * site["pue"]
    carbon, usd = _by_hour(problem, sku)
    return {
        "energy": _mean(problem, kwh),
        "operational_carbon": _mean(problem, kwh * site["intensity_kgco2e_per_kwh"]),
        "embodied_carbon": server_hours * carbon,
        "cost": server_hours * usd + _mean(problem, kwh * site["price_usd_per_kwh"]),
        "onsite_water": _mean(problem, it_kwh * site["wue_l_per_kwh"]),
        "offsite_water": _mean(problem, kwh * site["ewif_l_per_kwh"]),
    }


def _by_hour(problem: Problem, sku: str) -> tuple[float, float]:
    """Making [kgCO2e/h] and cost [USD/h] of a server that is bought in the first stage."""
    p, stage = problem.data, problem.nodes[0].name
    hours = float(p["hours"].values[p["slot_stage"].values == 0].sum())
    bought = {"stage": stage, "cohort": stage, "sku": sku}
    usd = float(p["server_usd"].sel(bought)) / hours
    if problem.charge == "use":
        return float(p["server_kgco2e_per_hour"].sel(sku=sku)), usd
    return float(p["server_kgco2e"].sel(bought)) / hours, usd


def _mean(problem: Problem, of_slots: xr.DataArray) -> float:
    hours = problem.data["hours"].values
    return float(np.average(of_slots.values, weights=hours))
