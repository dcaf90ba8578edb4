"""What a planner reads of an explanation, and what a report shows of it."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from carbonplan.explain import Asked, document, explained
from carbonplan.explain.factors import factors
from carbonplan.explain.flips import flips
from carbonplan.report.explanation import sections, text
from carbonplan.report.sections.explanation import explanation
from tests.explain.cases import alike, asker, case, subject
from tests.tiny import standing as existing


@pytest.fixture(scope="module")
def powerless() -> dict:
    """Everything asked of the plan whose clean region has too little power."""
    of = subject(
        case(
            {
                "existing_servers": existing(1, 1),
                "site_it_limit_kw": [[2.0, 2.0], [100.0, 100.0]],
            },
            site_power_kw={"clean": 2.2, "dirty": 150.0},
            stock=(("now", "box", None, 0),),
        )
    )
    asked = Asked(questions=("prices", "steps"), why=(("box", "clean"),))
    return document(explained(of, asked, asker()))


def told(answer: dict) -> str:
    """The text with every sentence on one line."""
    return " ".join(text(answer, 400).split())


def test_limits_are_told_in_the_units_of_the_scenario(powerless):
    found = told(powerless)
    assert "power limit of clean (2.2 kW) binds in 50 % of the hours." in found
    # 0.64 / 1.1 kgCO2e in two hours, 4,380 times a year
    assert "One kW more saves 0.582 kgCO2e (2,548 kgCO2e a year)" in found
    assert "2.31 kW saves 0.064 kgCO2e (280 kgCO2e a year)." in found
    assert "--set regions[clean].power_limit_kw=2.31" in found
    assert "Not binding; each a step further was solved for, and nothing is saved:" in found


def test_standing_servers_are_told_as_such(powerless):
    found = told(powerless)
    assert (
        "WHY BOX@CLEAN 1 server that stood before the plan, for 85 % of the requests." in found
    )
    assert "Without them carbon is higher by" in found


def test_flips_are_told_with_both_ends():
    of = subject(case(alike(0.1, 0.15)))
    asked = [one for one in factors(of.problem) if one.name == "clean" and one.kind != "pue"]
    none = explained(of, Asked(questions=()), asker())
    found = told(document(replace(none, flips=tuple(flips(of, asked, asker())))))
    line = next(
        one for one in found.split(" - ") if one.startswith("carbon intensity in clean")
    )
    assert "(1 % more: +0.61 %)" in line
    assert "box@dirty instead of box@clean" in line
    low, high = (float(part.split("+")[1].split()[0]) for part in line.split(" and ")[:2])
    assert low <= 50.0 <= high + 1e-6
    assert "No say in the objective: price of energy in clean" in found


def test_what_was_not_reached_is_told_first():
    of = subject(case(alike(0.1, 0.15)))
    found = document(explained(of, Asked(questions=("steps", "flips")), asker(seconds=0.0)))
    assert "carbon intensity in clean ×0.5 and ×2" in found["not_reached"]
    assert told(found).index("Not reached in the time") < told(found).index("WHAT THE CHOICE")


def test_charges_paid_once_have_no_yearly_amount(powerless):
    once = {**powerless, "limits": [_without_year(row) for row in powerless["limits"]]}
    assert "a year" not in told({**once, "why": []})


def _without_year(row: dict) -> dict:
    saves = row["step"]["saves"]
    none = {name: None for name in saves if name.endswith("_per_year")}
    step = {**row["step"], "saves": {**saves, **none}}
    return {**row, "one_more_saves_per_year": None, "step": step}


def test_hostile_names_are_shown_as_text(powerless):
    limit = {**powerless["limits"][0], "words": "power \x1b[31m\u202elimit"}
    found = text({**powerless, "scenario": "a\x07b", "limits": [limit]})
    assert "\x1b" not in found
    assert "\u202e" not in found
    assert "\x07" not in found


def test_a_report_has_the_explanation_where_there_is_one(powerless):
    plan = SimpleNamespace(summary={"explanation": powerless})
    section = explanation(plan)
    assert section.title == "Why this plan"
    assert all(block in section.blocks for one in sections(powerless) for block in one.blocks)
    assert explanation(SimpleNamespace(summary={})) is None


def test_a_yearly_amount_is_of_the_hours_that_the_plan_is_for():
    of = subject(case(alike(0.1, 0.15)))
    assert of.horizon_hours == 2.0
    assert of.per_year == 4380.0
    assert replace(of, problem=case({"hours": [1.0, 3.0]})).per_year == 2190.0
