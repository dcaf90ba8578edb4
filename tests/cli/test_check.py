"""The gate on the command line: accept, hold, fail, and what others are told."""

import json
from xml.etree import ElementTree

import pytest

from carbonplan import pipeline
from carbonplan.cli.loading import load
from carbonplan.cli.main import run
from carbonplan.errors import (
    InvalidInput,
    NoPlanExists,
    ThresholdCrossed,
    UsageError,
)
from carbonplan.pipeline import Options

BUSIER = ["--set", "workloads[chat].arrivals.mean_rps=26"]


@pytest.fixture(scope="module")
def accepted(tmp_path_factory) -> bytes:
    """What a baseline file with the plan of one hour holds."""
    path = tmp_path_factory.mktemp("gate") / "baseline.json"
    accept = ["check", "one-hour", "--baseline", str(path), "--update", "--quiet"]
    assert run([*accept, "--max-increase", "carbon=1%"]) == 0
    return path.read_bytes()


@pytest.fixture
def baseline(accepted, tmp_path):
    """A baseline file with the plan of one hour."""
    path = tmp_path / "baseline.json"
    path.write_bytes(accepted)
    return path


def test_what_is_dearer_fails_and_every_file_says_why(baseline, tmp_path, capsys):
    held = ["check", "one-hour", "--baseline", str(baseline), "--json"]
    files = ["--markdown", str(tmp_path / "c.md"), "--junit", str(tmp_path / "j.xml")]
    assert run([*held, *BUSIER, *files]) == ThresholdCrossed.exit_code
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    (carbon,) = found["impacts"]
    assert carbon["now"]["at_least"] > carbon["limit"] > carbon["baseline"]["value"]
    (value,) = found["changes"]["scenario"]
    assert (value["path"], value["old"], value["new"]) == (
        "workloads[chat].arrivals.mean_rps",
        20,
        26,
    )
    assert "--update" in captured.err
    text = (tmp_path / "c.md").read_text(encoding="utf-8")
    assert text.startswith("<!-- carbonplan-check -->\n<!-- one-hour -->\n")
    assert "26\u00a0request/s" in text
    root = ElementTree.fromstring((tmp_path / "j.xml").read_bytes())
    assert root.get("failures") == "1"


def test_an_update_shows_the_change_and_keeps_the_thresholds(baseline, capsys):
    held = ["check", "one-hour", "--baseline", str(baseline), *BUSIER, "--quiet"]
    assert run([*held, "--max-increase", "cost=10%", "--update"]) == 0
    shown = capsys.readouterr().out
    assert "THE BASELINE IS UPDATED" in shown
    assert "+1.9 %" in shown
    kept = json.loads(baseline.read_text(encoding="utf-8"))["plans"]["one-hour"]
    assert kept["max_increase"] == {"carbon": "1%", "cost": "10%"}
    assert kept["impacts"]["cost"]["at_least"] is not None


def test_a_plan_that_was_written_is_judged_as_it_is(baseline, tmp_path, capsys):
    folder = tmp_path / "plan"
    pipeline.run(load("one-hour"), Options(out=folder))
    held = ["check", "--plan", str(folder), "--baseline", str(baseline), "--json"]
    more = ["--max-increase", "carbon=0%,cost=500/month", "--sarif", str(tmp_path / "s.json")]
    assert run([*held, *more]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["verdict"], found["exit_code"]) == ("not dearer", 0)
    assert not any(
        found["changes"][part] for part in ("scenario", "series", "files", "fleet", "versions")
    )
    assert json.loads((tmp_path / "s.json").read_text())["runs"][0]["results"] == []
    assert [one["verdict"] for one in found["impacts"]] == ["not dearer", "not dearer"]


def test_problems_of_a_scenario_stand_at_their_lines(baseline, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.yaml").write_text("carbonplan: 1\nname: bad\nfleet:\n  skuss: [a]\n")
    files = ["--sarif", "s.json", "--junit", "j.xml", "--markdown", "c.md"]
    code = run(["check", "bad.yaml", "--baseline", str(baseline), *files])
    assert code == InvalidInput.exit_code
    assert "skuss" in capsys.readouterr().err
    results = json.loads((tmp_path / "s.json").read_text())["runs"][0]["results"]
    (misspelt,) = [one for one in results if "skuss" in one["message"]["text"]]
    place = misspelt["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "bad.yaml"
    assert place["region"]["startLine"] == 4
    root = ElementTree.fromstring((tmp_path / "j.xml").read_bytes())
    assert root.get("errors") == "1"
    assert "skuss" in (tmp_path / "c.md").read_text(encoding="utf-8")


def test_without_any_plan_the_reasons_are_told(baseline, tmp_path):
    path = tmp_path / "s.json"
    impossible = ["--set", "workloads[chat].ttft_s=0.00001", "--sarif", str(path)]
    code = run(["check", "one-hour", "--baseline", str(baseline), *impossible, "--quiet"])
    assert code == NoPlanExists.exit_code
    (result,) = json.loads(path.read_text())["runs"][0]["results"]
    assert result["ruleId"] == "no-plan"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], UsageError.exit_code, "give a SCENARIO, or --plan FOLDER"),
        (["one-hour", "--plan", "x"], UsageError.exit_code, "give a SCENARIO"),
        (["--plan", "x", "--set", "a=1"], UsageError.exit_code, "need a SCENARIO"),
        (["one-hour", "--max-increase", "carbn=1%"], UsageError.exit_code, "nearest"),
        (["one-hour", "--baseline", "none.json"], InvalidInput.exit_code, "--update"),
    ],
)
def test_what_has_no_meaning_is_refused_before_the_work(arguments, code, words, capsys):
    assert run(["check", *arguments]) == code
    assert words in capsys.readouterr().err


def test_a_scenario_without_threshold_or_entry_says_what_to_do(baseline, capsys):
    held = ["check", "two-generations", "--baseline", str(baseline)]
    assert run(held) == InvalidInput.exit_code
    assert "`carbonplan check --update` adds it" in capsys.readouterr().err
    content = json.loads(baseline.read_text(encoding="utf-8"))
    del content["plans"]["one-hour"]["max_increase"]
    baseline.write_text(json.dumps(content), encoding="utf-8")
    assert run(["check", "one-hour", "--baseline", str(baseline)]) == UsageError.exit_code
    assert "no threshold" in capsys.readouterr().err
