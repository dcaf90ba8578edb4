"""``solve`` of what has no plan: words, exit code 4, and infeasible.json beside the folder."""

import json
from pathlib import Path

from carbonplan.cli.main import run

SCENARIO = Path(__file__).parents[1] / "diagnose" / "scenarios" / "stock.yaml"
PASTED = "fleet.stock[h100-sxm-8].servers=1"


def test_the_cause_comes_first_and_the_rest_is_written(tmp_path, capsys):
    out = tmp_path / "plan"
    assert run(["solve", str(SCENARIO), "--out", str(out), "--progress", "none"]) == 4
    printed = capsys.readouterr()
    assert printed.out == ""
    told = printed.err[printed.err.index("no plan meets") :].splitlines()
    assert "no server that serves it stands or can be bought" in told[0]
    assert "cannot hold together; without any one of them the others can" in told[1]
    assert told[2].endswith(f"--set '{PASTED}'")
    assert not out.exists()
    written = json.loads((tmp_path / "plan.infeasible.json").read_text(encoding="utf-8"))
    assert written["schema"] == "carbonplan-infeasible/1"
    assert written["relaxations"][0]["overrides"] == [PASTED]


def test_json_is_one_document_with_the_diagnosis(tmp_path, capsys):
    out = tmp_path / "plan"
    assert run(["solve", str(SCENARIO), "--out", str(out), "--quiet", "--json"]) == 4
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["exit_code"] == 4
    assert error["diagnosis"]["cause"] in error["message"].splitlines()[0]


def test_where_the_file_cannot_be_written_the_words_are_told(tmp_path, capsys):
    (tmp_path / "plan.infeasible.json").mkdir()
    assert run(["solve", str(SCENARIO), "--out", str(tmp_path / "plan"), "--quiet"]) == 4
    told = capsys.readouterr().err
    assert "is a folder" in told
    assert "no plan meets stock" in told
