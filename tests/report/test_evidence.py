"""What the objective rests on, as it is worded."""

from __future__ import annotations

from carbonplan.plan import Plan
from carbonplan.report import text
from carbonplan.report.evidence import evidence_blocks, stance_sentence
from carbonplan.report.sections.certainty import certainty

EVIDENCE = {
    "of": "objective",
    "shares": {"measured": 0.0, "published": 0.1, "derived": 0.6, "assumed": 0.3},
    "figures": [
        {"figure": "intensity of x", "evidence": "derived", "source": "s", "share": 0.6},
        {"figure": "idle power of l4", "evidence": "assumed", "source": "s", "share": 0.2},
        {"figure": "power of host h", "evidence": "assumed", "source": "s", "share": 0.1},
    ],
    "terms": [
        {
            "impact": "operational_carbon",
            "part": "decode",
            "sku": "l4-8",
            "evidence": "derived",
            "value": 6.0,
            "share": 0.6,
            "owed_to": ["a", "b", "c", "d", "e"],
        }
    ],
}


def resting(plan: Plan, **changes: object) -> Plan:
    summary = {**plan.summary, "evidence": {**EVIDENCE, **changes}}
    return Plan(plan.scenario_name, plan.data, plan.impacts, summary)


def test_one_statement_names_the_figures_behind_the_assumed_share(week: Plan):
    shown = " ".join(text(resting(week)).split())
    assert (
        "30 % of the carbon rests on assumed figures, most of all on idle power of l4 (20 %), "
        "power of host h (10 %)."
    ) in shown
    assert "Assumed assumed, with the reason 30.0 %" in shown


def test_without_assumed_figures_it_says_so(week: Plan):
    shares = {"measured": 0.0, "published": 0.4, "derived": 0.6, "assumed": 0.0}
    shown = " ".join(text(resting(week, shares=shares)).split())
    assert "No part of the carbon rests on assumed figures." in shown


def test_shares_of_absolute_terms_are_called_that(week: Plan):
    shown = " ".join(text(resting(week, of="absolute terms")).split())
    assert "30 % of the carbon, counted by absolute terms, rests on" in shown


def test_the_largest_terms_say_what_they_owe_their_class_to(week: Plan):
    *_, terms = evidence_blocks(resting(week))
    assert terms.rows[0][1:5] == ("Decode", "l4-8", "Derived", "a, b, c and 2 more")
    assert terms.detail


def test_a_plan_that_does_not_say_has_no_table(week: Plan):
    bare = Plan(week.scenario_name, week.data, week.impacts, {})
    assert list(evidence_blocks(bare)) == []
    assert stance_sentence(bare) == ""
    assert "the middle of their bands" in dict(certainty(bare).blocks[0].rows).values()


def test_what_was_moved_and_what_was_not_is_told(week: Plan):
    stance = {"end": "optimistic", "moved": ["prices"], "kept": ["grid", "demand"]}
    plan = Plan(week.scenario_name, week.data, week.impacts, {**week.summary, "stance": stance})
    assert stance_sentence(plan) == (
        "Planned at the optimistic end of every band. Moved there: prices. Left as they are, "
        "having no band: grid, demand."
    )
    assert text(plan).startswith("demo-week · optimistic · plan")
