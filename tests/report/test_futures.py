"""What a report says of futures and of foresight."""

from __future__ import annotations

from dataclasses import replace

from carbonplan.report import text
from tests.report.example_plan import hour_plan

RISK = {
    "by_future": [
        {"future": "slow", "probability": 0.75, "objective": 20000.0},
        {"future": "fast", "probability": 0.25, "objective": 60000.0},
    ],
    "expected": 30000.0,
    "mean_of_worst": 60000.0,
    "tail": 0.25,
    "weight": 0.4,
}
FORESIGHT = {
    "objective": 30000.0,
    "foresight_saves_at_least": 3000.0,
    "foresight_saves_at_most": 4500.0,
}


def said(**summary: object) -> str:
    plan = hour_plan()
    return text(replace(plan, summary={**plan.summary, **summary}))


def test_the_objective_stands_by_future_with_its_means():
    words = said(risk=RISK)
    assert "The objective in each future; the worst count 40 % of it" in words
    rows = [" ".join(line.split()) for line in words.splitlines()]
    for row in (
        "slow 75 % 20.00",
        "fast 25 % 60.00",
        "Mean of all 30.00",
        "Mean of the worst 25 % 60.00",
    ):
        assert row in rows


def test_what_foresight_would_save_is_said():
    words = " ".join(said(foresight=FORESIGHT).split())
    assert "Each stage was planned as if it were the last" in words
    assert "at least 3,000 kgCO2e (10 %) and at most 4,500 kgCO2e (15 %)" in words


def test_a_plan_with_neither_says_nothing_of_them():
    words = said(risk=None, foresight=None)
    assert "in each future" not in words
    assert "foresight" not in words
