"""Fleets over stages recomputed: the best plan holds, and each lie about cohorts is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import xarray as xr

from carbonplan.catalogue.inputs import Inputs
from carbonplan.plan import Plan
from carbonplan.verify import verify
from tests.plan import renewing

THEN, NOW = {"stage": "2024"}, {"stage": "2025"}
BOX, NEW = {"sku": "box", "region": "north"}, {"sku": "box-2", "region": "north"}
OLD = {"cohort": "stood", **BOX}


@pytest.fixture(scope="module")
def of() -> Inputs:
    return renewing.inputs()


@pytest.fixture(scope="module")
def plan(of: Inputs) -> Plan:
    return renewing.plan(of)


def changed(plan: Plan, change: Callable[[xr.Dataset], None]) -> Plan:
    data = plan.data.copy(deep=True)
    change(data)
    return replace(plan, data=data)


def test_the_host_is_upgraded_and_the_plan_holds(of: Inputs, plan: Plan):
    """New accelerators, 87.6 kg; a new server would be 175.2 less half of its host's 87.6."""
    upgraded = plan.data["upgraded_servers"]
    assert float(upgraded.sel(**NOW, **OLD, new_sku="box-2")) == 1
    assert plan.impacts["embodied_carbon"].value == pytest.approx(87.6)
    found = verify(of, plan)
    assert found.violations == ()
    assert {"cohorts_pass_on", "cohorts_live", "purchases_can_be_had"} <= set(found.checks)


def test_without_leave_to_upgrade_a_server_is_bought():
    of = renewing.inputs(renewal={"moves": True})
    plan = renewing.plan(of)
    assert verify(of, plan).violations == ()
    assert plan.impacts["embodied_carbon"].value == pytest.approx(175.2 - 87.6 / 2)


def kept_beyond_its_life(data: xr.Dataset) -> None:
    data["kept_servers"].loc[{**NOW, **OLD}] += 1
    data["servers"].loc[{**NOW, **BOX}] += 1
    data["upgraded_servers"][:] = 0
    data["servers"].loc[{**NOW, **NEW}] -= 1


def from_nowhere(data: xr.Dataset) -> None:
    data["kept_servers"].loc[{**THEN, **OLD}] += 1
    data["servers"].loc[{**THEN, **BOX}] += 1


def without_a_cohort(data: xr.Dataset) -> None:
    data["servers"].loc[{**THEN, **BOX}] += 1


def kept_and_upgraded(data: xr.Dataset) -> None:
    data["upgraded_servers"].loc[{**NOW, **OLD, "new_sku": "box-2"}] += 1
    data["servers"].loc[{**NOW, **NEW}] += 1


def moved_and_kept(data: xr.Dataset) -> None:
    data["moved_servers"].loc[{**THEN, **OLD, "to_region": "south"}] += 1


def half_a_move(data: xr.Dataset) -> None:
    data["moved_servers"].loc[{**THEN, **OLD, "to_region": "south"}] += 0.5


def fewer_than_none(data: xr.Dataset) -> None:
    data["purchased_servers"].loc[{**THEN, "sku": "box-2", "region": "south"}] -= 1
    data["servers"].loc[{**THEN, "sku": "box-2", "region": "south"}] -= 1


def powered_in_another_stage(data: xr.Dataset) -> None:
    data["powered_servers"].loc[{**BOX, "slot": 3}] += 1


LIES = {
    kept_beyond_its_life: "cohorts_live[2025, stood, box, north]: servers beyond their lives",
    from_nowhere: "cohorts_pass_on[2024, stood, box, north]: servers: 2 found, at most 1",
    without_a_cohort: "servers_are_owned[2024, box, north]: servers: 2 found",
    kept_and_upgraded: "cohorts_pass_on[2025, stood, box, north]: servers: 2 found, at most 1",
    moved_and_kept: "cohorts_pass_on[2024, stood, box, north]: servers: 2 found, at most 1",
    half_a_move: "counts_are_whole",
    fewer_than_none: "servers_are_owned[purchased]: servers purchased: -1 found",
    powered_in_another_stage: "powered_servers_stand[box, north, slot 3",
}


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
def test_a_lie_about_cohorts_is_named(of: Inputs, plan: Plan, lie: Callable):
    violations = verify(of, changed(plan, lie)).violations
    assert any(line.startswith(LIES[lie]) for line in violations), violations


