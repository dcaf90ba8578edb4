"""The report as text: the answer first, never wider than asked, nothing that is no number."""

from __future__ import annotations

import math
import re

import pytest
import xarray as xr

from carbonplan.plan import ImpactTotal, Plan
from carbonplan.report import text
from carbonplan.report.document import Heading, Paragraph, Section
from carbonplan.report.text import section_text
from tests.report.hostile import NAMES, named


def test_the_answer_comes_first(week: Plan):
    title, empty, *lines = text(week).splitlines()
    assert title == "demo-week · plan 3f9c2a1b7d60"
    assert empty == ""
    opening = " ".join(lines[:9])
    assert opening.startswith("Buy 63 servers for 5 regions: 42 × h100-sxm-8, 9 × mi300x-8,")
    assert "beside 2 servers that already stand." in opening
    assert "over 168 hours from 2024-04-15 00:00 UTC" in opening
    assert "34 % below cost-optimal, 8.3 % below no shift." in opening
    assert "Proven: no plan is more than 0.06 % better in carbon." in opening
    assert "no violation of 2 statements at 14,112 places" in opening


def test_sections_in_their_order(week: Plan):
    headings = [line for line in text(week).splitlines() if line.isupper() and line[0] != " "]
    assert headings == [
        "THE FLEET",
        "THE WEEK, HOUR BY HOUR",
        "WHERE IT COMES FROM",
        "WHO IT IS FOR",
        "AGAINST BASELINES",
        "HOW CERTAIN",
        "ASSUMPTIONS AND SOURCES",
    ]


def test_fleet_table_has_skus_by_regions(hour: Plan):
    lines = text(hour).splitlines()
    table = lines[lines.index("Servers to buy, by SKU and region") + 1 :]
    assert [line.split() for line in table[:6]] == [
        ["SKU", "eu-north-", "All"],
        ["stockholm"],
        ["---------------", "---------", "---"],
        ["a100-sxm-80gb-8", "1", "1"],
        ["h100-sxm-8", "7", "7"],
        ["All", "8", "8"],
    ]


@pytest.mark.parametrize("width", [48, 60, 80, 132])
def test_no_line_is_wider_than_asked(week: Plan, width: int):
    assert max(map(len, text(week, width).splitlines())) <= width


def test_without_baselines_it_says_how_to_ask(hour: Plan):
    assert "carbonplan solve SCENARIO --baselines all" in " ".join(text(hour).split())


def test_a_plan_that_stopped_at_a_limit_is_not_called_optimal(week: Plan):
    summary = {**week.summary, "status": "feasible", "gap": 0.031, "rounding_gap": None}
    shown = text(Plan(week.scenario_name, week.data, week.impacts, summary))
    assert "no plan is more than 3.1 % better in carbon" in " ".join(shown.split())
    assert "feasible; the search stopped at a limit" in shown
    assert "optimal within" not in shown


@pytest.mark.parametrize(
    ("share", "words"), [(0.174, ", 17 % more."), (-0.02, ", 2 % less."), (0.009, None)]
)
def test_the_answer_says_what_loads_add_where_it_matters(week: Plan, share: float, words: str):
    more = share * week.impacts["carbon"].value
    summary = {**week.summary, "serving_at_load": {"carbon_kgco2e": more}}
    shown = " ".join(text(Plan(week.scenario_name, week.data, week.impacts, summary)).split())
    assert ("At the loads that its replicas have" in shown) is (words is not None)
    assert words is None or words in shown


def test_violations_are_listed(week: Plan):
    found = {"violations": ["demand of chat in slot 3: 0.2 requests/s are not served"]}
    summary = {**week.summary, "verification": found}
    shown = text(Plan(week.scenario_name, week.data, week.impacts, summary))
    assert "Verification failed: 1 violation." in shown
    assert "- demand of chat in slot 3: 0.2 requests/s are not served" in shown


def test_what_is_no_number_reads_none(week: Plan):
    impacts = {
        name: ImpactTotal(math.nan, total.unit, {"us-west-oregon": math.nan}, {})
        for name, total in week.impacts.items()
    }
    unknown = dict.fromkeys(("gap", "bound", "rounding_gap", "fingerprint", "status"))
    objective = {"impact": "carbon", "value": math.inf, "unit": "kgCO2e"}
    summary = {**week.summary, **unknown, "objective": objective}
    shown = text(Plan(week.scenario_name, week.data, impacts, summary))
    assert not re.search(r"\b(nan|inf)\b|None", shown)
    assert re.search(r"^Carbon +none$", shown, re.MULTILINE)
    assert "How far it is from the best possible plan is not proven." in " ".join(shown.split())


def test_a_plan_without_anything_has_a_report():
    shown = text(Plan("bare", xr.Dataset(), {}, {}))
    assert "The plan does not say which servers it needs." in shown
    assert "None" not in shown


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_hostile_names_stay_words(name: str):
    shown = text(named(name))
    assert max(map(len, shown.splitlines())) <= 80
    assert not re.search(r"[^\S\n ]|[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", shown)
    shown.encode("utf-8")


def test_clocks_of_an_engine_stand_in_its_row(week: Plan):
    shown = text(week, 132)
    (row,) = (line for line in shown.splitlines() if line.startswith("l4-8:tp1:fp8"))
    assert "80% (75.0 %), 100% (25.0 %)" in row


def test_batch_work_in_cleaner_hours_is_told_as_the_plan_has_it(week: Plan):
    shares = {"night": {"share": 0.724, "evenly_share": 0.5}, "noon": None}
    summary = {**week.summary, "clean_hours": shares}
    shown = " ".join(text(Plan(week.scenario_name, week.data, week.impacts, summary)).split())
    assert "72 % of the work of night is done in hours cleaner than the median hour" in shown
    assert "spread evenly over the hours it would be 50 %." in shown
    assert "noon has no cleaner hours to move to." in shown


def test_a_heading_is_underlined_within_its_section():
    blocks = (Heading("What limits it"), Paragraph("Power does."))
    assert section_text(Section("why", "Why this plan", blocks)).splitlines() == [
        *("WHY THIS PLAN", "What limits it", "-" * 14, "", "Power does."),
    ]
