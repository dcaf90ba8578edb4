"""A plan against its baseline: levels, weights, horizons, and what cannot be decided."""

from dataclasses import replace

import pytest

from carbonplan.cli.loading import load
from carbonplan.errors import UsageError
from carbonplan.gate.baseline import Kept
from carbonplan.gate.check import Question, judge, known_impacts, names_of
from carbonplan.gate.decision import Verdict
from carbonplan.gate.planning import Clock, Planned, plan_of, refined
from carbonplan.gate.summary import entry, horizon_hours
from carbonplan.gate.thresholds import thresholds
from carbonplan.pipeline import Options, prepare

HOUR = 1.0


@pytest.fixture(scope="module")
def hour() -> Planned:
    """The plan of one hour, least in carbon."""
    return plan_of(prepare(load("one-hour"), Options()))


def kept(found: Planned, asked: dict, **changed):
    """Its entry in a baseline file."""
    named = names_of(asked, found)
    impacts = known_impacts(found, named, Clock(60))
    one = entry(found.plan, found.prepared.inputs, impacts, found.minimised, asked, None)
    return one.model_copy(update=changed)


def judged(found: Planned, old, asked: dict, hours: float = HOUR):
    """Verdicts by impact."""
    named = names_of(asked, found)
    _, all_of_them = judge(found, named, Question(old, hours, Clock(60), refine=False))
    return {one.impact: one for one in all_of_them}


def test_the_same_plan_is_not_dearer_and_other_impacts_are_the_least_there_are(hour):
    asked = thresholds(["objective=0%,cost=0%,water=0%"])
    old = kept(hour, asked)
    found = judged(hour, old, asked)
    assert {one.verdict for one in found.values()} == {Verdict.NOT_DEARER}
    assert list(found) == ["carbon", "cost", "water"]
    assert found["cost"].new.value <= hour.plan.impacts["cost"].value
    assert found["cost"].new.at_least <= found["cost"].new.value


def test_a_cheaper_baseline_is_crossed(hour):
    asked = thresholds(["carbon=1%,cost=1%"])
    old = kept(hour, asked)
    lower = {
        name: one.model_copy(update={"value": one.value * 0.9})
        for name, one in old.impacts.items()
    }
    found = judged(hour, old.model_copy(update={"impacts": lower}), asked)
    assert {one.verdict for one in found.values()} == {Verdict.DEARER}


def test_another_horizon_is_compared_by_the_hour(hour):
    """A baseline of two hours with twice the carbon is the same by the hour."""
    asked = thresholds(["carbon=0%"])
    old = kept(hour, asked)
    twice = old.impacts["carbon"].model_copy(
        update={"value": 2 * old.impacts["carbon"].value, "at_least": None}
    )
    found = judged(
        hour, old.model_copy(update={"hours": 2.0, "impacts": {"carbon": twice}}), asked
    )["carbon"]
    assert found.verdict is Verdict.NOT_DEARER
    assert found.old.value == pytest.approx(old.impacts["carbon"].value)


def test_what_the_baseline_does_not_have_or_prove_is_undecided_with_a_reason(hour):
    asked = thresholds(["carbon=1%,cost=1%"])
    unproven = Kept(unit="USD", value=0.01, at_least=None, within=None)
    found = judged(hour, kept(hour, asked, impacts={"cost": unproven}), asked)
    assert found["carbon"].verdict is found["cost"].verdict is Verdict.UNDECIDED
    assert "the baseline has no carbon" in found["carbon"].reason
    assert "proves no bound" in found["cost"].reason


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("market_carbon=1%", "the plan has no market_carbon"),
        ("latency=1%", "latency has no say"),
        ("carbon=1%,objective=2%", "carbon is the objective and has two thresholds"),
        ("objective=2 USD", '"USD" is no unit of kgCO2e'),
    ],
)
def test_thresholds_that_the_plan_cannot_be_held_to_are_refused(text, words, hour):
    with pytest.raises(UsageError, match=words):
        names_of(thresholds([text]), hour)


def test_a_closer_look_keeps_what_was_proven_before(hour):
    wide = replace(hour, objective=replace(hour.objective, at_least=0.5))
    found = refined(wide, 1e-6, 60.0)
    assert found.objective.at_least == pytest.approx(hour.objective.value)
    assert found.plan.impacts["carbon"].value == pytest.approx(hour.objective.value)
    assert found.verification.ok


def test_of_an_order_the_first_level_is_proven_and_the_rest_is_least_within_its_slack():
    order = "[{impact: carbon, slack: 0.05}, {impact: cost}]"
    loaded = load("one-hour", ["objective.minimise=null", f"objective.lexicographic={order}"])
    found = plan_of(prepare(loaded, Options()))
    assert found.minimised == "carbon"
    assert found.slack == pytest.approx(0.05)
    asked = thresholds(["objective=1%,cost=1%"])
    old = kept(found, asked)
    assert judged(found, old, asked)["carbon"].verdict is Verdict.NOT_DEARER
    cost = judged(found, old, asked)["cost"]
    assert cost.verdict is Verdict.NOT_DEARER
    assert cost.new.value <= found.plan.impacts["cost"].value * (1 + 1e-9)


def test_a_weighted_sum_is_held_by_its_own_name():
    weights = "objective.weights={carbon: 1, cost: 2}"
    found = plan_of(prepare(load("one-hour", ["objective.minimise=null", weights]), Options()))
    asked = thresholds(["objective=0%"])
    assert found.minimised == "objective"
    assert judged(found, kept(found, asked), asked)["objective"].verdict is Verdict.NOT_DEARER


def test_a_plan_stands_for_the_hours_of_its_slots_by_weight(hour):
    assert horizon_hours(hour.plan.data) == HOUR
    heavy = hour.plan.data.assign(weight=3 * hour.plan.data["weight"])
    assert horizon_hours(heavy) == 3 * HOUR
