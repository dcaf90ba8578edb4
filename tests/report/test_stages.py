"""Fleets over stages and futures, and slots that only test the loss of a region."""

from __future__ import annotations

import pytest

from carbonplan.plan import Plan
from carbonplan.report import figures, html, text
from carbonplan.report.arrays import operated
from carbonplan.report.figures.sheet import svg
from carbonplan.report.horizon import horizon
from carbonplan.report.stages import stages
from tests.report.example_plan import staged_plan


@pytest.fixture(scope="module")
def staged() -> Plan:
    return staged_plan()


def test_purchases_of_later_stages_depend_on_the_future(staged):
    bought = staged.data["purchased_servers"].sum(("sku", "region")).values
    assert stages(staged.data).bought_later() == [bought[1], bought[2]]
    told = text(staged, 200)
    assert f"Buy {bought[0]:.0f} servers for" in told
    assert f"Later stages buy 0–{bought[1]:.0f} more, by the future that comes." in told


def test_futures_share_what_stages_before_them_buy(staged):
    named = staged.data.assign_coords(stage=["2026", "2027", "2028/low"])
    bought = named["purchased_servers"].sum(("sku", "region")).values
    assert stages(named).bought_later() == [bought[1] + bought[2]]


def test_the_fleet_is_told_stage_by_stage(staged):
    told = text(staged, 120)
    assert "Servers that stand, by stage and SKU" in told
    assert "Servers to buy, by stage, SKU and region" in told
    assert "2 servers a100-sxm-80gb-8 in us-east-virginia become h100-sxm-8" in told
    assert "1 server l4-8 from asia-northeast1 to eu-central-frankfurt" in told
    assert "by stage" in html(staged)


def test_the_figure_of_the_fleet_has_a_bar_for_each_stage_in_their_order(staged):
    drawn = svg(figures["fleet"](staged))
    assert drawn.index("2026") < drawn.index("2027/high") < drawn.index("2027/low")


def test_one_stage_is_not_named(week):
    told = text(week, 200)
    assert "Servers to buy, by SKU and region" in told
    assert "stage" not in told.lower()


def test_slots_without_weight_are_not_shown(staged):
    shown = operated(staged.data)
    assert shown.sizes["slot"] == 72
    assert horizon(shown).run_stages == ("2026", "2027/high", "2027/low")
    assert "of 72 slots in all" in text(staged, 200)


def test_hours_of_several_stages_are_named_by_their_stage(staged):
    drawn = svg(figures["week"](staged))
    assert "Typical days of each stage" in drawn
    assert "2027/low" in drawn
