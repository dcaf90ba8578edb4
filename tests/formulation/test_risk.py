"""Risk: the mean of all futures and of the worst, worked out by hand and by brute force."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo
import pytest

from carbonplan.plan.risk import mean_of_worst
from carbonplan.problem import Problem
from carbonplan.problem.records import Risk
from tests.answers import optimum, plain
from tests.program.test_stamping import plain_rows, stamped_rows
from tests.tiny import CHAT, TWO, tiny

FUTURES = {"busy": 0.5, "calm": 0.5}
APART = {
    "previous": [0, 1],
    "hours": [0.5, 0.5],
    "slot_future": ["busy", "calm"],
}  # each slot is a future, of an hour
LONE = {
    "batch": (),
    "routes": ((CHAT, "users", "clean"),),
    "serving": ((CHAT, TWO, "clean"),),
    "start_costs": False,
}
# One server for both; two replicas and 40 requests/s, or one and 20.
BUSY = 0.25 + 1.1 * 0.1 * (0.5 + 2 * 0.2 + 40 * 0.04)
CALM = 0.25 + 1.1 * 0.05 * (0.5 + 0.2 + 20 * 0.04)


def lone(tail: float, weight: float) -> Problem:
    """The only plan there is."""
    return tiny(APART, risk=Risk(FUTURES, tail, weight), **LONE)


def free(tail: float, weight: float) -> Problem:
    """Two regions to choose from; in one, power is clean in one of the futures alone."""
    intensity = [[0.1, 0.9], [0.35, 0.35]]
    changes = APART | {"intensity_kgco2e_per_kwh": intensity, "server_kgco2e": [[[4.0], [4.0]]]}
    return tiny(changes, risk=Risk(FUTURES, tail, weight), start_costs=False, batch=())


def losses(answer) -> np.ndarray:
    values = answer.solution.values
    return np.array([loss @ values for loss in answer.program.losses.values()])


def nonzero(row: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in row.items() if value}


@pytest.mark.parametrize(
    ("tail", "weight", "expected"),
    [
        (0.5, 1.0, BUSY),
        (0.5, 0.5, (0.75 * BUSY + 0.25 * CALM)),
        (1.0, 1.0, (BUSY + CALM) / 2),
        (0.75, 1.0, (2 * BUSY + CALM) / 3),
        (0.5, 0.0, (BUSY + CALM) / 2),
    ],
)
def test_excess_covers_loss_by_hand(tail, weight, expected):
    answer = optimum(lone(tail, weight))
    assert losses(answer) == pytest.approx([BUSY, CALM])
    assert answer.total == pytest.approx(expected)


def test_without_weight_there_is_nothing_of_it():
    program = optimum(lone(0.5, 0.0)).program
    assert "excess_covers_loss" not in program.rows
    assert "Threshold" not in program.columns


@pytest.mark.parametrize("weight", [0.3, 1.0])
def test_rows_are_those_of_the_plain_model(weight):
    problem = free(0.4, weight)
    expected, found = plain_rows(problem), stamped_rows(problem)
    assert expected.keys() == found.keys()
    for name in ("excess_covers_loss[busy]", "excess_covers_loss[calm]"):
        assert nonzero(found[name]) == pytest.approx(nonzero(expected[name]))
    m = plain(problem)
    pyo.SolverFactory("appsi_highs").solve(m)
    assert pyo.value(m.objective) == pytest.approx(optimum(problem).total, rel=1e-4)


@pytest.mark.parametrize("weight", [0.0, 0.2, 0.5, 1.0])
def test_the_objective_is_what_the_losses_amount_to(weight):
    answer = optimum(free(0.4, weight))
    found, probability = losses(answer), list(FUTURES.values())
    joined = (1 - weight) * found.mean() + weight * mean_of_worst(found, probability, 0.4)
    assert answer.total == pytest.approx(joined)


def test_the_worst_grows_no_better_and_the_mean_no_worse_with_less_weight():
    answers = [optimum(free(0.4, weight)) for weight in (0.0, 0.5, 1.0)]
    worst = [mean_of_worst(losses(a), list(FUTURES.values()), 0.4) for a in answers]
    means = [losses(a).mean() for a in answers]
    assert worst[0] >= worst[1] - 1e-9 >= worst[2] - 2e-9
    assert means[0] <= means[1] + 1e-9 <= means[2] + 2e-9


def test_without_it_the_worst_costs_nothing():
    m = plain(lone(0.5, 1.0))
    m.excess_covers_loss.deactivate()
    m.Threshold["worst"].fix(0.0)
    pyo.SolverFactory("appsi_highs").solve(m)
    assert pyo.value(m.objective) == pytest.approx(0.0)
