"""The whole path on a small scenario: solve, write, read, verify, and what can go wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import carbonplan
from carbonplan import pipeline
from carbonplan.catalogue.gather import gather
from carbonplan.catalogue.shipped import scenarios_root
from carbonplan.errors import InvalidInput, NoPlanExists, StoppedWithoutPlan
from carbonplan.plan import read
from carbonplan.report import figures
from carbonplan.scenario import load
from carbonplan.verify import verify

ONE_HOUR = scenarios_root() / "one-hour.yaml"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan of one hour with all baselines, in its folder."""
    folder = tmp_path_factory.mktemp("plans") / "one-hour"
    carbonplan.load(ONE_HOUR).solve(out=folder, baselines=("all",))
    return folder


def test_plan_json_holds_what_it_must(written: Path):
    summary = json.loads((written / "plan.json").read_text(encoding="utf-8"))
    assert summary["status"] == "optimal"
    assert set(summary["objective"]) >= {"impact", "value", "unit"}
    assert summary["bound"] <= summary["objective"]["value"]
    assert summary["gap"] == pytest.approx(0, abs=1e-6)
    assert summary["servers"][0].keys() >= {"sku", "region", "count"}
    assert summary["sizes"].keys() == {"rows", "columns", "nonzeros", "integers"}
    steps = {"load", "model", "compile", "stamp", "solve", "write", "total"}
    assert summary["timings_s"].keys() == steps
    for impact in (
        "carbon",
        "operational_carbon",
        "embodied_carbon",
        "energy",
        "cost",
        "water",
    ):
        assert summary["impacts"][impact].keys() == {"value", "unit", "by_region", "by_sku"}
    assert summary["signal"]["kind"] == "average"
    assert summary["coefficient_sets"] == {"embodied": "vendor-pcf"}
    assert summary["verification"]["violations"] == []


def test_baselines_stand_beside_the_plan_and_are_no_better(written: Path):
    plan = read(written)
    best = plan.impacts["carbon"].value
    baselines = plan.summary["baselines"]
    assert len(baselines) == 6
    for baseline in baselines:
        assert baseline["impacts"]["carbon"] >= best - 1e-9, baseline["name"]


def test_the_report_and_its_figures_are_written(written: Path):
    assert "<title>" in (written / "report.html").read_text(encoding="utf-8")
    drawn = {figure.stem for figure in (written / "figures").glob("*.svg")}
    assert drawn == set(figures)


def test_a_written_plan_is_found_to_hold_from_its_own_scenario(written: Path):
    inputs = gather(pipeline.reload(written))
    assert pipeline.changed_inputs(written, inputs) == []
    assert verify(inputs, read(written)).ok


def test_a_changed_input_is_named(written: Path):
    other = gather(load(scenarios_root() / "two-generations.yaml"))
    assert any("one-hour.yaml" in path for path in pipeline.changed_inputs(written, other))


def test_a_folder_that_is_no_plan_is_refused(tmp_path: Path):
    with pytest.raises(InvalidInput, match=r"manifest\.json"):
        pipeline.reload(tmp_path)


def test_no_plan_says_which_limit():
    with pytest.raises(NoPlanExists, match=r"regions\[aws-us-east-1\]\.power_limit_kw"):
        carbonplan.load(ONE_HOUR, ["regions[0].power_limit_kw=1"]).solve()


def test_no_plan_leaves_no_folder(tmp_path: Path):
    out = tmp_path / "plan"
    with pytest.raises(NoPlanExists):
        carbonplan.load(ONE_HOUR, ["regions[0].power_limit_kw=1"]).solve(out=out)
    assert list(tmp_path.iterdir()) == []


def test_a_limit_without_a_plan_says_so():
    week = carbonplan.load(scenarios_root() / "demo-week.yaml")
    with pytest.raises(StoppedWithoutPlan, match="before a plan was found"):
        week.solve(time_limit_s=0.3)


def test_equal_questions_give_equal_plans():
    first, second = (carbonplan.load(ONE_HOUR).solve() for _ in range(2))
    assert first.data.equals(second.data)
    assert first.impacts == second.impacts


def test_the_python_plan_has_arrays_and_tables():
    plan = carbonplan.load(ONE_HOUR).solve()
    assert plan.data["servers"].sum() == 1
    assert plan.tables()["servers"]["servers"].sum() == 1


def test_every_shipped_scenario_is_valid():
    for path in sorted(scenarios_root().glob("*.yaml")):
        assert pipeline.validate(load(path)).sizes["slots"] > 0, path.name
