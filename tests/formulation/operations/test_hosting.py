"""replicas_fit_in_servers, powered_servers_are_owned: what runs stands on what is owned."""

import pytest

from tests.answers import optimum, plain, plain_optimum, row, without
from tests.tiny import CHAT, E_ONE, E_TWO, ONE, TWO, tiny

LONE = {"batch": (), "routes": ((CHAT, "users", "clean"),), "start_costs": False}


def test_replicas_fit_in_servers_row():
    m = plain(tiny())
    assert row(m.replicas_fit_in_servers["box", "clean", 0]) == {
        f"Replicas[{E_ONE},clean,0]": 1,
        f"Replicas[{E_TWO},clean,0]": 2,
        "Powered[box,clean,0]": -8,
        "upper": 0,
    }


def test_powered_servers_are_owned_row():
    m = plain(tiny({"availability": 0.9}))
    assert row(m.powered_servers_are_owned["box", "dirty", 1]) == {
        "Powered[box,dirty,1]": 1,
        "Servers[now,box,dirty]": -0.9,
        "upper": 0,
    }


def test_nine_accelerators_take_two_servers():
    demand = [[[90.0, 10.0]], [[0.0, 0.0]]]
    answer = optimum(tiny({"demand_rps": demand}, serving=((CHAT, ONE, "clean"),), **LONE))
    assert answer.decision("Servers", "now", "box", "clean") == pytest.approx(2)
    assert answer.decision("Powered", "box", "clean") == pytest.approx([2, 1])


def test_servers_that_are_never_switched_off_draw_power_all_the_time():
    """One more powered server in the second slot: (0.5 - 0.01) kW × 1.1 × 0.05 kgCO2e/kWh."""
    demand = {"demand_rps": [[[90.0, 10.0]], [[0.0, 0.0]]]}
    only = {"serving": ((CHAT, ONE, "clean"),), **LONE}
    always_on = optimum(tiny(demand, switch_off=False, **only))
    assert always_on.decision("Powered", "box", "clean") == pytest.approx([2, 2])
    saved = always_on.total - optimum(tiny(demand, **only)).total
    assert saved == pytest.approx(0.49 * 1.1 * 0.05)


def test_half_available_servers_are_twice_as_many():
    demand = {"demand_rps": [[[80.0, 80.0]], [[0.0, 0.0]]], "availability": 0.5}
    answer = optimum(tiny(demand, serving=((CHAT, ONE, "clean"),), **LONE))
    assert answer.decision("Servers", "now", "box", "clean") == pytest.approx(2)


def test_without_room_to_be_had_replicas_power_no_server():
    """Without it no server is bought: only replicas and requests count."""
    alone = tiny(serving=((CHAT, TWO, "clean"),), **LONE)
    # 0.22 kgCO2e of requests; 0.2 kW × 1.1 × (2 × 0.1 + 1 × 0.05 kgCO2e/kWh) of replicas
    assert without(alone, "replicas_fit_in_servers") == pytest.approx(0.22 + 0.055)


def test_without_ownership_no_server_is_made():
    alone = tiny({"off_kw": [0.0]}, serving=((CHAT, TWO, "clean"),), **LONE)
    owned = optimum(alone)
    free = without(alone, "powered_servers_are_owned")
    assert owned.total - free == pytest.approx(0.25)  # making the one server


ONLY_TWO = {**LONE, "routes": tuple((CHAT, "users", r) for r in ("clean", "dirty"))}
ONLY_TWO["serving"] = tuple((CHAT, TWO, r) for r in ("clean", "dirty"))
WITHOUT_CLEAN = {
    "demand_rps": [[[40.0, 40.0]], [[0.0, 0.0]]],
    "hours": [1.0, 0.0],
    "region_open": [[1.0, 0.0], [1.0, 1.0]],
}


def test_a_lost_region_powers_nothing():
    """The second slot counts for nothing but asks for a server in the dirty region.

    2.5 kW in the clean one and a server's making; another, off, 0.01 kW at 1.5 x 0.5 kg/kWh.
    """
    answer = optimum(tiny(WITHOUT_CLEAN, **ONLY_TWO))
    assert answer.decision("Powered", "box", "clean") == pytest.approx([1, 0])
    assert answer.decision("Servers", "now", "box", "dirty") == pytest.approx(1)
    assert answer.total == pytest.approx(0.275 + 0.25 + 0.25 + 0.0075)
    m = plain(tiny(WITHOUT_CLEAN, **ONLY_TWO))
    assert m.Powered["box", "clean", 1].ub == 0
    assert m.Powered["box", "dirty", 1].ub > 0


def test_where_no_region_is_lost_no_server_stands_by():
    spared = WITHOUT_CLEAN | {"region_open": [[1.0, 1.0], [1.0, 1.0]]}
    assert optimum(tiny(spared, **ONLY_TWO)).total == pytest.approx(0.275 + 0.25)


def test_servers_of_a_lost_region_are_off_though_none_is_switched_off():
    """One server in each region; in the second slot, that counts for nothing, one is lost.

    2.5 kW in the clean one, and 0.5 kW of a server that idles in the dirty one.
    """
    problem = tiny(WITHOUT_CLEAN, switch_off=False, **ONLY_TWO)
    answer = optimum(problem)
    assert answer.decision("Powered", "box", "clean") == pytest.approx([1, 0])
    assert answer.decision("Powered", "box", "dirty") == pytest.approx([1, 1])
    assert answer.total == pytest.approx(0.275 + 0.25 + 0.25 + 0.5 * 1.5 * 0.5)
    assert plain_optimum(problem) == pytest.approx(answer.total)
    m = plain(problem)
    assert m.powered_servers_are_owned["box", "clean", 1].lower is None
    assert m.powered_servers_are_owned["box", "dirty", 1].lower == 0
