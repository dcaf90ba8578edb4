"""Values that are valid and surprising: a typing error looks like one of these."""

from __future__ import annotations

from collections.abc import Iterator

from carbonplan.scenario.schema import Scenario

HIGH_PUE = 2.5
MANY_SERVERS = 1_000_000
MANY_RPS = 1e5
HIGH_CARBON_PRICE_USD_PER_TONNE = 2_000.0
SLOW_FIRST_TOKEN_S = 60.0
WIDE_GAP = 0.1


def warnings(scenario: Scenario) -> tuple[str, ...]:
    """One line for each surprising value of a sound scenario."""
    return (
        *_of_regions(scenario),
        *_of_fleet(scenario),
        *_of_workloads(scenario),
        *_of_supply(scenario),
        *_of_aims(scenario),
    )


def _of_regions(scenario: Scenario) -> Iterator[str]:
    for site in scenario.regions:
        where = f"regions[{site.region}]"
        if site.pue is not None and site.pue > HIGH_PUE:
            yield f"{where}.pue is {site.pue:g}; few sites are above {HIGH_PUE:g}"
        if site.price_usd_per_kwh is not None and site.price_usd_per_kwh <= 0:
            yield f"{where}.price_usd_per_kwh is {site.price_usd_per_kwh:g}: energy is free"
        if site.power_limit_kw == 0 or site.server_limit == 0:
            yield f"{where} has a limit of 0 and can run no server"
        if (site.server_limit or 0) >= MANY_SERVERS:
            yield f"{where}.server_limit is {site.server_limit:,} servers"


def _of_fleet(scenario: Scenario) -> Iterator[str]:
    fleet = scenario.fleet
    for key, items in (("existing", fleet.existing), ("stock", fleet.stock)):
        for item in items:
            if item.servers >= MANY_SERVERS:
                yield f"fleet.{key}[{item.sku}].servers is {item.servers:,}"
    if fleet.host_reuse and not any(one.kind == "batch" for one in scenario.workloads):
        yield "fleet.host_reuse is of no effect: there is no batch work for idle cores"
    if fleet.utilisation_limit == 1:
        yield "fleet.utilisation_limit is 1: requests wait ever longer at full load"
    if fleet.profiles and fleet.phases != "mixed":
        yield (
            "fleet.profiles are of replicas that serve both phases; with fleet.phases "
            f"{fleet.phases} those of one phase are modelled beside them"
        )


def _of_workloads(scenario: Scenario) -> Iterator[str]:
    for workload in scenario.workloads:
        where = f"workloads[{workload.name}]"
        if (workload.arrivals.mean_rps or 0) >= MANY_RPS:
            yield f"{where}.arrivals.mean_rps is {workload.arrivals.mean_rps:,.0f} per second"
        if (workload.ttft_s or 0) > SLOW_FIRST_TOKEN_S:
            yield f"{where}.ttft_s is {workload.ttft_s:g} s; a bare number means seconds"
        if workload.kind == "batch" and workload.origins:
            yield f"{where}.origins are of no effect: batch work goes to any of its regions"
        if workload.alternatives and not workload.quality_floor:
            yield f"{where}.alternatives may answer everything: there is no quality_floor"
        for origin in workload.origins:
            if origin.share == 0:
                yield f"{where}.origins[{origin.origin}].share is 0"


def _of_supply(scenario: Scenario) -> Iterator[str]:
    for contract in scenario.supply.contracts:
        if contract.resale_usd_per_kwh > contract.price_usd_per_kwh:
            yield (
                f"supply.contracts[{contract.name}] earns by resale alone: it is sold for "
                f"{contract.resale_usd_per_kwh:g} USD/kWh, bought for "
                f"{contract.price_usd_per_kwh:g}"
            )
    served = {contract.region for contract in scenario.supply.contracts}
    if scenario.supply.matched_share > 0:
        for site in scenario.regions:
            if site.region not in served:
                yield f"regions[{site.region}] has no contract to match with: it stays empty"


def _of_aims(scenario: Scenario) -> Iterator[str]:
    price = scenario.objective.carbon_price_usd_per_tonne
    if price > HIGH_CARBON_PRICE_USD_PER_TONNE:
        yield f"objective.carbon_price_usd_per_tonne is {price:g}"
    if scenario.solver.gap >= WIDE_GAP:
        yield f"solver.gap is {scenario.solver.gap:g}: a plan may be that far from the best"
