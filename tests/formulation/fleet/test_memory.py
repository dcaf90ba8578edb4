"""memory_is_fitted, fitted_memory_stays, fitted_servers_stand, powered_memory_is_owned,
powered_servers_have_memory: bought servers have the memory that they need."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carbonplan.problem import Problem
from carbonplan.problem.memory import AS_SOLD
from tests.answers import optimum, plain, row, without
from tests.hosted import SMALL, fitted, hosted
from tests.staged import NEW, OLD, STOOD, THREE, chain, staged
from tests.tiny import standing, tiny

BOTH = (AS_SOLD, SMALL)
SAVED_POWER = 0.1 * 1.1 * (0.1 + 0.05)  # of one server on in both slots, the clean region
ABROAD = {"existing": {OLD: (0, 2)}}


def changed(problem: Problem, **factors: float) -> Problem:
    """The problem with some of its coefficients multiplied."""
    data = {name: problem.data[name] * factor for name, factor in factors.items()}
    return replace(problem, data=problem.data.assign(**data))


def test_memory_is_fitted_row():
    m = plain(fitted(tiny(), BOTH))
    assert row(m.memory_is_fitted["now", "now", "box", "clean"]) == {
        f"Fitted[now,now,box,clean,{AS_SOLD}]": 1,
        f"Fitted[now,now,box,clean,{SMALL}]": 1,
        "Purchased[now,box,clean]": -1,
        "lower": 0,
        "upper": 0,
    }


def test_fitted_memory_stays_row():
    m = plain(fitted(staged(nodes=THREE, upgrades=True), BOTH))
    of_first = ("third", "first", OLD, "clean")
    assert row(m.fitted_memory_stays[(*of_first, SMALL)]) == {
        f"Fitted[third,first,old,clean,{SMALL}]": 1,
        f"Fitted[second,first,old,clean,{SMALL}]": -1,
        "upper": 0,
    }
    assert row(m.fitted_memory_stays[(*of_first, AS_SOLD)]) == {
        f"Fitted[third,first,old,clean,{AS_SOLD}]": 1,
        "Upgraded[third,first,old,new,clean]": 1,
        f"Fitted[second,first,old,clean,{AS_SOLD}]": -1,
        "upper": 0,
    }


def test_fitted_memory_stays_row_of_hosts_whose_accelerators_are_worn_out():
    """Only a host as sold may get others, though none of its cohort stands any more."""
    m = plain(fitted(staged(nodes=THREE, life=1, upgrades=True), BOTH))
    found = row(m.fitted_memory_stays["second", "first", OLD, "clean", AS_SOLD])
    assert found == {
        "Upgraded[second,first,old,new,clean]": 1,
        f"Fitted[first,first,old,clean,{AS_SOLD}]": -1,
        "upper": 0,
    }


def test_fitted_servers_stand_row():
    m = plain(fitted(tiny({"existing_servers": standing(1.0, 0.0)})))
    assert row(m.fitted_servers_stand["now", "box", "clean", AS_SOLD]) == {
        f"FittedServers[now,box,clean,{AS_SOLD}]": 1,
        f"Fitted[now,stood,box,clean,{AS_SOLD}]": -1,
        "lower": 0,
        "upper": 0,
    }


def test_powered_memory_is_owned_row():
    m = plain(fitted(tiny({"availability": 0.9})))
    assert row(m.powered_memory_is_owned["box", "clean", SMALL, 1]) == {
        f"PoweredFitted[box,clean,{SMALL},1]": 1,
        f"FittedServers[now,box,clean,{SMALL}]": -0.9,
        "upper": 0,
    }


def test_powered_servers_have_memory_row():
    m = plain(fitted(tiny(), BOTH))
    assert row(m.powered_servers_have_memory["box", "clean", 0]) == {
        f"PoweredFitted[box,clean,{AS_SOLD},0]": 1,
        f"PoweredFitted[box,clean,{SMALL},0]": 1,
        "Powered[box,clean,0]": -1,
        "lower": 0,
        "upper": 0,
    }


def test_small_memory_by_hand():
    """The one server that is bought is spared 0.05 kgCO2e, and 0.1 kW in both slots."""
    sold, small = optimum(tiny()), optimum(fitted(tiny()))
    assert sold.decision("Powered", "box", "clean") == pytest.approx([1, 1])
    assert sold.total - small.total == pytest.approx(0.05 + SAVED_POWER)
    assert small.impact("embodied_carbon") == pytest.approx(0.25 - 0.05)
    assert small.impact("cost") == pytest.approx(
        sold.impact("cost") - 1.0 - 0.1 * 1.1 * (0.2 + 0.2)
    )


def test_by_use_the_powered_hours_count():
    """0.02 kgCO2e less in each of two hours."""
    sold, small = optimum(tiny(charge="use")), optimum(fitted(tiny(charge="use")))
    assert sold.total - small.total == pytest.approx(2 * 0.02 + SAVED_POWER)


def test_the_better_size_is_chosen():
    chosen = optimum(fitted(tiny(), BOTH))
    assert chosen.total == pytest.approx(optimum(fitted(tiny())).total)
    assert chosen.decision("Fitted", "now", "now", "box", "clean", SMALL) == pytest.approx(1)


def test_what_stands_is_as_sold():
    standing_one = tiny({"existing_servers": standing(1.0, 0.0)})
    assert optimum(fitted(standing_one)).total == pytest.approx(optimum(standing_one).total)


def test_memory_that_saves_nothing_is_not_given_up():
    """180 GB of a replica on a host fit into a server as sold alone."""
    large = hosted(tiny(), host_dram_gb=180.0)
    same = changed(fitted(large, BOTH), saved_kgco2e=0.0, saved_idle_kw=0.0)
    assert optimum(same).total == pytest.approx(optimum(large).total)
    assert optimum(large).total < optimum(tiny()).total - 1e-6


def test_choosing_never_makes_a_plan_worse():
    for problem in (tiny(), hosted(tiny()), staged(), staged(upgrades=True)):
        assert optimum(fitted(problem, BOTH)).total <= optimum(problem).total + 1e-9


def test_servers_keep_their_memory_over_stages():
    """Two servers of the first stage, small in both: 38 less 2 × 0.05 twice, and less power."""
    answer = optimum(fitted(staged(), BOTH))
    spared = 2 * 2 * 0.05 + 2 * 2 * 0.1 * 100 * 0.1
    assert answer.total == pytest.approx(38 - spared)
    assert answer.decision("FittedServers", "second", NEW, "clean", SMALL) == pytest.approx(2)


def test_servers_that_move_are_as_sold():
    """Two moves of 1 kg and 22, where two new servers would be 14 + 12 less 0.1."""
    moved = fitted(staged(**ABROAD, nodes=chain("first"), moves=True), BOTH)
    answer = optimum(changed(moved, saved_idle_kw=0.0))
    assert answer.total == pytest.approx(24)
    assert answer.decision("Fitted", "first", STOOD, OLD, "clean", AS_SOLD) == pytest.approx(2)


@pytest.mark.parametrize(
    "family",
    ["memory_is_fitted", "fitted_servers_stand", "powered_memory_is_owned"],
)
def test_without_it_memory_is_spared_that_was_never_bought(family):
    stood_one = fitted(tiny({"existing_servers": standing(1.0, 0.0)}), BOTH)
    assert without(stood_one, family) < optimum(stood_one).total - 1e-6


def test_without_powered_servers_have_memory_servers_that_are_off_spare_power():
    """Nothing is asked in the second slot, of 0.1 kW × 1.1 × 0.05 kgCO2e/kWh."""
    idle = {
        "demand_rps": [[[40.0, 0.0]], [[0.0, 0.0]]],
        "arrivals_rps": [[0.0, 0.0], [0.0, 0.0]],
        "backlog_limit_krequests": [[0.0, 0.0], [0.0, 0.0]],
    }
    one = fitted(tiny(idle), BOTH)
    saved = optimum(one).total - without(one, "powered_servers_have_memory")
    assert saved == pytest.approx(0.1 * 1.1 * 0.05)


def test_without_fitted_memory_stays_small_memory_grows():
    """Small while that saves 0.05 kgCO2e, as sold in the stage in which it would cost 0.2."""
    both = changed(fitted(staged(), BOTH), saved_idle_kw=0.0)
    first = both.data["stage"] == "first"
    saved = both.data["saved_kgco2e"]
    swinging = replace(both, data=both.data.assign(saved_kgco2e=saved.where(first, -4 * saved)))
    assert optimum(swinging).total == pytest.approx(38)
    assert without(swinging, "fitted_memory_stays") == pytest.approx(38 - 2 * 0.05)


def test_as_sold_there_is_nothing_to_fit():
    m = plain(tiny())
    for family in (m.Fitted, m.FittedServers, m.PoweredFitted, m.memory_is_fitted):
        assert len(family) == 0
