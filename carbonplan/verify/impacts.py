"""Impacts recomputed: energy drawn, carbon, cost and water over (SKU, region), and latency."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from carbonplan.errors import InvalidInput
from carbonplan.plan.records import ImpactTotal
from carbonplan.technology.cost import server_usd_per_hour
from carbonplan.technology.embodied import embodied_footprint
from carbonplan.units import HOURS_PER_YEAR, KG_PER_TONNE, SECONDS_PER_HOUR, W_PER_KW
from carbonplan.verify.case import Case, Floats
from carbonplan.verify.charges import lives_charged, moves, standing_usd
from carbonplan.verify.coefficients import Coefficients
from carbonplan.verify.fleet import lives_years
from carbonplan.verify.hosts import spared_kgco2e, spared_kw, spared_usd
from carbonplan.verify.supply import contract_parts, grid_carbon

UNITS = {
    "operational_carbon": "kgCO2e",
    "embodied_carbon": "kgCO2e",
    "energy": "kWh",
    "cost": "USD",
    "onsite_water": "L",
    "offsite_water": "L",
    "location_carbon": "kgCO2e",
    "market_carbon": "kgCO2e",
}
SUMS = {
    "carbon": ("operational_carbon", "embodied_carbon"),
    "water": ("onsite_water", "offsite_water"),
}


def it_power_kw(case: Case, needs: Coefficients) -> Floats:
    """What the servers draw, (g, r, t) [kW]: standing, hosting, ready, serving and starting."""
    servers = case.inputs.servers
    off_w = np.array([server.host.off_w for server in servers])
    powered_w = np.array(
        [
            server.host.idle_w + server.sku.accelerators * server.power.parked_w
            for server in servers
        ]
    )
    standing = case.standing - case.powered
    fleet_kw = (
        off_w[:, None, None] * standing + powered_w[:, None, None] * case.powered
    ) / W_PER_KW
    at_clock_kw = np.einsum("kc,kcrt->crt", needs.energy_kj, case.load_rps)
    serving_kw = np.einsum("ce,crt->ert", case.clocked, at_clock_kw)
    starting_kw = needs.start_energy_kwh[:, None, None] * case.starts / case.slot_hours
    replicas_kw = needs.loaded_kw[:, None, None] * case.replicas + serving_kw + starting_kw
    return fleet_kw - spared_kw(case) + np.einsum("eg,ert->grt", case.hosted, replicas_kw)


def impacts(
    case: Case, needs: Coefficients, power_kw: Floats, not_earned_kgco2e_per_hour: Floats
) -> dict[str, ImpactTotal]:
    """Every impact with its parts, from physical quantities; both arrays are (g, r, t)."""
    it_kwh = power_kw * case.hours
    site_kwh = it_kwh * case.series("pue")
    by_place = {
        **grid_carbon(case, site_kwh),
        "embodied_carbon": embodied_kgco2e(case),
        "energy": site_kwh.sum(axis=2),
        "cost": (site_kwh * case.series("price_usd_per_kwh")).sum(axis=2) + servers_usd(case),
        "onsite_water": (it_kwh * case.series("wue_l_per_kwh")).sum(axis=2),
        "offsite_water": (site_kwh * case.series("ewif_l_per_kwh")).sum(axis=2),
    }
    by_place["operational_carbon"] += not_earned_kgco2e_per_hour @ case.hours
    changed = contract_parts(case)
    totals = {
        name: _total(case, name, parts, changed.get(name)) for name, parts in by_place.items()
    }
    for name, summands in SUMS.items():
        parts = sum(by_place[summand] for summand in summands)
        totals[name] = _total(case, summands[0], parts, changed.get(summands[0]))
    return totals | {"latency": latency(case, needs)}


def embodied_kgco2e(case: Case) -> Floats:
    """Making of the servers, as far as the horizon is charged with it, (g, r) [kgCO2e].

    ``owned-time``: a server's life is spread over its hours, used or not; ``use``: over the
    hours in which it is powered, which are not told apart by age; ``purchase``: all of it when
    it is bought. What stands already is sunk unless it is included.
    """
    scenario = case.inputs.scenario
    made = [
        embodied_footprint(s, case.inputs.embodied_coefficients) for s in case.inputs.servers
    ]
    host = np.array([one.host_kgco2e for one in made])[:, None]
    accelerators = np.array([one.accelerators_kgco2e for one in made])[:, None]
    moving = scenario.renewal.move_kgco2e * moves(case)
    if scenario.embodied.charge == "use":
        lives = np.array([lives_years(case, server) for server in case.inputs.servers])
        yearly = host / lives[:, :1] + accelerators / lives[:, 1:]
        by_use = yearly / HOURS_PER_YEAR * (case.powered @ case.hours)
        return by_use - spared_kgco2e(case) + moving
    of_host, of_accelerators = lives_charged(case)
    made_kgco2e = host * of_host + accelerators * of_accelerators
    return made_kgco2e - spared_kgco2e(case) + moving


def servers_usd(case: Case) -> Floats:
    """Servers bought or rented, over the horizon, (g, r) [USD]; what stands is paid for."""
    accounting = case.inputs.scenario.cost
    try:
        per_hour = [
            server_usd_per_hour(server, accounting.acquisition, accounting.discount_rate)
            for server in case.inputs.servers
        ]
    except ValueError as error:
        raise InvalidInput(case.inputs.scenario.name, [f"cost.acquisition: {error}"]) from error
    moving = case.inputs.scenario.renewal.move_usd * moves(case)
    usd_per_hour = np.array(per_hour)
    return standing_usd(case, usd_per_hour) - spared_usd(case, usd_per_hour) + moving


def latency(case: Case, needs: Coefficients) -> ImpactTotal:
    """Mean time to first token of online requests, network included [s]; 0 without any."""
    asked = requests_per_s(case)
    if asked == 0.0:
        return ImpactTotal(0.0, "s", dict.fromkeys(case.regions, 0.0), {})
    network = np.einsum("kort,or,t->r", case.flow_rps, case.rtt_s, case.hours) / asked
    first_token = (
        np.einsum(
            "kcrt,kc,t->cr", case.load_rps[case.online], needs.ttft_s[case.online], case.hours
        )
        / asked
    )
    loading = loading_requests(case, needs) @ case.hours / asked
    on_sku = (case.clocked @ case.hosted).T @ first_token + case.hosted.T @ loading
    by_sku = dict(zip(case.skus, on_sku.sum(axis=1).tolist(), strict=True))
    by_region = network + first_token.sum(axis=0) + loading.sum(axis=0)
    by_region = dict(zip(case.regions, by_region.tolist(), strict=True))
    value = float(network.sum() + first_token.sum() + loading.sum())
    return ImpactTotal(value, "s", by_region, {**by_sku, "(network)": float(network.sum())})


def loading_requests(case: Case, needs: Coefficients) -> Floats:
    """Online requests that wait for a model to load, (e, r, t); none where it is loaded ahead.

    They come at the highest rate of the replica in the plan's table, from its start on.
    """
    if not case.inputs.scenario.fleet.load_on_demand:
        return np.zeros_like(case.starts)
    stated = case.plan.data["rate_rps"].sel(
        request_class=list(case.class_names), configuration=list(case.configurations)
    )
    known = stated.transpose("request_class", "configuration").values > 0.0
    rate_rps = np.where(known, needs.rate_rps, 0.0)[case.online].max(axis=0, initial=0.0)
    rate_rps = rate_rps * [one.role != "decode" for one in case.running]
    highest_rps = (case.clocked * rate_rps[:, None]).max(axis=0, initial=0.0)
    waits_h = highest_rps * needs.start_hours**2 / 2.0  # all requests of a start together
    return waits_h[:, None, None] * SECONDS_PER_HOUR * case.starts / case.slot_hours


def requests_per_s(case: Case) -> float:
    """Online requests of the horizon over 3600: rate times hours [requests h / s].

    Of a workload that may divide its requests in several ways, the mean of what they count.
    """
    total = 0.0
    for one in case.classes:
        if one.workload.kind == "online":
            arrivals = case.inputs.series["arrivals_rps"].sel(workload=one.workload.name)
            share = case.inputs.series["share"].sel(request_class=one.name).values
            ways = max(len(one.workload.partitions or ()), 1)
            total += float((arrivals.sum("origin").values * share * case.hours).sum()) / ways
    return total


def objective_value(case: Case, totals: Mapping[str, ImpactTotal]) -> float:
    """What the scenario minimises; a carbon price adds carbon to cost."""
    objective = case.inputs.scenario.objective
    price = objective.carbon_price_usd_per_tonne / KG_PER_TONNE
    value = 0.0
    for impact, weight in objective.counted.items():
        value += weight * totals[impact].value
        if impact == "cost":
            value += weight * price * totals["carbon"].value
    return value


def _total(case: Case, name: str, parts: Floats, changed: Floats | None = None) -> ImpactTotal:
    """An impact from its parts over (g, r), and what contracts change of it, (r,)."""
    by_region = parts.sum(axis=0)
    by_sku = dict(zip(case.skus, parts.sum(axis=1).tolist(), strict=True))
    if changed is not None:
        by_region = by_region + changed
        by_sku["(contracts)"] = float(changed.sum())
    return ImpactTotal(
        float(by_region.sum()),
        UNITS[name],
        dict(zip(case.regions, by_region.tolist(), strict=True)),
        by_sku,
    )
