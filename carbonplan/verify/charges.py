"""What servers are charged with: lives of their making, hours of their price, and moves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from carbonplan.units import HOURS_PER_YEAR
from carbonplan.verify.case import Case, Floats
from carbonplan.verify.fleet import bought, factor, lives_years, standing


def lives_charged(case: Case) -> tuple[Floats, Floats]:
    """Lives of hosts and of accelerators that the plan is charged with, (g, r) each.

    By owned time the hours in which they stand; at purchase whole ones, less what is left at
    the end of the last stage where that has a value. What stood before counts if included.
    """
    stood = standing(case)
    host, accelerators = (
        np.einsum("yvg,yvgr->gr", lives_of(case, part), stood)
        for part in ("host", "accelerators")
    )
    return host, accelerators


def lives_of(case: Case, part: str) -> Floats:
    """Lives of a part of one server that each stage is charged with, (y, v, g)."""
    accounting = case.inputs.scenario.embodied
    hours = np.array([case.hours[case.slot_stage == y].sum() for y in range(len(case.stages))])
    lives = np.zeros((len(case.stages), len(case.cohorts), len(case.skus)))
    for v, cohort in enumerate(bought(case)):
        stage, years = getattr(cohort, part), getattr(cohort, f"{part}_years")
        if stage is None and not accounting.include_existing:
            continue
        for g, server in enumerate(case.inputs.servers):
            life = lives_years(case, server)[part == "accelerators"]
            own = _by_stage(case, stage, years, life, hours)
            lives[:, v, g] = own * _stage_factor(case, "server_carbon", stage, server.name)
    return lives


def _by_stage(
    case: Case, stage: str | None, years: float, life: float, hours: NDArray
) -> NDArray:
    """Lives of a part that each stage is charged with, (y,)."""
    if case.inputs.scenario.embodied.charge == "owned-time":
        return hours / HOURS_PER_YEAR / life
    return _at_purchase(case, stage, years, life)


def _at_purchase(case: Case, stage: str | None, years: float, life: float) -> NDArray:
    """1 in the stage of the purchase, less in a last stage what is left of the life, (y,)."""
    scenario = case.inputs.scenario
    charged = np.zeros(len(case.stages))
    for y, node in enumerate(case.inputs.nodes):
        new = node.parent is None if stage is None else stage == node.name
        left = 1.0 - (node.start_years + node.years - years) / life
        credited = scenario.stages and node.last and scenario.renewal.end_value != "none"
        charged[y] = node.probability * (new - (max(left, 0.0) if credited else 0.0))
    return charged


def _stage_factor(case: Case, name: str, node: str | None, sku: str) -> float:
    """A factor of the stage of a node; 1 before the first."""
    stage_of = {one.name: one.stage for one in case.inputs.nodes}
    for stage in case.inputs.scenario.stages:
        if node is not None and stage.name == stage_of[node]:
            return factor(getattr(stage, name), sku)
    return 1.0


def standing_usd(case: Case, usd_per_hour: Floats) -> Floats:
    """Cost of servers over the horizon, (g, r) [USD]; old ones are paid for."""
    return np.einsum("yvg,yvgr->gr", server_usd(case, usd_per_hour), standing(case))


def server_usd(case: Case, usd_per_hour: Floats) -> Floats:
    """Cost of one server in each stage, (y, v, g) [USD].

    By owned time the hours in which they stand; at purchase their price, less what is left of
    it in the last stage. A part of the price is the accelerators', the rest the host's.
    """
    scenario = case.inputs.scenario
    share = scenario.renewal.accelerator_price_share
    hours = np.array([case.hours[case.slot_stage == y].sum() for y in range(len(case.stages))])
    usd = np.zeros((len(case.stages), len(case.cohorts), len(case.skus)))
    for v, cohort in enumerate(bought(case)):
        for part, of_price in (("host", 1 - share), ("accelerators", share)):
            stage, years = getattr(cohort, part), getattr(cohort, f"{part}_years")
            if stage is None:
                continue
            for g, server in enumerate(case.inputs.servers):
                paid = hours * usd_per_hour[g]
                if scenario.cost.charge == "purchase":
                    life = server.sku.accelerator_lifetime_years
                    lives = _at_purchase(case, stage, years, life)
                    paid = server.price.purchase_usd * lives
                own = _stage_factor(case, "server_price", stage, server.name)
                usd[:, v, g] += of_price * own * paid
    return usd


def moves(case: Case) -> NDArray:
    """Servers that move away, times the probability of it, (g, r)."""
    probability = np.array([node.probability for node in case.inputs.nodes])
    return np.einsum("y,yvgrq->gr", probability, case.moved)
