"""The example as a plan: every figure worked out by hand."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from carbonplan.plan import ImpactTotal, Plan, make_plan
from carbonplan.plan.variables import USES, VARIABLES
from carbonplan.solve.solution import Status
from tests.plan import example


@pytest.fixture(scope="module")
def plan() -> Plan:
    return example.plan()


def test_decisions_stand_under_their_labels(plan):
    load = plan.data["load_rps"].sel(configuration=example.CONFIGURATION.name)
    assert load.sel(request_class="chat/short").values.tolist() == [[10, 15], [0, 5]]
    assert load.sel(request_class="night/long").values.tolist() == [[10 * 0, 10], [0, 0]]
    assert plan.data["servers"].sel(sku="box", region="north") == 2
    assert plan.data["flow_rps"].sel(origin="west", region="south").values[0].tolist() == [0, 5]
    assert plan.data["backlog_krequests"].values.tolist() == [[0, 0], [18, 0]]


def test_labels_that_the_program_lacks_are_zero(plan):
    spare = plan.data.sel(configuration=example.SPARE.name, engine=example.SPARE.engine)
    assert not spare["replicas"].any()
    assert not spare["load_rps"].any()


def test_every_variable_has_its_dimensions_and_unit(plan):
    for name, variable in VARIABLES.items():
        assert plan.data[name].dims == variable.dims
        assert plan.data[name].attrs["units"] == variable.units


def test_power_is_that_of_the_statement(plan):
    assert plan.data["it_power_kw"].sel(sku="box").values == pytest.approx(
        np.array([[10.75, 25.75], [0.36, 5.36]])
    )
    assert plan.data["site_power_kw"].values == pytest.approx(
        np.array([[10.75, 25.75], [0.432, 6.432]])
    )
    assert plan.data["operational_kgco2e_per_hour"].sel(region="south").values == pytest.approx(
        [0.216, 3.216]
    )


def test_energy_by_use_sums_to_the_energy_impact(plan):
    by_use = plan.data["energy_kwh"].sum(("sku", "region"))
    assert by_use["use"].values.tolist() == list(USES)
    assert by_use.sel(use="serving").item() == pytest.approx(80.0)  # 40 requests · 2 h
    assert by_use.sel(use="off").item() == pytest.approx(0.04)
    assert by_use.sel(use="overhead").item() == pytest.approx(0.2 * 11.44)
    assert by_use.sum().item() == pytest.approx(plan.impacts["energy"].value)


@pytest.mark.parametrize("impact", example.IMPACTS)
def test_impacts_and_their_parts(plan, impact):
    total = plan.impacts[impact]
    assert total.value == pytest.approx(example.IMPACTS[impact])
    assert sum(total.by_region.values()) == pytest.approx(total.value)
    assert sum(total.by_sku.values()) == pytest.approx(total.value)


def test_round_trips_belong_to_the_network(plan):
    assert plan.impacts["latency"] == ImpactTotal(
        value=pytest.approx(0.2 + 2.6 / 30),
        unit="s",
        by_region=pytest.approx({"north": 0.25, "south": 0.1 / 30 + 1 / 30}),
        by_sku=pytest.approx({"box": 0.2, "(network)": 2.6 / 30}),
    )


def test_a_constant_and_unlabelled_columns_stand_under_all():
    of = example.inputs()
    program = example.program(of)
    vector = np.zeros_like(program.cost)
    vector[program.columns["Backlog_krequests"].positions] = 1.0
    program = replace(program, impacts={"energy": (vector, 5.0)})
    plan = make_plan(of, example.configurations(of), program, example.solution())
    assert plan.impacts["energy"].value == 23.0
    assert plan.impacts["energy"].by_region == {"north": 0.0, "south": 0.0, "(all)": 23.0}
    assert plan.impacts["energy"].by_sku == {"box": 0.0, "(all)": 23.0}


def test_summary_is_strict_json_with_all_that_is_promised(plan):
    text = json.dumps(plan.summary, allow_nan=False)
    assert json.loads(text) == plan.summary
    summary = plan.summary
    assert summary["objective"] == {
        "impact": "carbon",
        "unit": "kgCO2e",
        "value": pytest.approx(14.404),
    }
    assert summary["bound"] == 14.4
    assert summary["gap"] == pytest.approx(0.004 / 14.404)
    assert summary["rounding_gap"] == 0.0
    assert re.fullmatch("[0-9a-f]{12}", summary["fingerprint"])
    assert summary["servers"] == [
        {"stage": "now", "sku": "box", "region": region, "count": 2, "purchased": 1}
        for region in ("north", "south")
    ]
    assert summary["sizes"] == {"rows": 0, "columns": 30, "nonzeros": 0, "integers": 10}
    assert summary["signal"]["kind"] == "average"
    assert summary["coefficient_sets"] == {"embodied": "round"}
    assert [source["key"] for source in summary["sources"]] == ["example", "bench"]


@pytest.mark.parametrize(
    ("bound", "expected", "gap"),
    [
        (None, None, None),
        (-np.inf, None, None),
        (np.nan, None, None),
        (20.0, pytest.approx(14.404), 0.0),  # above the objective proves no more than it
    ],
)
def test_a_bound_is_finite_and_not_above_the_objective(bound, expected, gap):
    summary = example.plan(bound=bound, status=Status.FEASIBLE).summary
    assert summary["status"] == "feasible"
    assert summary["bound"] == expected
    assert summary["gap"] == gap


def test_noise_of_the_solver_is_removed_and_no_more():
    values = example.values()
    values[0] += 3e-7  # servers
    values[-1] = -2e-8  # backlog
    plan = example.plan(values=values)
    assert plan.data["servers"].values[0, 0, 0] == 2.0
    assert plan.data["backlog_krequests"].values[1, 1] == 0.0
    values[0] = 1.999
    assert example.plan(values=values).data["servers"].values[0, 0, 0] == 1.999


def test_a_new_decision_of_the_program_needs_no_code():
    of = example.inputs()
    program = example.program(of)
    columns = dict(program.columns)
    columns["Spare"] = columns.pop("Starts")
    plan = make_plan(
        of, example.configurations(of), replace(program, columns=columns), example.solution()
    )
    assert plan.data["spare"].dims == ("engine", "region", "slot")
    assert not plan.data["starts"].any()


def test_objective_with_a_carbon_price_is_named_so():
    of = example.inputs(objective={"minimise": "cost", "carbon_price_usd_per_tonne": 100})
    assert example.plan(of).summary["objective"]["impact"] == "cost+carbon price"
    of = example.inputs(objective={"weights": {"water": 0.5, "carbon": 2}})
    assert example.plan(of).summary["objective"]["impact"] == "2 carbon + 0.5 water"


def test_no_values_no_plan():
    with pytest.raises(ValueError, match="infeasible"):
        example.plan(values=None, status=Status.INFEASIBLE)
