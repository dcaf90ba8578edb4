"""What a plan costs over several futures."""

from __future__ import annotations

import numpy as np
import pytest

from carbonplan.plan.risk import joined, mean_of_worst
from tests.plan.example import scenario

FUTURES = [
    {"name": "mild", "probability": 0.5},
    {"name": "dear", "probability": 0.3},
    {"name": "worst", "probability": 0.2},
]


@pytest.mark.parametrize(
    ("tail", "expected"),
    [
        (0.1, 100.0),
        (0.2, 100.0),
        (0.4, 75.0),  # half of it the worst, half the next
        (1.0, 0.5 * 10 + 0.3 * 50 + 0.2 * 100),
    ],
)
def test_the_worst_futures_count_until_their_share_is_full(tail, expected):
    assert mean_of_worst([10, 50, 100], [0.5, 0.3, 0.2], tail) == pytest.approx(expected)


def test_it_is_the_least_over_thresholds():
    rng = np.random.default_rng(0)
    losses, probability = rng.normal(size=6), rng.dirichlet(np.ones(6))
    for tail in (0.05, 0.3, 0.8):
        least = min(
            threshold + probability @ np.maximum(losses - threshold, 0) / tail
            for threshold in losses
        )
        assert mean_of_worst(losses, probability, tail) == pytest.approx(least)


@pytest.mark.parametrize(("weight", "expected"), [(0, 40), (1, 75), (0.5, 57.5)])
def test_the_weight_lies_between_all_and_the_worst(weight, expected):
    asked = scenario(futures=FUTURES, risk={"tail": 0.4, "weight": weight})
    assert joined([10, 50, 100], asked) == pytest.approx(expected)
