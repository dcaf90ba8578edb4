"""Contracts in impacts: what they cost, and carbon with them and without.

(43) share_is_matched  Σ_t h_t PUE_rt Σ_p M_prt ≥ ψ Σ_t h_t PUE_rt Σ_g P_grt     ∀ r
(44) location_carbon   Σ h_t PUE_rt I_rt P_grt, or where idle power may not earn
                       Σ h_t PUE_rt (I⁺_rt P_grt + I⁻_rt P^s_grt)                  [kgCO2e]
(45) market_carbon     Σ h_t PUE_rt ρ_rt P_grt + Σ h_t PUE_rt (ι_p − ρ_rt) M_prt    [kgCO2e]

h_t      hours                               hours that slot t stands for          [h]
P_grt    it_power_kw                         IT power                              [kW]
P^s_grt  serving_power_kw                    of this, for requests                 [kW]
I⁺, I⁻                                       I above and below zero
M_prt    Matched_kw                          IT power fed by a contract            [kW]
I_rt     intensity_kgco2e_per_kwh            of the grid                           [kgCO2e/kWh]
ρ_rt     residual_intensity_kgco2e_per_kwh   of what contracts leave of the grid   [kgCO2e/kWh]
ι_p      contract_intensity_kgco2e_per_kwh   of the contract's power               [kgCO2e/kWh]
ψ        matched_share                       least share that is matched           [1]

By location a kWh has the intensity of its grid, whoever pays for it; by market it has that of
its contract, and what is not matched has what contracts leave of the grid. All that a contract
delivers is paid for; what is not matched is sold again, what is matched the grid need not sell.
"""

from __future__ import annotations

from carbonplan.formulation.terms import Term
from carbonplan.problem import Problem

RESIDUAL = "residual_intensity_kgco2e_per_kwh"


def location_carbon(problem: Problem) -> tuple[Term, ...]:
    """(44) Carbon of the energy drawn, all of it from the grid [kgCO2e]."""
    p = problem.data
    site_hours, intensity = p["hours"] * p["pue"], p["intensity_kgco2e_per_kwh"]
    if problem.negative != "no-idle-earning":
        return (Term("it_power_kw", site_hours * intensity),)
    return (
        Term("it_power_kw", site_hours * intensity.clip(min=0.0)),
        Term("serving_power_kw", site_hours * intensity.clip(max=0.0)),
    )


def market_carbon(problem: Problem) -> tuple[Term, ...]:
    """(45) Carbon of matched energy by its contract, of the rest by the residue [kgCO2e]."""
    if not has_two_accounts(problem):
        return ()
    p = problem.data
    site_kwh_per_kw, residual = p["hours"] * p["pue"], p[RESIDUAL]
    drawn = Term("it_power_kw", site_kwh_per_kw * residual)
    if not problem.supply.bounds_kw:
        return (drawn,)
    beyond = p["contract_intensity_kgco2e_per_kwh"] - residual
    return (drawn, Term("Matched_kw", site_kwh_per_kw * beyond))


def has_two_accounts(problem: Problem) -> bool:
    """Whether carbon by market may differ from that by location."""
    return RESIDUAL in problem.data


def contract_cost(problem: Problem) -> tuple[Term, ...]:
    """Power that contracts deliver, less resale and what the grid need not sell [USD]."""
    if not problem.supply.bounds_kw:
        return ()
    p = problem.data
    price, resale = p["contract_price_usd_per_kwh"], p["contract_resale_usd_per_kwh"]
    delivered_kwh_per_kw = (p["hours"] * p["contract_profile"]).sum("slot")
    return (
        Term("Contracted_kw", delivered_kwh_per_kw * (price - resale)),
        Term("Matched_kw", p["hours"] * p["pue"] * (resale - p["price_usd_per_kwh"])),
    )


def unmatched_energy(problem: Problem, region: str) -> tuple[Term, ...]:
    """(43) Energy of a region that is to be matched, less what is [kWh]."""
    p = problem.data
    site_kwh_per_kw = (p["hours"] * p["pue"]).where(p["region"] == region, 0.0)
    return (
        Term("it_power_kw", problem.supply.matched_share * site_kwh_per_kw),
        Term("Matched_kw", -site_kwh_per_kw),
    )


def matching_regions(problem: Problem) -> list[str]:
    """Regions of which a share is to be matched."""
    return problem.data["region"].values.tolist() if problem.supply.matched_share else []
