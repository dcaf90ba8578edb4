"""kept_servers_stood, standing: cohorts are kept, retired, upgraded and moved (staged.py)."""

from __future__ import annotations

import pytest

from tests.answers import optimum, plain, row, without
from tests.staged import NEW, OLD, SKUS, STOOD, THREE, TWO, chain, staged

LATE = {"for_sale": [[1, 0], [1, 1]]}  # the new SKU is sold from the second stage on
NONE_LEFT = tuple((node.name, sku, None, 0) for node in THREE for sku in SKUS)
AGAIN = {"demand_rps": [[[20, 0, 20]]]}
HERE = {"nodes": THREE, "stock": NONE_LEFT, "existing": {OLD: (2, 0)}}
ABROAD = {"nodes": chain("first"), "existing": {OLD: (0, 2)}}
MADE_NOW = ("first", STOOD, OLD, "clean")


def test_kept_servers_stood_row():
    m = plain(staged(nodes=THREE, upgrades=True))
    assert row(m.kept_servers_stood["third", "first", OLD, "clean"]) == {
        "Kept[third,first,old,clean]": 1,
        "Upgraded[third,first,old,new,clean]": 1,
        "Kept[second,first,old,clean]": -1,
        "upper": 0,
    }
    assert row(m.kept_servers_stood["third", "first+second", NEW, "clean"]) == {
        "Kept[third,first+second,new,clean]": 1,
        "Upgraded[second,first,old,new,clean]": -1,
        "upper": 0,
    }


def test_kept_servers_stood_row_where_servers_move():
    m = plain(staged(moves=True, **ABROAD))
    assert row(m.kept_servers_stood["first", STOOD, OLD, "dirty"]) == {
        "Kept[first,stood,old,dirty]": 1,
        "Moved[first,stood,old,dirty,clean]": 1,
        "Moved[first,stood,old,clean,dirty]": -1,
        "upper": 2,
    }


def test_what_is_bought_is_kept():
    """New servers in the first stage: 14 + 12 + 12."""
    answer = optimum(staged())
    assert answer.total == pytest.approx(38)
    assert answer.decision("Servers", "second", NEW, "clean") == pytest.approx(2)
    assert answer.decision("Purchased", "second", NEW, "clean") == pytest.approx(0)


def test_old_servers_stay_where_new_ones_do_not_pay():
    """Old ones throughout, 12 + 22 + 22; new ones in the second stage would make it 60."""
    assert optimum(staged(LATE)).total == pytest.approx(56)


def test_what_outlives_its_stage_is_bought_again():
    """Accelerators of one stage: 12 + 22, and 14 + 12 for new servers."""
    answer = optimum(staged(LATE, life=1))
    assert answer.total == pytest.approx(60)
    assert "Kept" not in answer.program.columns


def test_a_host_outlives_its_accelerators():
    """12 + 22 on old servers, then 3 kg of new accelerators in each of two hosts, and 12."""
    answer = optimum(staged(LATE, life=1, upgrades=True))
    assert answer.total == pytest.approx(52)
    assert answer.impact("embodied_carbon") == pytest.approx(12 + 6)
    assert answer.decision("Upgraded", "second", "first", OLD, NEW, "clean") == pytest.approx(2)
    assert answer.decision("Servers", "second", NEW, "clean") == pytest.approx(2)
    assert answer.decision("Servers", "second", OLD, "clean") == pytest.approx(0)


def test_dead_hosts_get_no_accelerators():
    dead = staged(LATE, life=1, host_life=1, upgrades=True)
    assert optimum(dead).total == pytest.approx(60)
    assert not dead.renewal.upgrades


def test_what_is_retired_never_comes_back():
    """Idle in the second stage, two servers that are off draw 0.01 kW: 0.2 kg, and stay."""
    answer = optimum(staged(AGAIN, **HERE))
    assert answer.total == pytest.approx(22 + 0.2 + 22)
    assert answer.decision("Servers", "second", OLD, "clean") == pytest.approx(2)


def test_what_is_needed_no_more_is_retired():
    answer = optimum(staged({"demand_rps": [[[20, 0, 0]]]}, **HERE))
    assert answer.total == pytest.approx(22)
    assert answer.decision("Servers", "second", OLD, "clean") == pytest.approx(0)


def test_without_it_servers_come_back_from_nowhere():
    away = staged(AGAIN, **HERE)
    assert without(away, "kept_servers_stood") == pytest.approx(44)


def test_without_it_servers_that_were_never_bought_are_kept():
    """12 + 22 in the first stage; new ones come for nothing in the second: 12."""
    assert without(staged(LATE), "kept_servers_stood") == pytest.approx(46)


def test_servers_move_to_the_clean_region():
    """Two moves of 1 kg and 22, where new servers would be 14 + 12 and the dirty region 110."""
    answer = optimum(staged(moves=True, **ABROAD))
    assert answer.total == pytest.approx(2 + 22)
    assert answer.impact("embodied_carbon") == pytest.approx(2)
    assert answer.impact("cost") == pytest.approx(2 + 2 * 5 + 0.2 * 220)
    assert answer.decision("Moved", *MADE_NOW[:3], "dirty", "clean") == pytest.approx(2)
    assert answer.decision("Kept", *MADE_NOW) == pytest.approx(2)
    assert answer.decision("Servers", "first", OLD, "dirty") == pytest.approx(0)


def test_without_leave_servers_do_not_move():
    assert optimum(staged(**ABROAD)).total == pytest.approx(14 + 12)


def test_standing_counts_every_cohort():
    """A stage's charge is by cohort: what is bought, what is kept and what is upgraded."""
    problem = staged(upgrades=True)
    m = plain(problem)
    assert set(m.STOOD) >= {("second", "first", NEW, "clean"), ("first", "first", OLD, "dirty")}
    new = m.standing["second", "first+second", NEW, "clean"].expr
    assert str(new) == "Upgraded[second,first,old,new,clean]"
    assert problem.stood == {STOOD}


@pytest.mark.parametrize("life", [1, 2])
@pytest.mark.parametrize("changes", [{}, LATE])
def test_upgrades_never_raise(life: int, changes: dict):
    kept = optimum(staged(changes, nodes=TWO, life=life))
    upgraded = optimum(staged(changes, nodes=TWO, life=life, upgrades=True))
    assert upgraded.total <= kept.total + 1e-9


@pytest.mark.parametrize("servers", [(0, 1), (0, 2), (1, 2)])
def test_moves_never_raise(servers: tuple[int, int]):
    stays, moves = (staged(existing={OLD: servers}, moves=may) for may in (False, True))
    assert optimum(moves).total <= optimum(stays).total + 1e-9


def test_longer_lives_never_raise():
    totals = [optimum(staged(nodes=THREE, life=life)).total for life in (1, 2, 3)]
    assert totals == sorted(totals, reverse=True)
    assert totals[0] > totals[-1]
