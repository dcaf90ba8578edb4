"""Impacts: factors times the readings of meters.

A meter is a linear form of the program: ``it_power_kw`` (9), ``waiting_requests`` (11),
``standing`` (25), and the decisions Powered and Moved themselves. Each impact is a tuple of
terms, a meter with its factor; the same terms make the objective, the bounds and the report.

(16) operational_carbon   (44), or (45) where contracts count                [kgCO2e]
(17) embodied_carbon      Σ ε_yvg s_yvgr − Σ ε^F F_yvgrm + Σ ε^m m
                            | Σ ε'_g h_t p_grt − Σ ε^f_gm h_t f_grmt         [kgCO2e]
(18) energy               Σ h_t PUE_rt P_grt                                 [kWh]
(19) cost                 Σ κ_yvg s_yvgr − Σ κ^F F_yvgrm + Σ κ^m m + Σ h_t PUE_rt π_rt P_grt
                            + Σ h_t φ_pt (π_p − π'_p) C_pr
                            + Σ h_t PUE_rt (π'_p − π_rt) M_prt               [USD]
(20) onsite_water         Σ h_t WUE_rt P_grt                                 [L]
(21) offsite_water        Σ h_t PUE_rt EWIF_rt P_grt                         [L]
(22) latency              Σ h_t W_rt / Σ h_t λ_kot                           [s]

h_t      hours                      hours that slot t stands for             [h]
P_grt    it_power_kw                IT power                                 [kW]
π_rt     price_usd_per_kwh          of energy                                [USD/kWh]
ε_yvg    server_kgco2e              making a server, the stage's share       [kgCO2e]
ε'_g     server_kgco2e_per_hour     the same by the hour of use              [kgCO2e/h]
ε^F      saved_kgco2e               what memory F_yvgrm spares a server      [kgCO2e]
κ^F      saved_usd                  the same                                 [USD]
ε^f_gm   saved_kgco2e_per_hour      what f_grmt spares by the hour of use    [kgCO2e/h]
ε^m      move_kgco2e                moving a server                          [kgCO2e]
κ_yvg    server_usd                 a server over the stage                  [USD]
κ^m      move_usd                   moving a server                          [USD]
W_rt     waiting_requests           requests without their first token       [requests]
C_pr     Contracted_kw              power contracted                         [kW]
M_prt    Matched_kw                 IT power fed by a contract               [kW]
φ_pt     contract_profile           power delivered by the kW contracted     [1]
π_p      contract_price_usd_per_kwh    of all that is delivered              [USD/kWh]
π'_p     contract_resale_usd_per_kwh   of what is not matched                [USD/kWh]

"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from carbonplan.formulation.contracts import (
    contract_cost,
    has_two_accounts,
    location_carbon,
    market_carbon,
)
from carbonplan.formulation.memory_saved import memory_saved, memory_saved_by_use
from carbonplan.formulation.operations.parameters import values
from carbonplan.formulation.terms import METERS, Term
from carbonplan.problem import Problem

if TYPE_CHECKING:
    import pyomo.environ as pyo
    import xarray as xr


def operational_carbon(problem: Problem) -> tuple[Term, ...]:
    """(16) Carbon of the energy drawn, by the accounting of the scenario [kgCO2e]."""
    by_market = problem.supply.market_based
    return market_carbon(problem) if by_market else location_carbon(problem)


def embodied_carbon(problem: Problem) -> tuple[Term, ...]:
    """(17) Carbon of making the servers, by the charging rule [kgCO2e]."""
    p = problem.data
    if problem.charge == "use":
        by_hour = Term("Powered", p["hours"] * p["server_kgco2e_per_hour"])
        return (by_hour, *memory_saved_by_use(problem))
    moving = (Term("Moved", p["move_kgco2e"]),) if problem.renewal.moves else ()
    return (Term("standing", p["server_kgco2e"]), *memory_saved(problem, "kgco2e"), *moving)


def energy(problem: Problem) -> tuple[Term, ...]:
    """(18) Energy of the sites [kWh]."""
    p = problem.data
    return (Term("it_power_kw", p["hours"] * p["pue"]),)


def cost(problem: Problem) -> tuple[Term, ...]:
    """(19) Servers and energy [USD]."""
    p = problem.data
    moving = (Term("Moved", p["move_usd"]),) if problem.renewal.moves else ()
    return (
        Term("standing", p["server_usd"]),
        *memory_saved(problem, "usd"),
        Term("it_power_kw", p["hours"] * p["pue"] * p["price_usd_per_kwh"]),
        *moving,
        *contract_cost(problem),
    )


def onsite_water(problem: Problem) -> tuple[Term, ...]:
    """(20) Water that the sites evaporate [L]."""
    p = problem.data
    return (Term("it_power_kw", p["hours"] * p["wue_l_per_kwh"]),)


def offsite_water(problem: Problem) -> tuple[Term, ...]:
    """(21) Water that power stations consume [L]."""
    p = problem.data
    return (Term("it_power_kw", p["hours"] * p["pue"] * p["ewif_l_per_kwh"]),)


def latency(problem: Problem) -> tuple[Term, ...]:
    """(22) Mean time to first token of online requests, network included [s]."""
    p = problem.data
    requests = float((p["hours"] * p["demand_rps"] * _weight_of_class(problem)).sum())
    return (Term("waiting_requests", p["hours"] / requests),) if requests else ()


def _weight_of_class(problem: Problem) -> xr.DataArray:
    """One over the partitions of the workload: requests are the mean of what they count."""
    import xarray as xr

    names = problem.data["request_class"].values.tolist()
    ways = {q: len(all_of) for all_of in problem.partitions_of.values() for q in all_of}
    weights = [1.0 / ways.get(problem.partition_of.get(k, ""), 1) for k in names]
    return xr.DataArray(weights, {"request_class": names}, ("request_class",))


IMPACTS: Mapping[str, Callable[[Problem], tuple[Term, ...]]] = {
    "operational_carbon": operational_carbon,
    "embodied_carbon": embodied_carbon,
    "energy": energy,
    "cost": cost,
    "onsite_water": onsite_water,
    "offsite_water": offsite_water,
    "latency": latency,
    "location_carbon": location_carbon,
    "market_carbon": market_carbon,
}
ACCOUNTS = ("location_carbon", "market_carbon")  # of one energy; told apart where they differ
SUMS: Mapping[str, tuple[str, ...]] = {
    "carbon": ("operational_carbon", "embodied_carbon"),
    "water": ("onsite_water", "offsite_water"),
}


def parts(impact: str) -> tuple[str, ...]:
    """The impacts of ``IMPACTS`` that add up to a named impact."""
    return SUMS.get(impact, (impact,))


def stated(problem: Problem) -> list[str]:
    """The impacts of ``IMPACTS`` that a plan states: accounts apart only where they differ."""
    both = has_two_accounts(problem)
    return [name for name in IMPACTS if both or name not in ACCOUNTS]


def weights(problem: Problem) -> dict[str, float]:
    """The objective as a weight for each impact of ``IMPACTS``."""
    total: dict[str, float] = {}
    for impact, weight in problem.objective.items():
        for part in parts(impact):
            total[part] = total.get(part, 0.0) + weight
    return total


def expression(m: pyo.ConcreteModel, problem: Problem, impact: str):
    """An impact of a whole-horizon model as a Pyomo expression."""
    return sum(reading(m, term) for part in parts(impact) for term in IMPACTS[part](problem))


def reading(m: pyo.ConcreteModel, term: Term):
    """Factor times meter, summed over the meter's index."""
    dims = METERS[term.meter]
    axes = [dims.index(dim) for dim in term.factor.dims]
    factor = values(term.factor)
    total = 0
    for index, meter in getattr(m, term.meter).items():
        place = index if isinstance(index, tuple) else (index,)
        label = tuple(place[axis] for axis in axes)
        total += factor[label if len(label) > 1 else label[0]] * meter
    return total


def add_objective(m: pyo.ConcreteModel, problem: Problem) -> None:
    """Attach the objective to a whole-horizon model."""
    import pyomo.environ as pyo

    m.objective = pyo.Objective(
        expr=sum(w * expression(m, problem, i) for i, w in weights(problem).items())
    )