@pytest.mark.parametrize(
    ("rules", "named"),
    [
        ({"renewal": {"moves": True}}, "structure: the plan's cohort are"),
        (
            {"stages": [renewing.STAGES[0], {**renewing.STAGES[1], "budget_usd": 100}]},
            "purchases_can_be_had[2025]: USD spent",
        ),
        (
            {"embodied": {"coefficient_set": "round", "host_lifetime_years": 0.5}},
            "cohorts_live[2025, stood+2025, box-2, north]",
        ),
    ],
)
def test_a_plan_that_breaks_other_rules_is_named(plan: Plan, rules: dict, named: str):
    """The same plan, held against a scenario that forbids what it does."""
    violations = verify(renewing.inputs(**rules), plan).violations
    assert any(line.startswith(named) for line in violations), violations


def test_moves_need_leave(of: Inputs, plan: Plan):
    def moved(data: xr.Dataset) -> None:
        there = {"cohort": "stood", "sku": "box", "region": "south"}
        data["moved_servers"].loc[{**THEN, **OLD, "to_region": "south"}] += 1
        for region, change in ((OLD, -1), (there, 1)):
            data["kept_servers"].loc[{**THEN, **region}] += change
            data["servers"].loc[{**THEN, "sku": "box", "region": region["region"]}] += change

    stays = renewing.inputs(renewal={"upgrades": True})
    named = "cohorts_pass_on[all]: servers moved: 1 found, at most 0"
    assert any(
        line.startswith(named) for line in verify(stays, changed(plan, moved)).violations
    )
    assert not any(
        line.startswith(named) for line in verify(of, changed(plan, moved)).violations
    )


def test_what_is_sold_too_late_is_named():
    of = renewing.inputs(renewal={"moves": True})
    plan = renewing.plan(of)
    late = renewing.inputs(renewal={"lead_times": [{"sku": "box", "years": 2}]})
    violations = verify(late, plan).violations
    bought = float(plan.data["purchased_servers"].sel(**NOW, **BOX))
    assert bought or float(plan.data["purchased_servers"].sel(**NOW, **NEW))
    if bought:
        assert any(line.startswith("purchases_can_be_had[2025, box") for line in violations)


def test_replicas_that_are_not_held_are_named():
    of = renewing.inputs({"hold_hours": 2})
    plan = renewing.plan(of)
    assert verify(of, plan).violations == ()
    engine = plan.data["replicas"].sum(("region", "slot")).idxmax("engine")

    def started(data: xr.Dataset) -> None:
        data["replicas"].loc[{"engine": engine, "region": "north", "slot": 1}] -= 1

    violations = verify(of, changed(plan, started)).violations
    assert any(line.startswith("replicas_are_held[") for line in violations)


def test_a_powered_server_in_a_lost_region_is_named():
    of = renewing.inputs({"survive_region_loss": True})
    plan = renewing.plan(of)
    assert verify(of, plan).violations == ()
    lost = of.series["lost_region"].values.tolist()
    slot = lost.index("north")

    def powered(data: xr.Dataset) -> None:
        data["powered_servers"].loc[{**BOX, "slot": slot}] += 1

    violations = verify(of, changed(plan, powered)).violations
    assert any(
        line.startswith(f"powered_servers_stand[box, north, slot {slot}") for line in violations
    )
    assert float(plan.data["servers"].sel(region="south").sum()) > 0
