"""Stages and futures from a scenario to a plan that holds, and what planning so is worth."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from carbonplan import pipeline
from carbonplan.catalogue.gather import gather
from carbonplan.catalogue.shipped import scenarios_root
from carbonplan.cli.main import main
from carbonplan.errors import InvalidInput, NoPlanExists
from carbonplan.myopic import parts
from carbonplan.scenario import load
from carbonplan.solve import Limits
from carbonplan.stochastic import Range, expected_future, worth
from carbonplan.verify import verify

ONE_HOUR = scenarios_root() / "one-hour.yaml"
STAGES = """
stages:
  - {name: first, years: 2, skus: [h100-sxm-8, a100-80-sxm-8]}
  - {name: later, years: 3, demand: 1.5}
"""
FUTURES = """
futures:
  - {name: slow, probability: 0.75, demand: 0.5}
  - {name: fast, probability: 0.25, demand: {chat: 3}, intensity: 2}
"""
COURSES = f"""
extends: {ONE_HOUR}
name: courses
regions: [aws-us-east-1]
workloads[chat]: {{arrivals: {{mean_rps: 300}}}}
embodied: {{charge: purchase}}
fleet: {{skus: [h100-sxm-8, a100-80-sxm-8, l40s-8, l4-8], clock_fractions: [1.0]}}
solver: {{gap: 0.0001}}
"""
EXACT = Limits(gap=1e-4, time_limit_s=60)


def written(folder: Path, *sections: str) -> Path:
    path = folder / "courses.yaml"
    path.write_text("\n".join((COURSES, *sections)), encoding="utf-8")
    return path


def planned(folder: Path, *sections: str, **options: object) -> pipeline.Result:
    loaded = load(written(folder, *sections), allowed_folders=[scenarios_root()])
    return pipeline.run(loaded, pipeline.Options(**options))


@pytest.fixture(scope="module")
def careful(tmp_path_factory: pytest.TempPathFactory) -> pipeline.Result:
    """A plan of two stages and two futures that counts the worst of them."""
    risk = "risk: {tail: 0.25, weight: 0.4}"
    return planned(tmp_path_factory.mktemp("careful"), STAGES, FUTURES, risk)


def test_a_plan_over_futures_holds(careful):
    assert careful.verification.violations == ()


def test_the_summary_tells_what_each_future_costs(careful):
    risk = careful.plan.summary["risk"]
    slow, fast = (row["objective"] for row in risk["by_future"])
    assert risk["expected"] == pytest.approx(0.75 * slow + 0.25 * fast)
    assert risk["expected"] == pytest.approx(careful.plan.impacts["carbon"].value)
    assert risk["mean_of_worst"] == pytest.approx(fast)
    stated = careful.plan.summary["objective"]["value"]
    assert stated == pytest.approx(0.6 * risk["expected"] + 0.4 * fast)


def test_a_lie_about_a_future_is_found(careful, tmp_path):
    risk = careful.plan.summary["risk"]
    rows = [{**row, "objective": row["objective"] * 1.01} for row in risk["by_future"]]
    lie = {**careful.plan.summary, "risk": {**risk, "by_future": rows}}
    inputs = gather(
        load(
            written(tmp_path, STAGES, FUTURES, "risk: {tail: 0.25, weight: 0.4}"),
            allowed_folders=[scenarios_root()],
        )
    )
    found = verify(inputs, replace(careful.plan, summary=lie))
    assert any("futures_are_as_stated: slow" in line for line in found.violations)


def test_planning_without_foresight_is_no_better(tmp_path):
    foreseen = planned(tmp_path, STAGES)
    myopic = planned(tmp_path, STAGES, myopic=True)
    assert myopic.verification.violations == ()
    told = myopic.plan.summary["foresight"]
    value = myopic.plan.summary["objective"]["value"]
    assert value >= foreseen.plan.summary["bound"]
    assert told["objective"] == pytest.approx(value)
    assert told["foresight_objective"] == pytest.approx(
        foreseen.plan.summary["objective"]["value"], rel=1e-3
    )
    assert told["foresight_saves_at_most"] >= told["foresight_saves_at_least"] >= 0
    first = myopic.plan.data["servers"].sel(stage="first")
    alone = planned(
        tmp_path, "stages: [{name: first, years: 2, skus: [h100-sxm-8, a100-80-sxm-8]}]"
    )
    assert np.array_equal(first, alone.plan.data["servers"].sel(stage="first"))


def test_a_plan_that_survives_the_loss_of_a_region_has_servers_in_others(tmp_path):
    regions = """
