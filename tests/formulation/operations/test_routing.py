"""demand_is_routed, routed_load_is_served: requests go where they may and are served there."""

import pytest

from tests.answers import optimum, plain, row, without
from tests.tiny import CHAT, ONE, TWO, tiny


def test_demand_is_routed_row():
    m = plain(tiny())
    assert row(m.demand_is_routed[CHAT, "users", 0]) == {
        f"Flow_rps[{CHAT},users,clean,0]": 1,
        f"Flow_rps[{CHAT},users,dirty,0]": 1,
        "lower": 40,
        "upper": 40,
    }


def test_routed_load_is_served_row():
    m = plain(tiny())
    assert row(m.routed_load_is_served[CHAT, "dirty", 1]) == {
        f"Load_rps[{CHAT},{ONE},dirty,1]": 1,
        f"Load_rps[{CHAT},{TWO},dirty,1]": 1,
        f"Flow_rps[{CHAT},users,dirty,1]": -1,
        "lower": 0,
        "upper": 0,
    }


def test_requests_go_to_the_clean_region_when_they_may():
    answer = optimum(tiny())
    assert answer.decision("Flow_rps", CHAT, "users", "clean") == pytest.approx([40, 20])


def test_a_region_too_far_away_is_no_route():
    answer = optimum(tiny(routes=((CHAT, "users", "dirty"),)))
    assert answer.decision("Flow_rps", CHAT, "users", "dirty") == pytest.approx([40, 20])
    assert answer.total > optimum(tiny()).total


@pytest.mark.parametrize("family", ["demand_is_routed", "routed_load_is_served"])
def test_without_it_online_requests_cost_nothing(family: str):
    alone = tiny(batch=(), serving=((CHAT, TWO, "clean"),), routes=((CHAT, "users", "clean"),))
    assert without(alone, family) == pytest.approx(0, abs=1e-9)
