"""Power under contract: no more is matched than is delivered and drawn, and enough of it is.

Letters of dimensions: p contract, r region, t slot. A contract serves one region: elsewhere
nothing of it can be contracted.
"""

from __future__ import annotations

import numpy as np

from carbonplan.units import G_PER_KG
from carbonplan.verify.case import Case, Floats
from carbonplan.verify.checks import Check, at_least, at_most


def supply_checks(case: Case, it_power_kw: Floats) -> list[Check]:
    """Contracts and what they match; ``it_power_kw`` is (g, r, t)."""
    if not case.contracts:
        return []
    drawn_kw = case.series("pue") * it_power_kw.sum(axis=0)
    return [
        *contracts_are_as_offered(case),
        *matched_power_is_delivered(case),
        matched_power_is_drawn(case, drawn_kw),
        share_is_matched(case, drawn_kw),
    ]


def contracts_are_as_offered(case: Case) -> list[Check]:
    """What is contracted lies between the least and the most that can be, in its region."""
    name, quantity, axes = "contracts_are_as_offered", "kW", (case.contracts, case.regions)
    return [
        at_least(name, quantity, case.contracted_kw, in_region(case, "at_least_kw"), axes),
        at_most(name, quantity, case.contracted_kw, in_region(case, "at_most_kw"), axes),
    ]


def matched_power_is_delivered(case: Case) -> list[Check]:
    """At the site's meter, a contract matches no more than it delivers in the hour."""
    axes = case.contracts, case.regions, case.slots
    name, quantity = "matched_power_is_delivered", "kW matched"
    return [
        at_least(name, quantity, site_kw(case), 0.0, axes),
        at_most(name, quantity, site_kw(case), delivered_kw(case), axes),
    ]


def matched_power_is_drawn(case: Case, drawn_kw: Floats) -> Check:
    """The contracts of a region match no more than its site draws; ``drawn_kw`` is (r, t)."""
    axes, matched_kw = (case.regions, case.slots), site_kw(case).sum(axis=0)
    return at_most("matched_power_is_drawn", "kW matched", matched_kw, drawn_kw, axes)


def share_is_matched(case: Case, drawn_kw: Floats) -> Check:
    """Of each region's energy over the horizon, the share that is asked for is matched."""
    needed_kwh = case.inputs.scenario.supply.matched_share * (drawn_kw @ case.hours)
    matched_kwh = site_kw(case).sum(axis=0) @ case.hours
    return at_least("share_is_matched", "kWh matched", matched_kwh, needed_kwh, [case.regions])


def in_region(case: Case, field: str) -> Floats:
    """A figure of each contract in the region that it serves, else zero, (p, r)."""
    values = np.zeros((len(case.contracts), len(case.regions)))
    for p, one in enumerate(case.inputs.scenario.supply.contracts):
        values[p, case.regions.index(one.region)] = getattr(one, field)
    return values


def site_kw(case: Case) -> Floats:
    """Power matched at the meter of the site, (p, r, t)."""
    return case.matched_kw * case.series("pue")


def delivered_kw(case: Case) -> Floats:
    """What each contract delivers, used or not, (p, r, t)."""
    return profiles(case)[:, None, :] * case.contracted_kw[:, :, None]


def profiles(case: Case) -> Floats:
    """What each contract delivers by the kW contracted, (p, t) [1]."""
    profile = case.inputs.series["contract_profile"].sel(contract=list(case.contracts))
    return profile.transpose("contract", "slot").values


def contracts_usd(case: Case) -> Floats:
    """Power bought, less what is resold and what the grid need not sell, (r,) [USD]."""
    matched_kwh = site_kw(case) * case.hours
    unused_kwh = delivered_kw(case) @ case.hours - matched_kwh.sum(axis=2)
    bought_usd = in_region(case, "price_usd_per_kwh") * (delivered_kw(case) @ case.hours)
    resold_usd = in_region(case, "resale_usd_per_kwh") * unused_kwh
    avoided_usd = (matched_kwh * case.series("price_usd_per_kwh")).sum(axis=2)
    return (bought_usd - resold_usd - avoided_usd).sum(axis=0)


def contracts_kgco2e(case: Case) -> Floats:
    """Carbon of matched energy, less that of grid energy in its place, (r,) [kgCO2e]."""
    own = in_region(case, "intensity_g_per_kwh")[:, :, None] / G_PER_KG
    more = site_kw(case) * case.hours * (own - case.series(residual(case)))
    return more.sum(axis=(0, 2))


def grid_carbon(case: Case, site_kwh: Floats) -> dict[str, Floats]:
    """Carbon as if the grid gave all energy, (g, r) by impact; ``site_kwh`` is (g, r, t).

    By location with the grid's intensity, by market with that of what contracts leave of it.
    """
    by_location = (site_kwh * case.series("intensity_kgco2e_per_kwh")).sum(axis=2)
    if not has_two_accounts(case):
        return {"operational_carbon": by_location}
    by_market = (site_kwh * case.series(residual(case))).sum(axis=2)
    return {
        "operational_carbon": by_market if is_by_market(case) else by_location,
        "location_carbon": by_location,
        "market_carbon": by_market,
    }


def contract_parts(case: Case) -> dict[str, Floats]:
    """What contracts change of impacts, (r,) by impact."""
    if not case.contracts:
        return {}
    carbon = contracts_kgco2e(case)
    parts = {"cost": contracts_usd(case), "market_carbon": carbon}
    return parts | ({"operational_carbon": carbon} if is_by_market(case) else {})


def is_by_market(case: Case) -> bool:
    """Whether operational carbon counts energy by its contract and what these leave."""
    return has_two_accounts(case) and case.inputs.scenario.signal.scope == "market"


def has_two_accounts(case: Case) -> bool:
    """Whether contracts, or what others leave of the grid, set the accounts apart."""
    given = "residual_intensity_kgco2e_per_kwh" in case.inputs.series
    return given or bool(case.contracts)


def residual(case: Case) -> str:
    """Series of the intensity of grid power that is not matched."""
    given = "residual_intensity_kgco2e_per_kwh"
    return given if given in case.inputs.series else "intensity_kgco2e_per_kwh"
