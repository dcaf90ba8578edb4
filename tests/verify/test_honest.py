"""Plans that are what they say, under every rule of accounting; figures by hand."""

from __future__ import annotations

import ast
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import carbonplan.verify
from carbonplan.errors import InvalidInput
from carbonplan.verify import verify
from carbonplan.verify.batch import run_checks
from carbonplan.verify.case import lay_out
from tests.plan import example


def test_the_example_holds_and_its_impacts_are_those_computed_by_hand():
    found = verify(example.inputs(), example.plan())
    assert found.violations == ()
    assert found.ok
    assert {name: total.value for name, total in found.impacts.items()} == pytest.approx(
        example.IMPACTS
    )
    assert found.checks["demand_is_served"] == 24
    assert all(places > 0 for places in found.checks.values())


def impacts(**changes: object) -> dict[str, float]:
    found = verify(example.inputs(**changes), example.plan()).impacts
    return {name: total.value for name, total in found.items()}


ROUND = {"coefficient_set": "round"}


@pytest.mark.parametrize(
    ("accounting", "kgco2e"),
    [
        ({}, 0.24),
        ({"include_existing": True}, 0.48),
        ({"charge": "purchase"}, 2 * 175.2),
        ({"charge": "purchase", "include_existing": True}, 4 * 175.2),
        ({"charge": "use", "include_existing": True}, 3 * 4 * 0.03),  # 3 powered, 4 h
        ({"host_lifetime_years": 2.0}, 2 * 4 * 0.025),
        ({"accelerator_lifetime_years": 1.0}, 2 * 4 * 0.02),
    ],
)
def test_embodied_carbon_by_every_rule(accounting, kgco2e):
    found = impacts(embodied={**ROUND, **accounting})
    assert found["embodied_carbon"] == pytest.approx(kgco2e)


def test_rented_servers_cost_their_rent():
    """2 servers, 4 h, 5 USD/h, and 10.0456 USD of energy."""
    assert impacts(cost={"acquisition": "rental"})["cost"] == pytest.approx(50.0456)


def test_a_rent_that_is_not_known_is_a_fault_of_the_inputs():
    of = example.inputs(cost={"acquisition": "rental"})
    box = of.servers[0]
    no_rent = box.price.model_copy(update={"rental_usd_per_hour": None})
    with pytest.raises(InvalidInput, match="box has no rental price"):
        verify(replace(of, servers=(replace(box, price=no_rent),)), example.plan())


@pytest.mark.parametrize(
    ("objective", "value"),
    [
        ({"minimise": "energy"}, 86.728),
        ({"minimise": "cost", "carbon_price_usd_per_tonne": 1000}, 26.0456 + 14.404),
        ({"weights": {"cost": 2, "water": 0.1}, "carbon_price_usd_per_tonne": 1000},
         2 * (26.0456 + 14.404) + 36.9792),
        ({"weights": {"carbon": 1, "latency": 10}, "carbon_price_usd_per_tonne": 1000},
         14.404 + 10 * (0.2 + 2.6 / 30)),
    ],
)  # fmt: skip
def test_the_objective_is_recomputed(objective, value):
    of = example.inputs(objective=objective)
    plan = example.plan(of)
    stated = {"impact": "x", "unit": "y", "value": value}
    plan = replace(
        plan, summary={**plan.summary, "objective": stated, "bound": None, "gap": None}
    )
    assert verify(of, plan).violations == ()


def test_a_bound_on_an_impact_is_looked_at():
    of = example.inputs(bounds=[{"impact": "energy", "at_most": 80}])
    assert verify(of, example.plan(of)).violations == (
        "bounds_hold[energy]: kWh: 86.728 found, at most 80 allowed",
    )


def test_starts_are_not_needed_where_they_cost_nothing():
    fleet = example.scenario().fleet.model_dump() | {"start_costs": False}
    of = example.inputs(fleet=fleet)
    plan = example.plan()
    data = plan.data.copy(deep=True)
    data["replicas"].loc[{"region": "north", "slot": 0}] -= 2
    data["replicas"].loc[{"engine": example.SPARE.engine}] = 0.0
    found = verify(of, replace(plan, data=data)).violations
    assert not any(line.startswith("replicas_are_started") for line in found)


def test_servers_that_may_not_be_switched_off_are_all_on():
    fleet = example.scenario().fleet.model_dump() | {"switch_off": False}
    of = example.inputs(fleet=fleet)
    found = verify(of, example.plan(of)).violations
    assert found[0].startswith("powered_servers_stand[box, south, slot 0")


def test_usable_servers_are_those_available():
    fleet = example.scenario().fleet.model_dump() | {"availability": 0.9}
    of = example.inputs(fleet=fleet)
    found = verify(of, example.plan(of)).violations
    assert found[0].endswith("powered servers: 2 found, at most 1.8 allowed")


@pytest.mark.parametrize(
    ("previous", "deadline", "load", "waiting", "holds"),
    [
        ((1, 0), 2, (0, 10), (18, 0), True),
        ((1, 0), 2, (10, 0), (0, 18), True),  # cyclic: the run before left 18 waiting
        ((1, 0), 1, (0, 10), (18, 0), False),  # due in the slot that it arrives in
        ((1, 0), 1, (5, 5), (0, 0), True),
        ((-1, 0), 2, (10, 0), (-18, 0), False),  # closed: nothing waits at the start
        ((-1, 0), 2, (0, 10), (18, 0), True),
        ((-1, 0), 2, (5, 0), (0, 18), False),  # closed: nothing may wait at the end
        ((1, 0), 9, (0, 10), (18 + 36, 36), True),  # may wait for cycles
        ((1, 0), 3, (0, 10), (18 + 36, 36), False),
    ],
)
def test_batch_work_is_done_in_time(previous, deadline, load, waiting, holds):
    of = example.inputs(previous)
    night = of.classes[1].workload.model_copy(update={"deadline_hours": deadline})
    of = replace(of, classes=(of.classes[0], replace(of.classes[1], workload=night)))
    plan = example.plan()
    data = plan.data.copy(deep=True)
    at_night = {"request_class": "night/long"}
    place = {**at_night, "configuration": example.CONFIGURATION.name, "region": "north"}
    data["load_rps"].loc[place] = np.array(load)
    data["backlog_krequests"].loc[at_night] = np.array(waiting)
    case, _ = lay_out(of, replace(plan, data=data))
    checks = run_checks(case, 1, np.array([0, 1]))
    assert all(not check.violations for check in checks) == holds


def test_the_model_stands_in_where_nothing_was_measured():
    """Without profiles the coefficients of the technology functions are those that count."""
    of = replace(example.inputs(), profiles=())
    found = verify(of, example.plan()).violations
    assert any(line.startswith("coefficients_hold[chat/short") for line in found)


def test_a_plan_of_nothing_is_looked_at_too():
    plan = example.plan(values=np.zeros_like(example.values()))
    found = verify(example.inputs(), plan)
    assert any(line.startswith("demand_is_served") for line in found.violations)
    assert found.impacts["energy"].value == 0.0


def test_verify_shares_nothing_with_what_made_the_plan():
    forbidden = ("problem", "formulation", "program", "solve", "configurations")
    for path in Path(carbonplan.verify.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert not (node.module or "").startswith(
                    tuple(f"carbonplan.{name}" for name in forbidden)
                )


def test_it_is_quick():
    of, plan = example.inputs(), example.plan()
    started = time.perf_counter()
    verify(of, plan)
    assert time.perf_counter() - started < 1.5
