"""Limits: replicas inside powered servers, servers inside what stands and can be had."""

from __future__ import annotations

import numpy as np

from carbonplan.verify.case import Case, Floats
from carbonplan.verify.checks import Check, at_least, at_most, equal, whole
from carbonplan.verify.coefficients import Coefficients
from carbonplan.verify.fleet import fleet_checks
from carbonplan.verify.hosts import host_checks
from carbonplan.verify.promises import promise_checks
from carbonplan.verify.supply import supply_checks


def limit_checks(case: Case, needs: Coefficients, it_power_kw: Floats) -> list[Check]:
    """Fleet, replicas, starts and site power of a plan; ``it_power_kw`` is (g, r, t)."""
    return [
        *fleet_checks(case),
        *powered_servers_stand(case),
        replicas_fit_in_servers(case, needs),
        *host_checks(case),
        *replicas_are_started(case),
        *replicas_are_held(case),
        *counts_are_whole(case),
        site_power_holds(case, it_power_kw),
        *supply_checks(case, it_power_kw),
        *promise_checks(case, needs),
    ]


def powered_servers_stand(case: Case) -> list[Check]:
    """Powered servers are usable ones; all of them where none may be switched off."""
    axes = case.skus, case.regions, case.slots
    fleet = case.inputs.scenario.fleet
    usable = fleet.availability * case.standing
    lost = case.inputs.series["lost_region"].values
    usable = np.where(np.array(case.regions)[:, None] == lost, 0.0, usable)
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
        if case.inputs.scenario.signal.negative == "allow" and _is_negative(case):
            name = "starts_are_of_replicas"
            checks.append(at_most(name, "starts", case.starts, case.replicas, axes))
    return checks


def _is_negative(case: Case) -> bool:
    """Whether intensity is below zero anywhere: starting replicas then earns."""
    return bool((case.series("intensity_kgco2e_per_kwh") < 0.0).any())


def replicas_are_held(case: Case) -> list[Check]:
    """Replicas and powered servers stay as they are over each window of a run."""
    hold_hours = case.inputs.scenario.fleet.hold_hours
    if hold_hours is None:
        return []
    window = max(1, round(hold_hours / case.slot_hours[0]))
    since = np.array([(case.run[:t] == case.run[t]).sum() for t in range(len(case.run))])
    first = np.arange(len(case.run)) - since % window
    name = "replicas_are_held"
    return [
        equal(
            name,
            "replicas",
            case.replicas,
            case.replicas[..., first],
            (case.engines, case.regions, case.slots),
        ),
        equal(
            name,
            "powered servers",
            case.powered,
            case.powered[..., first],
            (case.skus, case.regions, case.slots),
        ),
    ]


def counts_are_whole(case: Case) -> list[Check]:
    """Replicas and powered servers are whole where they are planned so."""
    name = "counts_are_whole"
    fleet = case.inputs.scenario.fleet
    by_site = case.skus, case.regions
    checks: list[Check] = []
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
