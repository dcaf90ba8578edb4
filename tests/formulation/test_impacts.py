"""Impacts: factors times meters, each worked out by hand on a plan of one server."""

import pytest

from tests.answers import optimum
from tests.tiny import CHAT, TWO, tiny

LONE = {
    "batch": (),
    "routes": ((CHAT, "users", "clean"),),
    "serving": ((CHAT, TWO, "clean"),),
    "start_costs": False,
}
# One server, powered all the time; two replicas, then one; 40 requests/s, then 20.
IT_KW = (0.5 + 2 * 0.2 + 40 * 0.04, 0.5 + 0.2 + 20 * 0.04)
SITE_KWH = 1.1 * sum(IT_KW)

BY_HAND = {
    "operational_carbon": 1.1 * (IT_KW[0] * 0.1 + IT_KW[1] * 0.05),
    "embodied_carbon": 0.25,
    "energy": SITE_KWH,
    "cost": 3.0 + 0.2 * SITE_KWH,
    "onsite_water": 0.3 * sum(IT_KW),
    "offsite_water": 2.0 * SITE_KWH,
    "latency": 0.05 + 0.2,
}


@pytest.mark.parametrize("impact", BY_HAND)
def test_impact_by_hand(impact: str):
    assert optimum(tiny(**LONE)).impact(impact) == pytest.approx(BY_HAND[impact])


@pytest.mark.parametrize("impact", [*BY_HAND, "carbon", "water"])
def test_an_impact_can_be_the_objective(impact: str):
    answer = optimum(tiny(objective={impact: 1.0}))
    others = [optimum(tiny(objective={other: 1.0})).impact(impact) for other in BY_HAND]
    assert answer.total == pytest.approx(answer.impact(impact))
    assert answer.total <= min(others) + 1e-9


def test_charging_by_use_counts_powered_hours():
    answer = optimum(tiny(charge="use", **LONE))
    assert answer.impact("embodied_carbon") == pytest.approx(0.125 * 2)


def test_a_weighted_sum_counts_each_impact_by_its_weight():
    answer = optimum(tiny(objective={"cost": 1.0, "carbon": 2.0}))
    assert answer.total == pytest.approx(answer.impact("cost") + 2 * answer.impact("carbon"))


def test_impact_within_bound_holds():
    cheapest = optimum(tiny(objective={"cost": 1.0}))
    limit = 1.02 * cheapest.total
    bounded = optimum(tiny(bounds=(("cost", limit),)))
    assert bounded.impact("cost") <= limit + 1e-9
    assert bounded.total >= optimum(tiny()).total - 1e-9
    assert "impact_within_bound" in bounded.program.rows
