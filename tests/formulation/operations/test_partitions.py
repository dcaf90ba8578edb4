"""one_partition_is_chosen, replicas_of_others_rest, partition_is_held: requests in one way."""

from __future__ import annotations

import numpy as np
import pytest

from tests.answers import optimum, plain, row, without
from tests.divided import A, B, divided, only
from tests.tiny import CHAT, E_ONE, E_TWO, NIGHT

HELD = {"held": [0, 0]}


def test_one_partition_is_chosen_row():
    m = plain(divided())
    assert row(m.one_partition_is_chosen["chat", 1]) == {
        f"Chosen[{A},1]": 1,
        f"Chosen[{B},1]": 1,
        "lower": 1,
        "upper": 1,
    }


def test_replicas_of_others_rest_row():
    m = plain(divided())
    upper = float(divided().data["replicas_upper"].sel(engine=E_TWO))
    assert row(m.replicas_of_others_rest[E_TWO, "clean", 0]) == {
        f"Replicas[{E_TWO},clean,0]": 1,
        f"Chosen[{A},0]": -upper,
        "upper": 0,
    }


def test_partition_is_held_row():
    m = plain(divided(HELD))
    assert row(m.partition_is_held[A, 1]) == {
        f"Chosen[{A},1]": 1,
        f"Chosen[{A},0]": -1,
        "lower": 0,
        "upper": 0,
    }


def test_demand_is_that_of_the_chosen_partition():
    assert row(plain(divided()).demand_is_routed[CHAT, "users", 0]) == {
        f"Flow_rps[{CHAT},users,clean,0]": 1,
        f"Flow_rps[{CHAT},users,dirty,0]": 1,
        f"Chosen[{A},0]": -40,
        "lower": 0,
        "upper": 0,
    }


def test_the_choice_is_the_better_of_the_two_and_never_worse():
    """Two replicas of two accelerators, 0.2 kW each, against four of one, 0.1 kW each."""
    problem = divided()
    best = min(optimum(only(problem, k)).total for k in (CHAT, NIGHT))
    answer = optimum(problem)
    assert answer.total <= best + 1e-9
    chosen = [answer.decision("Chosen", q) for q in (A, B)]
    assert np.add(*chosen) == pytest.approx([1, 1])
    assert answer.decision("Flow_rps", CHAT, "users", "clean") == pytest.approx(
        [40, 20] * chosen[0]
    )


def test_a_partition_held_over_a_window_is_one_of_both_slots():
    """b asks for nothing in the second slot and for far more in the first: a in both."""
    demand = [[[40.0, 20.0]], [[80.0, 0.0]]]
    free, held = (optimum(divided({"demand_rps": demand, **held})) for held in ({}, HELD))
    assert free.decision("Chosen", B).tolist() == pytest.approx([0, 1])
    assert held.decision("Chosen", A).tolist() == pytest.approx([1, 1])
    assert held.total > free.total


def test_without_the_choice_nobody_is_served():
    assert without(divided(), "one_partition_is_chosen") == pytest.approx(0, abs=1e-9)


def test_replicas_of_the_other_partition_do_not_earn():
    """Where idle power earns, replicas of the partition that is not chosen would run too."""
    changes = {
        "intensity_kgco2e_per_kwh": [[-0.1, -0.1], [-0.1, -0.1]],
        "existing_servers": [[[1.0, 1.0]], [[0.0, 0.0]]],
    }
    problem = divided(changes, negative="allow", switch_off=False)
    answer = optimum(problem)
    running = [
        sum(answer.decision("Replicas", e, r).sum() for r in ("clean", "dirty"))
        for e in (E_ONE, E_TWO)
    ]
    assert min(running) == pytest.approx(0)
    assert without(problem, "replicas_of_others_rest") <= answer.total + 1e-9


@pytest.mark.parametrize("changes", [{}, HELD])
def test_stamped_and_plain_agree(changes: dict):
    problem = divided(changes)
    nothing = "site_power_holds"  # no region has a limit: the whole model as it is
    assert without(problem, nothing) == pytest.approx(optimum(problem).total, rel=1e-6)
