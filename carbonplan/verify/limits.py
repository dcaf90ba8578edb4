"""Limits: replicas inside powered servers, servers inside what stands and can be had."""

from __future__ import annotations

import numpy as np

from carbonplan.verify.case import Case, Floats
from carbonplan.verify.checks import Check, at_least, at_most, equal, whole
from carbonplan.verify.coefficients import Coefficients


def limit_checks(case: Case, needs: Coefficients, it_power_kw: Floats) -> list[Check]:
    """Fleet, replicas, starts and site power of a plan; ``it_power_kw`` is (g, r, t)."""
    return [
        *servers_are_owned(case),
        *purchases_are_within_stock(case),
        servers_fit_in_sites(case),
        *powered_servers_stand(case),
        replicas_fit_in_servers(case, needs),
        *replicas_are_started(case),
        *counts_are_whole(case),
        site_power_holds(case, it_power_kw),
    ]


def existing_servers(case: Case) -> Floats:
    """Servers that stand before the plan, (g, r)."""
    standing = np.zeros((len(case.skus), len(case.regions)))
    for one in case.inputs.scenario.fleet.existing:
        standing[case.skus.index(one.sku), case.regions.index(one.region)] += one.servers
    return standing


def servers_are_owned(case: Case) -> list[Check]:
    """What stands is what stood and what is bought."""
    axes = case.skus, case.regions
    owned = existing_servers(case) + case.purchased
    return [
        equal("servers_are_owned", "servers", case.servers, owned, axes),
        at_least("servers_are_owned", "servers bought", case.purchased, 0.0, axes),
    ]


def purchases_are_within_stock(case: Case) -> list[Check]:
    """No more is bought than can be had."""
    checks = []
    for stock in case.inputs.scenario.fleet.stock:
        if stock.sku not in case.skus:
            continue
        bought = case.purchased[case.skus.index(stock.sku)]
        at = list(case.regions) if stock.region is None else [stock.region]
        total = sum(
            bought[case.regions.index(region)] for region in at if region in case.regions
        )
        axes = [stock.sku], [stock.region or "all regions"]
        checks.append(
            at_most("purchases_are_within_stock", "servers bought", total, stock.servers, axes)
        )
    return checks


def servers_fit_in_sites(case: Case) -> Check:
    """A site has room for its servers."""
    limit_of = {site.region: site.server_limit for site in case.inputs.scenario.regions}
    room = [np.inf if limit_of.get(r) is None else limit_of[r] for r in case.regions]
    return at_most(
        "servers_fit_in_sites", "servers", case.servers.sum(axis=0), room, [case.regions]
    )


def powered_servers_stand(case: Case) -> list[Check]:
    """Powered servers are usable ones; all of them where none may be switched off."""
    axes = case.skus, case.regions, case.slots
    fleet = case.inputs.scenario.fleet
    usable = fleet.availability * case.servers[:, :, None]
    name, quantity = "powered_servers_stand", "powered servers"
    checks = [
        at_most(name, quantity, case.powered, usable, axes),
        at_least(name, quantity, case.powered, 0.0, axes),
    ]
    if not fleet.switch_off:
        checks.append(at_least(name, quantity, case.powered, usable, axes))
    return checks


def replicas_fit_in_servers(case: Case, needs: Coefficients) -> Check:
    """Accelerators in use are those of powered servers."""
    used = np.einsum("eg,e,ert->grt", case.hosted, needs.accelerators, case.replicas)
    in_server = np.array(
        [server.sku.accelerators for server in case.inputs.servers], dtype=float
    )
    available = in_server[:, None, None] * case.powered
    axes = case.skus, case.regions, case.slots
    return at_most("replicas_fit_in_servers", "accelerators in use", used, available, axes)


def replicas_are_started(case: Case) -> list[Check]:
    """More replicas than in the slot before are starts, where starts are charged.

    A closed run may begin with any replicas running.
    """
    axes = case.engines, case.regions, case.slots
    checks = [at_least("replicas_are_started", "replicas", case.replicas, 0.0, axes)]
    if case.inputs.scenario.fleet.start_costs:
        rise = np.where(
            case.previous >= 0, case.replicas - case.replicas[:, :, case.previous], 0.0
        )
        needed = np.maximum(rise, 0.0)
        checks.append(at_least("replicas_are_started", "starts", case.starts, needed, axes))
    return checks


def counts_are_whole(case: Case) -> list[Check]:
    """Servers are whole always, replicas and powered servers where they are planned so."""
    name = "counts_are_whole"
    fleet = case.inputs.scenario.fleet
    by_site = case.skus, case.regions
    checks = [
        whole(name, "servers", case.servers, by_site),
        whole(name, "servers bought", case.purchased, by_site),
    ]
    if "whole" in (case.plan.summary.get("replicas"), fleet.replicas):
        running = case.engines, case.regions, case.slots
        checks.append(whole(name, "replicas", case.replicas, running))
        if fleet.switch_off:
            powered = (*by_site, case.slots)
            checks.append(whole(name, "powered servers", case.powered, powered))
    return checks


def site_power_holds(case: Case, it_power_kw: Floats) -> Check:
    """A site with its cooling and losses draws no more than it can be given."""
    limit_of = {site.region: site.power_limit_kw for site in case.inputs.scenario.regions}
    limit_kw = [np.inf if limit_of.get(r) is None else limit_of[r] for r in case.regions]
    drawn_kw = case.series("pue") * it_power_kw.sum(axis=0)
    axes = case.regions, case.slots
    return at_most("site_power_holds", "kW", drawn_kw, np.array(limit_kw)[:, None], axes)
