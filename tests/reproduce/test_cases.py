"""Cases of studies: what is stated of them, by hand and of one small plan."""

from __future__ import annotations

import pytest

from carbonplan.catalogue.shipped import scenarios_root
from carbonplan.reproduce import ecoserve, hotcarbon
from carbonplan.reproduce.cases import Case, Found, solve_case
from carbonplan.reproduce.claims import Claim, Known, amount, percent, side_by_side
from carbonplan.scenario import load

CASE = Case("one", "one", "reproduce-ecoserve")
ALL = [*ecoserve.cases(), *ecoserve.cases(quick=True), *hotcarbon.cases()]


@pytest.mark.parametrize("case", ALL, ids=lambda case: f"{case.name}{len(case.overrides)}")
def test_every_case_is_a_sound_scenario(case):
    path = scenarios_root() / f"{case.scenario}.yaml"
    assert load(path, case.overrides, case.variant).scenario.name == case.scenario


@pytest.mark.parametrize("cases", [ecoserve.cases(), hotcarbon.cases()])
def test_names_and_titles_are_unique(cases):
    assert len({case.name for case in cases}) == len({case.title for case in cases})
    assert len({case.name for case in cases}) == len(cases)


def test_a_plan_of_60_saves_40_percent_of_100():
    found = Found(CASE, "optimal", impacts={"carbon": 60.0, "embodied_carbon": 15.0})
    assert found.saved_against({"impacts": {"carbon": 100.0}}) == pytest.approx(0.4)
    assert found.embodied_share == 0.25


def test_nothing_is_stated_without_a_plan():
    found = Found(CASE, "infeasible")
    assert found.carbon_kg is None
    assert found.embodied_share is None
    assert found.saved_against({"impacts": {"carbon": 100.0}}) is None


def test_a_baseline_without_a_plan_is_not_compared():
    found = Found(CASE, "optimal", impacts={"carbon": 60.0})
    assert found.saved_against({"impacts": {}}) is None


def test_a_case_without_a_plan_says_so():
    """No GPU answers a first token in a microsecond."""
    case = Case("none", "none", "reproduce-hotcarbon", overrides=(*QUICK, TOO_FAST))
    assert solve_case(case) == Found(case, "infeasible")


QUICK = ("horizon.hours=1", "regions=[aws-us-west-1]", "workloads=[]")
TOO_FAST = (
    "workloads=[{name: one, kind: online, llm: llama-3.2-1b, classes: azure-code, "
    "arrivals: {mean_rps: 1}, ttft_s: 0.000001, tpot_s: 1}]"
)


def test_numbers_are_written_with_what_counts_of_them():
    assert [percent(share) for share in (0.1234, -0.2, -1e-9, None)] == [
        *("+12.3 %", "-20.0 %", "+0.0 %"),
        "–",
    ]
    assert [amount(value) for value in (12345.6, 0.0123456, 1e-15, None)] == [
        *("12,346", "0.01235", "0", "–")
    ]


def test_a_claim_says_how_it_is_known():
    text = side_by_side([Claim("half as much", Known.SUMMARY, "a third")])
    assert text.splitlines()[-1] == "| a summary says: half as much | a third |"
