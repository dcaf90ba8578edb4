"""Who a plan is for: tables of what is owed, and the figure."""

from __future__ import annotations

import pytest

from carbonplan.plan.accounts import RULES, WAYS
from carbonplan.report import figures, html, text
from carbonplan.report.attribution import STATE_TITLES, attribution_section, totals_table
from carbonplan.report.figures.sheet import LONGEST_LABEL, svg


def test_states_are_titled_so_that_figures_need_not_shorten_them(week):
    assert list(STATE_TITLES) == week.data["state"].values.tolist()
    assert max(map(len, STATE_TITLES.values())) <= LONGEST_LABEL


def test_workloads_come_first_and_idle_stands_below_them(week):
    table = totals_table(week, "workload", "direct")
    assert [row[0] for row in table.rows] == [
        *("chat", "code", "summaries"),
        *("Replicas held ready", "Accelerators parked", "Servers off for now"),
    ]
    assert table.total[0] == "All"


def test_loaded_accounts_have_no_idle_rows(week):
    table = totals_table(week, "class", "loaded")
    assert [row[0] for row in table.rows] == week.data["request_class"].values.tolist()


@pytest.mark.parametrize("by", WAYS)
@pytest.mark.parametrize("rule", RULES)
def test_columns_sum_to_their_total(week, by, rule):
    table = totals_table(week, by, rule)
    for column in range(1, len(table.header)):
        parts = sum(float(row[column].replace(",", "")) for row in table.rows)
        total = float(table.total[column].replace(",", ""))
        assert parts == pytest.approx(total, rel=2e-3)


def test_units_served_name_a_request_and_tokens(week):
    units = attribution_section(week, "workload", "loaded").blocks[1]
    assert [row[1] for row in units.rows[:3]] == [
        *("a request", "1000 tokens in", "1000 tokens out"),
    ]
    assert units.rows[-1][0] == "All, idle with it"


def test_departures_from_the_standard_are_told(week):
    stated = {**week.summary["attribution"]}
    stated["sci"] = {**stated["sci"], "departures": ["its making is not charged"]}
    told = type(week)(
        week.scenario_name,
        week.data,
        week.impacts,
        {**week.summary, "attribution": stated},
    )
    assert "depart from the standard: its making is not charged." in text(told, 200)


def test_the_page_has_the_section_and_its_figure(week):
    page = html(week)
    assert "Who it is for" in page
    assert 'id="attribution-caption"' in page


def test_the_figure_shows_workloads_and_idle(week):
    drawn = svg(figures["attribution"](week))
    for row in ("chat", "Servers off for now", "faint: serves nobody"):
        assert row in drawn


def test_a_plan_without_it_has_no_section(week):
    bare = type(week)(
        week.scenario_name, week.data.drop_vars("idle_impact"), week.impacts, week.summary
    )
    assert "WHO IT IS FOR" not in text(bare)
    assert "does not say to whom" in svg(figures["attribution"](bare))
