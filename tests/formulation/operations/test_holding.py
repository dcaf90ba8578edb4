"""replicas_are_held, powered_servers_are_held: what runs stays as it is over a window."""

import pytest

from tests.answers import optimum, plain, row, without
from tests.tiny import CHAT, E_ONE, E_TWO, ONE, TWO, tiny

HELD = {"held": [0, 0]}
LONE = {"batch": (), "routes": ((CHAT, "users", "clean"),), "start_costs": False}
ON_TWO = {**LONE, "serving": ((CHAT, TWO, "clean"),)}
ON_ONE = {**LONE, "serving": ((CHAT, ONE, "clean"),)}
PEAK = {"demand_rps": [[[90.0, 10.0]], [[0.0, 0.0]]]}
LATER = 1.1 * 0.05  # kgCO2e of a kWh in the second slot


def test_replicas_are_held_row():
    m = plain(tiny(HELD))
    assert row(m.replicas_are_held[E_ONE, "dirty", 1]) == {
        f"Replicas[{E_ONE},dirty,1]": 1,
        f"Replicas[{E_ONE},dirty,0]": -1,
        "lower": 0,
        "upper": 0,
    }
    assert 0 not in m.HELD


def test_powered_servers_are_held_row():
    assert row(plain(tiny(HELD)).powered_servers_are_held["box", "clean", 1]) == {
        "Powered[box,clean,1]": 1,
        "Powered[box,clean,0]": -1,
        "lower": 0,
        "upper": 0,
    }


def test_a_replica_that_is_held_idles():
    """40 requests/s need two replicas, 20 one: the other draws 0.2 kW in the second slot."""
    free, held = optimum(tiny(**ON_TWO)), optimum(tiny(HELD, **ON_TWO))
    assert free.decision("Replicas", E_TWO, "clean") == pytest.approx([2, 1])
    assert held.decision("Replicas", E_TWO, "clean") == pytest.approx([2, 2])
    assert held.total - free.total == pytest.approx(0.2 * LATER)


def test_a_server_that_is_held_stays_on():
    """Nine replicas of one accelerator, on two servers, where one of each would do later."""
    free, held = optimum(tiny(PEAK, **ON_ONE)), optimum(tiny(PEAK | HELD, **ON_ONE))
    assert held.decision("Powered", "box", "clean") == pytest.approx([2, 2])
    assert held.total - free.total == pytest.approx((8 * 0.1 + 0.49) * LATER)


def test_what_is_held_is_one_column():
    program = optimum(tiny(HELD)).program
    for family in ("Replicas", "Powered"):
        first, second = program.columns[family].positions.T
        assert (first == second).all()
    assert "replicas_are_held" not in program.rows
    loads = program.columns["Load_rps"].positions
    assert len(set(loads.ravel())) == loads.size


def test_without_it_replicas_stop_and_servers_stay_on():
    held, free = tiny(PEAK | HELD, **ON_ONE), optimum(tiny(PEAK, **ON_ONE))
    replicas_free = without(held, "replicas_are_held")
    assert replicas_free - free.total == pytest.approx(0.49 * LATER)


def test_without_it_servers_are_still_needed_by_held_replicas():
    held = tiny(PEAK | HELD, **ON_ONE)
    assert without(held, "powered_servers_are_held") == pytest.approx(optimum(held).total)


def test_holding_never_lowers():
    assert optimum(tiny(HELD)).total >= optimum(tiny()).total
