"""Plans and scenarios held against each other."""

from dataclasses import replace

import numpy as np
import pytest

from carbonplan.cli.loading import load
from carbonplan.difference.outcomes import fleet_changes, proven_bound
from carbonplan.difference.records import Side
from carbonplan.difference.sides import short_path, side_of_result, side_of_scenario
from carbonplan.difference.slots import shared_slots
from carbonplan.difference.whole import difference
from carbonplan.errors import UsageError
from carbonplan.gate.plans import dearer
from carbonplan.gate.thresholds import thresholds
from carbonplan.pipeline import Options, run

BUSIER = "workloads[chat].arrivals.mean_rps=40"


def side(*overrides: str) -> Side:
    """The plan of one hour, changed."""
    loaded = load("one-hour", overrides)
    return side_of_result(loaded, run(loaded, Options()).plan, "one-hour")


@pytest.fixture(scope="module")
def plain() -> Side:
    return side()


@pytest.fixture(scope="module")
def busy() -> Side:
    return side(BUSIER)


def test_a_plan_does_not_differ_from_itself(plain):
    found = difference(plain, plain)
    assert not found.any
    assert all(one.change == 0 for one in found.impacts)


def test_a_scenario_differs_from_its_plan_in_nothing(plain):
    found = difference(plain, side_of_scenario(load("one-hour"), "scenario"))
    assert not found.any
    assert found.impacts == ()


def test_twice_the_demand_is_told_as_value_series_impact_and_load(plain, busy):
    found = difference(plain, busy)
    (value,) = found.inputs.scenario
    assert (value.path, value.old, value.new) == ("workloads[chat].arrivals.mean_rps", 20, 40)
    assert value.unit == "request/s"
    assert {one.name for one in found.inputs.series} == {"demand_rps"}
    assert sum(one.new_mean for one in found.inputs.series) == pytest.approx(40)
    assert sum(one.largest for one in found.inputs.series) == pytest.approx(20)
    assert all(one.hours == one.of_hours == 1 for one in found.inputs.series)
    assert found.inputs.coefficients == ()
    load_more = [one.largest for one in found.schedule if one.what == "load"]
    assert sum(load_more) == pytest.approx(20)


def test_of_the_objective_it_is_proven_how_far_the_plans_lie_apart(plain, busy):
    by_name = {one.name: one for one in difference(plain, busy).impacts}
    carbon, cost = by_name["carbon"], by_name["cost"]
    assert carbon.at_least <= carbon.change <= carbon.at_most
    assert carbon.at_least == pytest.approx(carbon.change)  # both have no gap
    assert cost.at_least is cost.at_most is None


def test_what_is_proven_dearer_crosses_a_threshold_and_what_is_chance_does_not(plain, busy):
    found = difference(plain, busy)
    assert dearer(found, thresholds(["carbon=1%"])) == ("carbon",)
    assert dearer(found, thresholds(["objective=1%"])) == ("carbon",)
    assert dearer(found, thresholds(["carbon=10000%,cost=0%"])) == ()
    assert dearer(difference(busy, plain), thresholds(["carbon=0%"])) == ()
    with pytest.raises(UsageError, match="no market_carbon in both plans"):
        dearer(found, thresholds(["market_carbon=1%"]))


def test_an_optimum_below_its_bound_by_rounding_is_its_own_bound(plain):
    value = plain.plan.impacts["carbon"].value
    above = {**plain.plan.summary, "bound": value * (1 + 1e-15)}
    assert above["bound"] > value
    assert proven_bound(replace(plain.plan, summary=above), "carbon") == value


def test_a_plan_without_foresight_proves_nothing(plain):
    assert proven_bound(plain.plan, "carbon") is not None
    blind = replace(plain.plan, summary={**plain.plan.summary, "foresight": {}})
    assert proven_bound(blind, "carbon") is None


def test_coefficients_say_how_many_differ_and_where_most(plain):
    rate = plain.grounds["rate_rps"]
    faster = rate.where(rate["configuration"] != rate["configuration"][0], rate * 1.1)
    found = difference(plain, replace(plain, grounds=plain.grounds.assign(rate_rps=faster)))
    (one,) = found.inputs.coefficients
    assert one.name == "rate_rps"
    assert one.differing == int((rate.isel(configuration=0) > 0).sum())
    assert one.at["configuration"] == str(rate["configuration"].values[0])
    assert one.new == pytest.approx(1.1 * one.old)


def test_configurations_of_one_side_are_named(plain):
    fewer = plain.grounds.isel(configuration=slice(1, None))
    (one,) = difference(plain, replace(plain, grounds=fewer)).inputs.names
    assert one.dimension == "configuration"
    assert one.only_old == (str(plain.grounds["configuration"].values[0]),)
    assert one.only_new == ()


def test_horizons_meet_by_time_and_the_rest_is_noted(plain):
    later = plain.grounds["time_utc"] + np.timedelta64(1, "h")
    moved = plain.grounds.assign_coords(time_utc=later)
    found = difference(plain, replace(plain, grounds=moved))
    assert not len(shared_slots(plain.grounds, moved).new)
    assert found.inputs.series == ()
    assert "no hour stands in both horizons" in found.inputs.notes[0]


def test_servers_that_only_one_plan_has_stand_against_none():
    old = [{"stage": "now", "sku": "a", "region": "n", "count": 2}]
    new = [{"stage": "now", "sku": "b", "region": "n", "count": 1}]
    found = [(one.sku, one.old, one.new) for one in fleet_changes(old, new)]
    assert found == [("b", 0, 1), ("a", 2, 0)]


def test_files_are_known_by_the_end_of_their_path():
    assert short_path("/some/where/data/grid/north.csv") == "grid/north.csv"
