"""Plans at the ends of the bands: in order, verified, and called what they are everywhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import carbonplan
from carbonplan import pipeline, report
from carbonplan.catalogue.gather import gather
from carbonplan.catalogue.shipped import scenarios_root
from carbonplan.errors import InvalidInput
from carbonplan.plan import Plan, read
from carbonplan.verify import verify

ONE_HOUR = scenarios_root() / "one-hour.yaml"
STANCES = ("optimistic", "central", "pessimistic")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("plans")


@pytest.fixture(scope="module")
def plans(folder: Path) -> dict[str, Plan]:
    """The smallest scenario at every stance, written."""
    return {
        stance: carbonplan.load(ONE_HOUR, stance=stance).solve(out=folder / stance)
        for stance in STANCES
    }


def test_the_objective_rises_from_the_good_end_to_the_bad_one(plans):
    """One hour is solved to a gap of 0."""
    best, central, worst = (plans[stance].impacts["carbon"].value for stance in STANCES)
    assert best < central < worst


def test_central_is_what_is_planned_without_asking(plans):
    asked = carbonplan.load(ONE_HOUR).solve()
    assert asked.impacts == plans["central"].impacts


@pytest.mark.parametrize("stance", STANCES)
def test_a_written_plan_holds_against_what_it_was_made_from(stance, plans, folder):
    found = verify(gather(pipeline.reload(folder / stance)), read(folder / stance))
    assert found.violations == ()
    assert plans[stance].summary["verification"]["holds"]


def test_a_pessimistic_plan_does_not_hold_at_another_stance(plans):
    central = carbonplan.load(ONE_HOUR).inputs()
    found = verify(central, plans["pessimistic"]).violations
    assert any(line.startswith("coefficients_hold") for line in found)


@pytest.mark.usefixtures("plans")
@pytest.mark.parametrize("stance", STANCES)
def test_files_say_at_which_end_and_on_what_the_objective_rests(stance, folder):
    manifest = json.loads((folder / stance / "manifest.json").read_text())
    summary = json.loads((folder / stance / "plan.json").read_text())
    assert manifest["stance"] == summary["stance"]["end"] == stance
    assert bool(summary["stance"]["moved"]) == (stance != "central")
    assert manifest["evidence"] == summary["evidence"]["shares"]
    assert sum(manifest["evidence"].values()) == pytest.approx(1.0)
    terms = summary["evidence"]["terms"]
    assert sum(term["value"] for term in terms) == pytest.approx(summary["objective"]["value"])


def test_serving_falls_into_prefill_decode_and_hosts(plans):
    terms = {term["part"]: term for term in plans["central"].summary["evidence"]["terms"]}
    assert {"prefill", "decode", "host_load"} <= set(terms)
    assert terms["decode"]["evidence"] == "derived"
    assert terms["host_load"]["evidence"] == "assumed"
    rests_on = terms["prefill"]["owed_to"]
    assert any(name.startswith("coefficients of performance of") for name in rests_on)


def test_reports_say_it_first(plans):
    shown = report.text(plans["pessimistic"])
    assert shown.startswith("one-hour · pessimistic · plan ")
    assert "Planned at the pessimistic end of every band. Moved there:" in shown
    assert "the pessimistic end of their bands" in shown
    assert "pessimistic" not in report.text(plans["central"])


def test_an_unknown_stance_is_told():
    with pytest.raises(InvalidInput, match="pessimistic"):
        carbonplan.load(ONE_HOUR, stance="gloomy")
