"""Contracts recomputed: a plan with contracts holds, and what is not so is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

import carbonplan
from carbonplan.catalogue.gather import gather
from carbonplan.catalogue.inputs import Inputs
from carbonplan.catalogue.shipped import scenarios_root
from carbonplan.plan import Plan, read
from carbonplan.scenario import load
from carbonplan.verify import verify

ONE_HOUR = scenarios_root() / "one-hour.yaml"
REGION = "aws-us-east-1"
WIND = (
    f"{{name: wind, region: {REGION}, at_most_kw: 100, price_usd_per_kwh: 0.3, "
    "intensity_g_per_kwh: 11}"
)
OVERRIDES = (
    "signal.scope=market",
    "fleet.skus=[h100-sxm-8]",
    f"supply.contracts=[{WIND}]",
    "supply.matched_share=0.5",
    "objective.minimise=cost",
    "fleet.clock_fractions=[1.0]",
)


@pytest.fixture(scope="module")
def of() -> Inputs:
    return gather(load(ONE_HOUR, OVERRIDES))


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """A plan that matches half of its energy at a price above the grid's, read back."""
    folder = tmp_path_factory.mktemp("plans") / "matched"
    carbonplan.load(ONE_HOUR, OVERRIDES).solve(out=folder)
    return read(folder)


def test_a_plan_with_contracts_holds(of: Inputs, plan: Plan):
    found = verify(of, plan)
    assert found.violations == ()
    assert found.checks["share_is_matched"] == 1
    drawn_kw = float(plan.data["site_power_kw"].sum())
    assert float(plan.data["contracted_kw"].sum()) == pytest.approx(drawn_kw / 2)


def test_half_of_the_carbon_is_the_contracts_by_market(plan: Plan):
    by_location = plan.impacts["location_carbon"].value
    energy_kwh = plan.impacts["energy"].value
    by_market = by_location / 2 + energy_kwh / 2 * 0.011
    assert plan.impacts["market_carbon"].value == pytest.approx(by_market)
    assert plan.impacts["operational_carbon"].value == pytest.approx(by_market)
    changed = plan.impacts["operational_carbon"].by_sku["(contracts)"]
    assert changed == pytest.approx(by_market - by_location)


def test_by_location_both_are_stated_and_the_grids_counts():
    overrides = (*OVERRIDES, "signal.scope=location")
    result = carbonplan.load(ONE_HOUR, overrides).solve()
    impacts = {name: total.value for name, total in result.impacts.items()}
    assert impacts["operational_carbon"] == impacts["location_carbon"]
    assert impacts["market_carbon"] < impacts["location_carbon"]


@pytest.mark.parametrize(
    ("variable", "change", "name"),
    [
        ("contracted_kw", -0.01, "matched_power_is_delivered"),
        ("contracted_kw", 100.0, "contracts_are_as_offered"),
        ("matched_kw", 100.0, "matched_power_is_drawn"),
        ("matched_kw", -0.01, "share_is_matched"),
        ("contract_profile", -0.1, "copies_are_true"),
    ],
)
def test_what_is_not_so_is_named(of, plan, variable: str, change: float, name: str):
    data = plan.data.copy(deep=True)
    data[variable] = data[variable] + change
    found = verify(of, replace(plan, data=data))
    assert any(line.startswith(f"{name}[") for line in found.violations)


def test_a_claim_about_an_account_is_looked_at(of, plan):
    claimed = replace(plan.impacts["market_carbon"], value=0.0)
    lie = replace(plan, impacts={**plan.impacts, "market_carbon": claimed})
    assert any("market_carbon" in line for line in verify(of, lie).violations)
