"""Alternatives of whole scenarios."""

from pathlib import Path

from carbonplan.alternatives import alternatives
from carbonplan.pipeline import Options
from carbonplan.scenario import load

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
IN_ORDER = (
    "objective.minimise=null",
    "objective.lexicographic=[{impact: carbon, slack: 0.05}, {impact: cost}]",
)


def test_levels_before_the_last_hold_in_every_plan():
    loaded = load(SCENARIOS / "one-hour.yaml", IN_ORDER)
    _, found, whole = alternatives(loaded, Options(), slack=0.1, count=2)
    carbon, _ = whole[0].plan.summary["objective"]["levels"]
    assert len(whole) == 2
    for one in whole:
        assert one.verification.ok
        assert one.found.impacts["carbon"] <= carbon["at_most"] * (1 + 1e-9)
        assert one.plan.impacts["cost"].value <= found.at_most * (1 + 1e-9)
