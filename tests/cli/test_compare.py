"""Comparisons on the command line."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from carbonplan.cli import compare
from carbonplan.cli.case_progress import Cases
from carbonplan.cli.main import run
from carbonplan.compare.cases import Case
from carbonplan.compare.pool import Ended, Progressed, Started
from carbonplan.compare.records import Failure
from carbonplan.compare.tasks import Answer, Task
from carbonplan.solve.limits import Progress
from tests.compare.results import missing, result

ROOT = Path(__file__).resolve().parents[2]
LYING = (str(ROOT / "tests" / "compare" / "lying_worker.py"),)


@pytest.fixture
def lying(monkeypatch):
    """Workers that do what a case is called."""
    monkeypatch.setattr(compare, "WORKER", LYING)


def compared(out: Path, *cases: str) -> list[str]:
    return ["compare", "one-hour", "--over", f"name={'|'.join(cases)}", "--out", str(out)]


@pytest.mark.usefixtures("lying")
def test_the_table_is_printed_and_the_worst_case_decides(tmp_path, capsys):
    out = tmp_path / "out"
    assert run([*compared(out, "good", "infeasible", "slow"), "--progress", "plain"]) == 4
    printed = capsys.readouterr()
    assert "3 cases: 1 optimal, 1 infeasible, 1 feasible." in printed.out
    assert "3 cases: 0 kept, 3 to plan" in printed.err
    assert "good: optimal, carbon 2 kgCO2e, gap 0 %" in printed.err
    names = {path.name for path in out.iterdir()} - {"log.txt"}
    assert names == {
        *(".comparison", "cases", "failed", "figures"),
        *("comparison.csv", "comparison.html", "comparison.json", "impacts.csv", "servers.csv"),
    }


@pytest.mark.usefixtures("lying")
def test_json_is_one_document(tmp_path, capsys):
    assert run([*compared(tmp_path / "out", "good", "slow"), "--json", "--quiet"]) == 5
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert [case["status"] for case in found["cases"]] == ["optimal", "feasible"]
    assert printed.err == ""


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "nothing varies"),
        (["--over", "solver.gap=0|1", "--reference", "2"], 2, 'no case "2"'),
        (["--over", "solver.gap=0|1", "--impacts", "carbn"], 2, 'nearest: "carbon"'),
        (["--over", "solver.gap=0|0"], 3, "two cases are called"),
    ],
)
def test_what_has_no_meaning_is_refused_before_the_work(
    arguments, code, words, capsys, tmp_path
):
    assert run(["compare", "one-hour", *arguments, "--out", str(tmp_path / "out")]) == code
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_folder_of_something_else_is_left_alone(tmp_path, capsys):
    (tmp_path / "thesis.txt").touch()
    assert run(compared(tmp_path, "good")) == 2
    assert "something else than a comparison" in capsys.readouterr().err


def test_progress_says_where_all_and_each_stand():
    said: list[str] = []
    shown = Cases(said.append)
    task = Task("plan", Case("a", "s", None, (), {}, {}), "out")
    shown.checked(4, 1)
    shown.event(Started(task))
    shown.event(Progressed(task, Progress(1.0, 2.0, 1.5, 0.25, 0, "x")))
    assert shown.standing().endswith("1/4")
    (line,) = shown.standing_of_each()
    assert line.endswith("a   gap 25.00 %")
    shown.event(Ended(task, Answer(failure=Failure("Lost", 9, "it died"))))
    shown.result(missing("a"))
    shown.result(result("b", 2.0, 1.0))
    assert not list(shown.standing_of_each())
    assert shown.standing().endswith("3/4, 1 without a plan")
    assert said[1:] == [
        "a: it died",
        "[2/4] a: infeasible",
        "[3/4] b: optimal, carbon 2 kgCO2e, gap 0 %",
    ]


KILLED = """
import sys
from carbonplan.cli import compare
from carbonplan.cli.main import main
compare.WORKER = (sys.argv.pop(),)
sys.exit(main())
"""


@pytest.mark.usefixtures("lying")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_comparison_that_was_ended_goes_on_as_if_it_had_not_been(number, tmp_path):
    once, whole = tmp_path / "once", tmp_path / "whole"
    cases = ("good", "hangs-once", "slow")
    begun = compared(once, *cases)
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, *begun, "--jobs", "1", "--quiet", *LYING],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as first:
        while not (once / "cases" / "hung-once").exists():
            assert first.poll() is None
            time.sleep(0.02)
        first.send_signal(number)
        assert first.wait(20) == (130 if number == signal.SIGINT else -signal.SIGKILL)
    assert (once / "comparison.json").exists() == (number != signal.SIGKILL)
    (whole / "cases").mkdir(parents=True)
    (whole / "cases" / "hung-once").touch()
    (whole / ".comparison").touch()
    for out in (once, whole):
        assert run([*compared(out, *cases), "--quiet"]) == 5
    assert (once / "log.txt").read_text(encoding="utf-8").split().count("good") == 1
    for name in ("comparison.json", "comparison.csv", "impacts.csv", "comparison.html"):
        assert (once / name).read_bytes() == (whole / name).read_bytes()
