"""How cohorts may pass from stage to stage: lives, upgrades, moves and orders."""

from __future__ import annotations

import numpy as np
import pytest

from carbonplan.problem.renewal import renewal
from carbonplan.problem.stages import budgets, for_sale, held, slot_stage
from tests.plan import renewing

THREE = [{"name": str(year), "years": 0.5} for year in (2024, 2025, 2026)]
FUTURES = {
    "futures": [{"name": "high", "probability": 0.5}, {"name": "low", "probability": 0.5}],
    "risk": {"known_after": "2024"},
}


def test_accelerators_live_for_one_stage_and_their_hosts_for_two():
    found = renewal(renewing.inputs())
    assert found.kept == (("2024", "stood", "box", "north"), ("2024", "stood", "box", "south"))
    assert ("2025", "stood", "box", "box-2", "north") in found.upgrades
    assert ("2025", "2024", "box-2", "box", "south") in found.upgrades
    assert found.upgraded["2025", "2024"] == "2024+2025"
    assert not found.fixed


def test_dead_hosts_are_not_upgraded():
    found = renewal(renewing.inputs(stages=THREE))
    last = {v for y, v, *_ in found.upgrades if y == "2026"}
    assert last == {"2025"}  # those that stood and those of 2024 are a year old and more


def test_an_upgraded_host_is_upgraded_once_more_while_it_lives():
    longer = {"coefficient_set": "round", "host_lifetime_years": 2.0}
    found = renewal(renewing.inputs(stages=THREE, embodied=longer))
    assert found.upgraded["2026", "2024+2025"] == "2024+2026"


def test_without_stages_everything_stays():
    found = renewal(renewing.inputs(stages=[], renewal={}))
    assert found.fixed
    assert found.kept == (("now", "stood", "box", "north"),)
    assert (found.upgrades, found.moves, found.orders) == ((), (), ())


def test_moves_lead_to_every_other_region():
    assert set(renewal(renewing.inputs()).moves) == {
        ("2024", "stood", "box", "north", "south"),
        ("2024", "stood", "box", "south", "north"),
    }
    assert renewal(renewing.inputs(renewal={"upgrades": True})).moves == ()


def test_what_is_ordered_before_futures_part_is_ordered_together():
    lead = {"renewal": {"lead_times": [{"sku": "box", "years": 0.5}]}}
    of = renewing.inputs(stages=THREE, **FUTURES, **lead)
    names = {node.name: node for node in of.nodes}
    pairs = renewal(of).orders
    assert all(names[y].stage == names[first].stage for y, first, _ in pairs)
    assert {sku for *_, sku in pairs} == {"box"}
    parents = {y: names[y].parent for y in names}
    for y, first, _ in pairs:  # a stage ahead: both are ordered in the one before
        assert parents[y] == parents[first]
    assert not renewal(renewing.inputs(stages=THREE, **FUTURES)).orders


def test_what_takes_longer_than_a_stage_is_away_is_not_for_sale():
    stages = [{**THREE[0], "skus": ["box-2"]}, *THREE[1:]]
    lead = {"lead_times": [{"sku": "box-2", "years": 0.75}]}
    sold = for_sale(renewing.inputs(stages=stages, renewal=lead))
    assert sold.transpose("sku", "stage").values.tolist() == [[0, 1, 1], [0, 0, 1]]


def test_a_budget_is_that_of_its_stage():
    stages = [THREE[0], {**THREE[1], "budget_usd": 500}]
    assert budgets(renewing.inputs(stages=stages)) == {"2025": 500}


def test_windows_begin_anew_in_every_run():
    of = renewing.inputs({"hold_hours": 2})
    assert held(of).values.tolist() == [0, 0, 2, 2]
    assert slot_stage(of).values.tolist() == [0, 0, 1, 1]
    assert (held(renewing.inputs()).values == np.arange(4)).all()


@pytest.mark.parametrize("hours", [3, 99])
def test_a_window_longer_than_its_run_is_the_run(hours: float):
    assert held(renewing.inputs({"hold_hours": hours})).values.tolist() == [0, 0, 2, 2]


def test_hosts_get_no_accelerators_that_are_not_sold():
    stages = [dict(THREE[0]), {**THREE[1], "skus": ["box"]}, dict(THREE[2])]
    longer = {"coefficient_set": "round", "host_lifetime_years": 2.0}
    found = renewal(renewing.inputs(stages=stages, embodied=longer))
    got = {(y, new) for y, _, _, new, _ in found.upgrades}
    assert ("2025", "box") in got
    assert ("2025", "box-2") not in got
    assert ("2026", "box-2") in got
