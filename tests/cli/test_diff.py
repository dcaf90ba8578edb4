"""Differences on the command line."""

import json

import pytest

from carbonplan import pipeline
from carbonplan.cli.loading import load
from carbonplan.cli.main import run
from carbonplan.errors import InvalidInput, ThresholdCrossed, UsageError
from carbonplan.pipeline import Options


@pytest.fixture(scope="module")
def plans(tmp_path_factory):
    """Folders of two plans of one hour, the second with more demand."""
    folder = tmp_path_factory.mktemp("plans")
    changes = {"plain": (), "busy": ("workloads[chat].arrivals.mean_rps=40",)}
    return tuple(
        str(pipeline.run(load("one-hour", more), Options(out=folder / name)).folder)
        for name, more in changes.items()
    )


def test_two_plans_inputs_first_then_what_came_of_them(plans, tmp_path, capsys):
    path = tmp_path / "d.md"
    shown_too = ["--markdown", str(path), "--fail-on-change"]
    assert run(["diff", *plans, *shown_too]) == ThresholdCrossed.exit_code
    shown = capsys.readouterr().out
    order = ["INPUTS THAT CHANGED", "IMPACTS", "FLEET", "SCHEDULE"]
    assert sorted(order, key=shown.index) == order
    assert "20 request/s  40 request/s" in shown
    text = path.read_text(encoding="utf-8")
    assert "| workloads&#91;chat&#93;.arrivals.mean&#95;rps | 20\u00a0request/s |" in text


def test_one_document_and_a_threshold_that_is_crossed(plans, capsys):
    options = ["--max-increase", "carbon=1%,cost=0%", "--json"]
    assert run(["diff", *plans, *options]) == ThresholdCrossed.exit_code
    found = json.loads(capsys.readouterr().out)
    assert found["differs"]
    carbon = next(one for one in found["impacts"] if one["name"] == "carbon")
    assert carbon["at_least"] <= carbon["change"] <= carbon["at_most"]


def test_a_plan_against_its_scenario_is_the_same_inputs(plans, capsys):
    assert run(["diff", plans[0], "one-hour", "--fail-on-change"]) == 0
    shown = capsys.readouterr().out
    assert "The inputs are the same." in shown
    assert "IMPACTS" not in shown


def test_variants_of_a_scenario_and_a_scenario_that_is_planned(plans, capsys):
    assert run(["diff", "two-generations", "two-generations@busy", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    paths = {one["path"] for one in found["inputs"]["scenario"]}
    assert paths == {f"workloads[{w}].arrivals.mean_rps" for w in ("west", "east", "desert")}
    assert run(["diff", plans[0], "one-hour", "--solve", "--quiet", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["impacts"]
    assert not found["differs"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["one-hour", "one-our"], InvalidInput.exit_code, 'nearest: "one-hour"'),
        (["one-hour", "two-generations@bsy"], UsageError.exit_code, "busy"),
        (["one-hour", "one-hour", "--max-increase", "carbon=1%"], UsageError.exit_code, "two"),
    ],
)
def test_what_is_not_there_is_told_with_the_nearest_name(arguments, code, words, capsys):
    assert run(["diff", *arguments]) == code
    assert words in capsys.readouterr().err
