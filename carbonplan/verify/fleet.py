"""The fleet: what stands in a stage stood before, lives still, and could be had and paid.

Ages are read from the names of cohorts: what stood before, a stage whose servers it was bought
with, or both where old hosts got accelerators in a later stage.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from carbonplan.catalogue.records import Server
from carbonplan.verify.case import Case, Floats
from carbonplan.verify.checks import Check, at_least, at_most, equal, whole

AGE_TOLERANCE_YEARS = 1 / 300
STOOD = "stood"


@dataclass(frozen=True)
class Bought:
    """When hosts and accelerators of a cohort were bought: stage, None for before, and year."""

    host: str | None
    accelerators: str | None
    host_years: float
    accelerators_years: float


def fleet_checks(case: Case) -> list[Check]:
    """Servers, cohorts and purchases of every stage."""
    return [
        *servers_are_owned(case),
        *cohorts_pass_on(case),
        *cohorts_live(case),
        *purchases_are_within_stock(case),
        *purchases_can_be_had(case),
        servers_fit_in_sites(case),
        *servers_are_whole(case),
    ]


def existing_servers(case: Case) -> Floats:
    """Servers that stand before the plan, (v, g, r)."""
    standing = np.zeros((len(case.cohorts), len(case.skus), len(case.regions)))
    for one in case.inputs.scenario.fleet.existing:
        cohort = f"{STOOD} {one.age_years:g} a" if one.age_years else STOOD
        place = case.cohorts.index(cohort), case.skus.index(one.sku)
        standing[(*place, case.regions.index(one.region))] += one.servers
    return standing


def bought(case: Case) -> list[Bought]:
    """When each cohort was bought, (v,)."""
    start = {node.name: node.start_years for node in case.inputs.nodes}
    found = []
    for name in case.cohorts:
        host, _, later = name.partition("+")
        if host in start:
            own = host, start[host]
        else:
            age = host.removeprefix(STOOD).removesuffix("a").strip()
            own = None, -float(age or 0.0)
        accelerators = (later, start[later]) if later else own
        found.append(Bought(own[0], accelerators[0], own[1], accelerators[1]))
    return found


def standing(case: Case) -> Floats:
    """Servers of each cohort in each stage, (y, v, g, r)."""
    total = case.kept.copy()
    for y, stage in enumerate(case.stages):
        total[y, case.cohorts.index(stage)] += case.purchased[y]
        for v, cohort in enumerate(case.cohorts):
            upgraded = case.upgraded[y, v].sum(axis=0)  # (new sku, r)
            if upgraded.any():
                name = f"{cohort.partition('+')[0]}+{stage}"
                total[y, case.cohorts.index(name)] += upgraded
    return total


def parents(case: Case) -> list[int | None]:
    """Position of the stage before each stage, None before the first."""
    place = {stage: y for y, stage in enumerate(case.stages)}
    return [None if n.parent is None else place[n.parent] for n in case.inputs.nodes]


def servers_are_owned(case: Case) -> list[Check]:
    """What stands is what was kept, upgraded and bought."""
    name, axes = "servers_are_owned", (case.stages, case.skus, case.regions)
    checks = [equal(name, "servers", case.servers, standing(case).sum(axis=1), axes)]
    for quantity in ("purchased", "kept", "upgraded", "moved"):
        least = np.array([getattr(case, quantity).min(initial=0.0)])
        checks.append(at_least(name, f"servers {quantity}", least, 0.0, [[quantity]]))
    return checks


def cohorts_pass_on(case: Case) -> list[Check]:
    """No stage has more of a cohort than stood before it and moved in.

    Without stages everything stays: there is no time at which to retire it.
    """
    existing, stood = existing_servers(case), standing(case)
    before = np.stack([existing if p is None else stood[p] for p in parents(case)])
    gone = case.kept + case.upgraded.sum(axis=3) + case.moved.sum(axis=4)
    come = before + case.moved.sum(axis=3)
    axes = case.stages, case.cohorts, case.skus, case.regions
    checks = [at_most("cohorts_pass_on", "servers", gone, come, axes)]
    if not case.inputs.scenario.stages:
        checks.append(
            equal("cohorts_pass_on", "servers kept", case.kept[0], existing, axes[1:])
        )
    renewal = case.inputs.scenario.renewal
    for allowed, done, words in (
        (renewal.upgrades, case.upgraded, "servers upgraded"),
        (renewal.moves, case.moved, "servers moved"),
    ):
        most = np.inf if allowed else 0.0
        checks.append(at_most("cohorts_pass_on", words, [done.sum()], most, [["all"]]))
    return checks


def cohorts_live(case: Case) -> list[Check]:
    """Hosts and accelerators that stand live to the end of the stage; upgraded hosts fit."""
    if not case.inputs.scenario.stages:
        return []
    name, cohorts = "cohorts_live", bought(case)
    lives = np.array([lives_years(case, server) for server in case.inputs.servers])
    end = np.array([node.start_years + node.years for node in case.inputs.nodes])
    host = np.array([one.host_years for one in cohorts])
    accelerators = np.array([one.accelerators_years for one in cohorts])
    host_age = end[:, None] - host
    age = end[:, None] - accelerators
    dead = (host_age[..., None] > lives[:, 0] + AGE_TOLERANCE_YEARS) | (
        age[..., None] > lives[:, 1] + AGE_TOLERANCE_YEARS
    )
    too_old = np.where(dead[..., None], standing(case), 0.0)
    axes = case.stages, case.cohorts, case.skus, case.regions
    hosts = np.array([server.sku.host for server in case.inputs.servers])
    unfit = np.where((hosts[:, None] == hosts)[:, :, None], 0.0, case.upgraded)
    return [
        at_most(name, "servers beyond their lives", too_old, 0.0, axes),
        at_most(name, "hosts upgraded with what does not fit", [unfit.sum()], 0.0, [["all"]]),
    ]


def lives_years(case: Case, server: Server) -> tuple[float, float]:
    """Lives of the host and of the accelerators of a SKU [a]."""
    accounting = case.inputs.scenario.embodied
    return (
        accounting.host_lifetime_years or server.sku.host_lifetime_years,
        accounting.accelerator_lifetime_years or server.sku.accelerator_lifetime_years,
    )


def purchases_are_within_stock(case: Case) -> list[Check]:
    """No more is bought than can be had in a stage."""
    checks = []
    for stock in case.inputs.scenario.fleet.stock:
        if stock.sku not in case.skus:
            continue
        at = [r for r in case.regions if stock.region in (None, r)]
        places = [case.regions.index(region) for region in at]
        total = case.purchased[:, case.skus.index(stock.sku)][:, places].sum(axis=1)
        counts = [stock.stage in (None, node.stage) for node in case.inputs.nodes]
        axes = case.stages, [f"{stock.sku}, {stock.region or 'all regions'}"]
        most = np.where(counts, float(stock.servers), np.inf)[:, None]
        checks.append(
            at_most("purchases_are_within_stock", "servers bought", total[:, None], most, axes)
        )
    return checks


def purchases_can_be_had(case: Case) -> list[Check]:
    """A stage sells the SKU, an order came in time and before futures part, and it is paid."""
    name, scenario = "purchases_can_be_had", case.inputs.scenario
    axes = case.stages, case.skus, case.regions
    stages = {stage.name: stage for stage in scenario.stages}
    lead = {one.sku: one.years for one in scenario.renewal.lead_times}
    unsold = np.zeros((len(case.stages), len(case.skus)), dtype=bool)
    for y, node in enumerate(case.inputs.nodes):
        offered = stages[node.stage].skus if node.stage in stages else None
        for g, sku in enumerate(case.skus):
            late = lead.get(sku, 0.0) > node.start_years
            unsold[y, g] = late or (offered is not None and sku not in offered)
    had = case.purchased + case.upgraded.sum(axis=(1, 2))
    amiss = np.where(unsold[..., None], had, 0.0)
    checks = [at_most(name, "servers that are not sold", amiss, 0.0, axes)]
    for node, stage, spent in _spending_usd(case, stages):
        checks.append(at_most(name, "USD spent", [spent], stage.budget_usd, [[node]]))
    return [*checks, *_ordered_together(case, lead)]


def _spending_usd(case: Case, stages: Mapping) -> list[tuple]:
    """Node, stage and price of its purchases and upgrades, where there is a budget."""
    found = []
    share = case.inputs.scenario.renewal.accelerator_price_share
    for y, node in enumerate(case.inputs.nodes):
        stage = stages.get(node.stage)
        if stage is None or stage.budget_usd is None:
            continue
        price = np.array(
            [
                server.price.purchase_usd * factor(stage.server_price, server.name)
                for server in case.inputs.servers
            ]
        )
        upgraded = case.upgraded[y].sum(axis=(0, 1, 3))
        spent = price @ (case.purchased[y].sum(axis=1) + share * upgraded)
        found.append((node.name, stage, float(spent)))
    return found


def factor(value: float | Mapping[str, float], name: str) -> float:
    """A factor for all, or for those that are named; 1 for the others."""
    return value.get(name, 1.0) if isinstance(value, Mapping) else value


def _ordered_together(case: Case, lead: Mapping[str, float]) -> list[Check]:
    """Deliveries that were ordered in one stage are the same in all that follow it."""
    checks = []
    for sku, years in lead.items():
        groups: dict[tuple, list[int]] = {}
        for y, node in enumerate(case.inputs.nodes):
            at = _stage_at(case, y, node.start_years - years)
            groups.setdefault((node.stage, at), []).append(y)
        for members in groups.values():
            own = case.purchased[members, case.skus.index(sku)]
            axes = [case.stages[y] for y in members], case.regions
            words = f"servers of {sku} ordered"
            checks.append(equal("purchases_can_be_had", words, own, own[:1], axes))
    return checks


def _stage_at(case: Case, y: int, years: float) -> int | None:
    """The stage on the way to a stage in which a time lies."""
    above = parents(case)
    position = above[y]
    while position is not None:
        if case.inputs.nodes[position].start_years <= years + AGE_TOLERANCE_YEARS:
            return position
        position = above[position]
    return None


def servers_fit_in_sites(case: Case) -> Check:
    """A site has room for its servers in every stage."""
    limit_of = {site.region: site.server_limit for site in case.inputs.scenario.regions}
    room = [np.inf if limit_of.get(r) is None else limit_of[r] for r in case.regions]
    axes = case.stages, case.regions
    return at_most("servers_fit_in_sites", "servers", case.servers.sum(axis=1), room, axes)


def servers_are_whole(case: Case) -> list[Check]:
    """Servers that stand, are bought, upgraded and moved are whole."""
    axes = case.stages, case.skus, case.regions
    return [
        whole("counts_are_whole", "servers", case.servers, axes),
        *(
            whole("counts_are_whole", f"servers {name}", getattr(case, name).ravel(), [numbers])
            for name in ("purchased", "upgraded", "moved")
            for numbers in [[str(i) for i in range(getattr(case, name).size)]]
        ),
    ]
