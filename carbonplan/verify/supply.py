"""Power under contract: no more is matched than is delivered and drawn, and enough of it is."""

from __future__ import annotations

import numpy as np

from carbonplan.units import G_PER_KG
from carbonplan.verify.case import Case, Floats
from carbonplan.verify.checks import Check, at_least, at_most


def supply_checks(case: Case, it_power_kw: Floats) -> list[Check]:
    """Contracts and what they match; ``it_power_kw`` is (g, r, t)."""
    if not case.contracts:
        return []
    drawn_kw = it_power_kw.sum(axis=0)
    return [
        *contracts_are_as_offered(case),
        *matched_is_delivered(case),
        matched_is_drawn(case, drawn_kw),
        share_is_matched(case, drawn_kw),
    ]


def contracts_are_as_offered(case: Case) -> list[Check]:
    """What is contracted lies between the least and the most that can be."""
    name, quantity, axes = "contracts_are_as_offered", "kW contracted", [case.contracts]
    offered = case.inputs.scenario.supply.contracts
    least, most = (
        [getattr(one, f"at_{end}_kw") for one in offered] for end in ("least", "most")
    )
    return [
        at_least(name, quantity, case.contracted_kw, least, axes),
        at_most(name, quantity, case.contracted_kw, most, axes),
    ]


def matched_is_delivered(case: Case) -> list[Check]:
    """At the site's meter, a contract matches no more than it delivers in the hour."""
    axes = case.contracts, case.slots
    delivered_kw = generated_kw(case)
    matched_kw = case.matched_kw * pue(case)
    name = "matched_is_delivered"
    return [
        at_least(name, "kW matched", matched_kw, 0.0, axes),
        at_most(name, "kW matched", matched_kw, delivered_kw, axes),
    ]


def matched_is_drawn(case: Case, drawn_kw: Floats) -> Check:
    """The contracts of a region match no more than it draws; ``drawn_kw`` is (r, t)."""
    matched_kw = in_region(case).T @ case.matched_kw
    drawn_kw = np.where(in_region(case).any(axis=0)[:, None], drawn_kw, 0.0)
    return at_most(
        "matched_is_drawn", "kW matched", matched_kw, drawn_kw, (case.regions, case.slots)
    )


def share_is_matched(case: Case, drawn_kw: Floats) -> Check:
    """Of each region's energy over the horizon, the share that is asked for is matched."""
    site_kwh = (case.series("pue") * drawn_kw * case.hours).sum(axis=1)
    matched_kwh = in_region(case).T @ (case.matched_kw * pue(case) @ case.hours)
    needed_kwh = case.inputs.scenario.supply.matched_share * site_kwh
    return at_least("share_is_matched", "kWh matched", matched_kwh, needed_kwh, [case.regions])


def in_region(case: Case) -> Floats:
    """1 where a contract serves a region, (p, r)."""
    offered = case.inputs.scenario.supply.contracts
    marks = [[float(one.region == region) for region in case.regions] for one in offered]
    return np.array(marks).reshape(len(offered), len(case.regions))


def pue(case: Case) -> Floats:
    """PUE of the region of each contract, (p, t)."""
    return in_region(case) @ case.series("pue")


def generated_kw(case: Case) -> Floats:
    """What each contract delivers, used or not, (p, t)."""
    profile = case.inputs.series["contract_profile"].sel(contract=list(case.contracts))
    return profile.transpose("contract", "slot").values * case.contracted_kw[:, None]


def contracts_usd(case: Case) -> Floats:
    """Bought power, less what is resold and what the grid need not sell, (p,) [USD]."""
    offered = case.inputs.scenario.supply.contracts
    matched_kwh = case.matched_kw * pue(case) * case.hours
    generated_kwh = generated_kw(case) @ case.hours
    price = np.array([one.price_usd_per_kwh for one in offered])
    resale = np.array([one.resale_usd_per_kwh for one in offered])
    unused_kwh = generated_kwh - matched_kwh.sum(axis=1)
    avoided_usd = (matched_kwh * (in_region(case) @ case.series("price_usd_per_kwh"))).sum(
        axis=1
    )
    return price * generated_kwh - resale * unused_kwh - avoided_usd


def contracts_kgco2e(case: Case) -> Floats:
    """Carbon of matched energy, less that of grid energy in its place, (p,) [kgCO2e]."""
    matched_kwh = case.matched_kw * pue(case) * case.hours
    offered = case.inputs.scenario.supply.contracts
    of_contract = np.array([one.intensity_g_per_kwh for one in offered]) / G_PER_KG
    of_grid = in_region(case) @ residual_intensity(case)
    return (matched_kwh * (of_contract[:, None] - of_grid)).sum(axis=1)


def residual_intensity(case: Case) -> Floats:
    """Intensity of grid power that is not matched, (r, t) [kgCO2e/kWh]."""
    residual = "residual_intensity_kgco2e_per_kwh"
    return case.series(
        residual if residual in case.inputs.series else "intensity_kgco2e_per_kwh"
    )
