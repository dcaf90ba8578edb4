import json
from pathlib import Path

import pytest

from carbonplan.cli.main import run


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_init_writes_a_scenario_that_is_valid(capsys):
    assert run(["init", "my-first"]) == 0
    assert "solve my-first.yaml" in capsys.readouterr().out
    assert "#" in Path("my-first.yaml").read_text()
    assert run(["validate", "my-first.yaml"]) == 0
    assert capsys.readouterr().out.startswith("ok: my-first: ")


def test_a_second_scenario_shares_the_series_of_the_first():
    assert run(["init", "first"]) == 0
    assert run(["init", "second"]) == 0
    assert run(["init", "second"]) == 2


def test_init_never_overwrites(capsys):
    Path("mine.yaml").write_text("mine")
    assert run(["init", "mine"]) == 2
    assert Path("mine.yaml").read_text() == "mine"
    assert list(Path().iterdir()) == [Path("mine.yaml")]
    assert "exists already" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["", "../up", "a b", "-", "x" * 65])
def test_init_refuses_names_that_are_no_file_names(name):
    assert run(["init", "--", name]) == 2
    assert list(Path().iterdir()) == []


def test_validate_with_json_says_ok_with_sizes(capsys):
    assert run(["validate", "one-hour", "--json"]) == 0
    checked = json.loads(capsys.readouterr().out)
    assert checked["ok"] is True
    assert checked["sizes"]


def test_validate_prints_each_problem_on_a_line(capsys):
    run(["init", "broken"])
    text = Path("broken.yaml").read_text()
    Path("broken.yaml").write_text(text + "\nfleat: 1\nsignl: 2\n")
    capsys.readouterr()
    assert run(["validate", "broken.yaml"]) == 3
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("  - ")]
    assert len(lines) == 2
    assert 'nearest: "fleet"' in lines[0]
    assert 'nearest: "signal"' in lines[1]


def test_schema_is_a_json_schema(capsys):
    assert run(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    sections = schema["$defs"]["Scenario"]["properties"]
    assert {"carbonplan", "horizon", "fleet", "workloads"} <= set(sections)