regions: [aws-us-east-1, gcp-us-central1]
series: {intensity_g_per_kwh: series/demo-week-intensity.csv}
"""
    text = COURSES.replace("regions: [aws-us-east-1]\n", regions)
    plans = {}
    for survive in ("false", "true"):
        path = tmp_path / f"{survive}.yaml"
        path.write_text(
            text.replace("clock_fractions", f"survive_region_loss: {survive}, clock_fractions")
        )
        loaded = load(path, allowed_folders=[scenarios_root()])
        plans[survive] = pipeline.run(loaded, pipeline.Options())
    assert plans["true"].verification.violations == ()
    assert plans["true"].plan.data.sizes["slot"] == plans["false"].plan.data.sizes["slot"] + 2
    free, safe = (plans[key].plan.data["servers"].sum(("stage", "sku")) for key in plans)
    needed = float(free.sum())
    assert float(safe.min()) >= needed / 2
    costs = [plans[key].plan.impacts["carbon"].value for key in plans]
    assert costs[1] > costs[0]


def test_each_part_ends_with_a_stage_and_knows_no_more(tmp_path):
    stock = """
stages: [{name: a}, {name: b}, {name: c}]
risk: {known_after: a}
bounds: [{impact: energy, at_most: 9e9, stage: c}]
"""
    scenario = load(
        written(tmp_path, stock, FUTURES), allowed_folders=[scenarios_root()]
    ).scenario
    found = list(parts(scenario, whole_replicas=True))
    assert [[stage.name for stage in part.stages] for part in found] == [
        ["a"],
        ["a", "b"],
        ["a", "b", "c"],
    ]
    assert [len(part.futures) for part in found] == [0, 2, 2]
    assert [len(part.bounds) for part in found] == [0, 0, 1]
    assert {part.fleet.replicas for part in found} == {"whole"}


def test_without_stages_there_is_nothing_to_foresee(tmp_path):
    with pytest.raises(InvalidInput, match="stages: found 0, expected two or more"):
        planned(tmp_path, myopic=True)


def test_a_stage_without_plan_is_named(tmp_path):
    none = "stages: [{name: first}, {name: later, demand: 3, skus: []}]"
    with pytest.raises(NoPlanExists, match="without foresight, as it stands in stage later"):
        planned(tmp_path, none, myopic=True)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory):
    """What planning over two futures is worth where demand differs."""
    path = written(tmp_path_factory.mktemp("worth"), STAGES, FUTURES)
    loaded = load(path, allowed_folders=[scenarios_root()])
    return worth(loaded, gather(loaded), EXACT)


def test_recourse_lies_between_knowing_and_guessing(found):
    assert found.wait_and_see.at_least <= found.recourse.at_most
    assert found.recourse.at_least <= found.completed_fleet.at_most
    assert found.perfect_information.at_least > 0
    mean = 0.75 * found.known_before["slow"].at_most + 0.25 * found.known_before["fast"].at_most
    assert found.wait_and_see.at_most == pytest.approx(mean)


def test_futures_that_the_servers_of_the_mean_cannot_serve_are_named(found):
    assert found.expected_fleet is None
    assert found.stochastic_solution is None
    assert found.expected_fleet_lacks == ("fast",)


def test_the_mean_of_factors_counts_every_name(tmp_path):
    scenario = load(written(tmp_path, FUTURES), allowed_folders=[scenarios_root()]).scenario
    mean = expected_future(scenario)
    assert mean.demand == {"chat": pytest.approx(0.75 * 0.5 + 0.25 * 3)}
    assert mean.intensity == {"aws-us-east-1": pytest.approx(0.75 + 0.25 * 2)}


def test_a_difference_of_ranges_is_as_wide_as_both():
    assert Range(10, 12).less(Range(7, 8)) == Range(2, 5)
    assert Range(10, 12).less(Range(11, 13)) == Range(0, 1)
    assert Range(None, 12).less(Range(7, None)) == Range(None, 5)


def test_stochastic_prints_one_document(tmp_path, capsys):
    same = "futures: [{name: a, probability: 0.5}, {name: b, probability: 0.5, price: 2}]"
    path = written(tmp_path, same)
    asked = ["stochastic", str(path), "--json", "--quiet"]
    assert main([*asked, "--allow-path", str(scenarios_root())]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [row["future"] for row in document["futures"]] == ["a", "b"]
    together = document["recourse"]["at_most"]
    assert 0 <= document["vss"]["at_most"] <= 1e-3 * together
    assert 0 <= document["evpi"]["at_most"] <= 1e-3 * together
    assert document["expected_fleet_lacks"] == []
