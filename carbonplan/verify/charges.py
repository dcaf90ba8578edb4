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
    scenario, stood = case.inputs.scenario, standing(case)
    accounting = scenario.embodied
    hours = np.array([case.hours[case.slot_stage == y].sum() for y in range(len(case.stages))])
    charged = []
    for part in ("host", "accelerators"):
        lives = np.zeros((len(case.stages), len(case.cohorts), len(case.skus)))
        for v, cohort in enumerate(bought(case)):
            stage, years = getattr(cohort, part), getattr(cohort, f"{part}_years")
            if stage is None and not accounting.include_existing:
                continue
            for g, server in enumerate(case.inputs.servers):
                life = lives_years(case, server)[part == "accelerators"]
                own = _by_stage(case, stage, years, life, hours)
                lives[:, v, g] = own * _stage_factor(case, "server_carbon", stage, server.name)
        charged.append(np.einsum("yvg,yvgr->gr", lives, stood))
    return charged[0], charged[1]


def _by_stage(
    case: Case, stage: str | None, years: float, life: float, hours: NDArray
) -> NDArray:
    """Lives of a part that each stage is charged with, (y,)."""
    scenario = case.inputs.scenario
    if scenario.embodied.charge == "owned-time":
        return hours / HOURS_PER_YEAR / life
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


def owned_hours(case: Case) -> Floats:
    """Hours for which servers are paid, price factors counted, (g, r); old ones are paid."""
    stood, share = standing(case), case.inputs.scenario.renewal.accelerator_price_share
    hours = np.array([case.hours[case.slot_stage == y].sum() for y in range(len(case.stages))])
    paid = np.zeros((len(case.cohorts), len(case.skus)))
    for v, cohort in enumerate(bought(case)):
        for part, of_price in ((cohort.host, 1 - share), (cohort.accelerators, share)):
            if part is not None:
                factors = [_stage_factor(case, "server_price", part, g) for g in case.skus]
                paid[v] += of_price * np.array(factors)
    return np.einsum("y,vg,yvgr->gr", hours, paid, stood)


def moves(case: Case) -> NDArray:
    """Servers that move away, times the probability of it, (g, r)."""
    probability = np.array([node.probability for node in case.inputs.nodes])
    return np.einsum("y,yvgrq->gr", probability, case.moved)
