"""Sweeps over workers that lie, die and hang: no case takes another with it."""

from __future__ import annotations

import json
import signal
from collections import Counter
from pathlib import Path

import pytest

from carbonplan.compare.cases import Case
from carbonplan.compare.lock import held, refuse_other
from carbonplan.compare.records import worst
from carbonplan.compare.sweep import Swept, Ways, sweep
from carbonplan.compare.tasks import CaseOptions
from carbonplan.errors import EnvironmentFailed, InvalidInput, UsageError

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (str(Path(__file__).with_name("lying_worker.py")),)


class Watcher:
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.kept, self.events, self.ended = None, [], []

    def checked(self, cases, kept):
        self.kept = (cases, kept)

    def event(self, event):
        self.events.append(type(event).__name__)

    def result(self, result):
        self.ended.append(result.name)


def swept(out: Path, *names: str, watcher: Watcher | None = None, **ways) -> Swept:
    cases = [Case(name, "s.yaml", None, (), {"what": name}, {}) for name in names]
    asked = Ways(COMMAND, **{"jobs": 2, **ways})
    return sweep(cases, out, CaseOptions(), asked, watcher or Watcher())


def planned(out: Path) -> Counter:
    return Counter((out / "log.txt").read_text(encoding="utf-8").split())


def test_every_fault_is_one_cases_own(tmp_path):
    names = (
        "good",
        "dies-always",
        "infeasible",
        "bug",
        "slow",
        "wrong",
        "full-disk",
        "babbles",
    )
    names += ("forgets", "last")
    watcher = Watcher()
    found = swept(tmp_path, *names, watcher=watcher)
    assert [one.name for one in found.results] == list(names)
    assert {one.name: (one.status, one.exit_code) for one in found.results} == {
        "good": ("optimal", 0),
        "dies-always": ("lost", 9),
        "infeasible": ("infeasible", 4),
        "bug": ("failed", 1),
        "slow": ("feasible", 5),
        "wrong": ("does not hold", 11),
        "full-disk": ("failed", 9),
        "babbles": ("lost", 9),
        "forgets": ("failed", 9),
        "last": ("optimal", 0),
    }
    by_name = {one.name: one for one in found.results}
    assert by_name["dies-always"].message.endswith("signal 9 (Killed): out of luck")
    assert by_name["bug"].message == "KeyError: 'x'"
    assert by_name["good"].impacts["carbon"].value == 2.0
    assert worst(one.exit_code for one in found.results) == 1
    assert watcher.kept == (10, 0)
    assert sorted(watcher.ended) == sorted(names)
    assert planned(tmp_path)["dies-always"] == 2


def test_a_lost_case_is_planned_once_more_when_no_other_runs(tmp_path):
    found = swept(tmp_path, "dies-once", "good")
    assert [one.status for one in found.results] == ["optimal", "optimal"]
    assert (tmp_path / "log.txt").read_text(encoding="utf-8").split()[-1] == "dies-once"


def test_a_case_that_hangs_is_ended_at_its_limit(tmp_path):
    found = swept(tmp_path, "hangs", "good", limit_s=1.0)
    assert [(one.status, one.exit_code) for one in found.results] == [
        ("hung", 6),
        ("optimal", 0),
    ]
    assert found.results[0].message == "no answer after 1 s; its process was ended"


def test_what_is_finished_is_kept_and_failures_that_are_answers_too(tmp_path):
    names = ("good", "infeasible", "full-disk")
    first = swept(tmp_path, *names)
    second = swept(tmp_path, *names)
    assert second.results == first.results
    assert planned(tmp_path) == {"good": 1, "infeasible": 1, "full-disk": 2}
    swept(tmp_path, *names, failed_again=True)
    assert planned(tmp_path) == {"good": 1, "infeasible": 2, "full-disk": 3}
    swept(tmp_path, *names, again=True)
    assert planned(tmp_path) == {"good": 2, "infeasible": 3, "full-disk": 4}


def test_a_record_of_a_failure_that_was_edited_is_not_believed(tmp_path):
    swept(tmp_path, "infeasible")
    record = tmp_path / "failed" / "infeasible.json"
    found = json.loads(record.read_text(encoding="utf-8"))
    for changed in (
        '{"a": ',
        "[]",
        json.dumps({**found, "key": "x"}),
        json.dumps({"key": "k"}),
    ):
        record.write_text(changed, encoding="utf-8")
        assert [one.status for one in swept(tmp_path, "infeasible").results] == ["infeasible"]
    assert planned(tmp_path)["infeasible"] == 5


@pytest.fixture
def heeding_sigint():
    """Ctrl-C is heard, also where tests run in the background and were told to ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeding_sigint")
def test_an_interrupted_sweep_keeps_what_is_finished(tmp_path):
    found = swept(tmp_path, "good", "stops", "never", jobs=1)
    assert found.is_interrupted
    assert [one.status for one in found.results] == ["optimal", "not run", "not run"]
    assert worst(one.exit_code for one in found.results) == 130
    assert "never" not in planned(tmp_path)


def test_every_problem_of_every_case_is_told_before_anything_is_planned(tmp_path):
    with pytest.raises(InvalidInput) as refused:
        swept(tmp_path, "good", "unsound-1", "nonsense", "unsound-2")
    assert refused.value.problems == (
        "unsound-1, unsound-2: no such SKU",
        "nonsense: no such key",
    )
    assert not (tmp_path / "log.txt").exists()
    with pytest.raises(UsageError, match="every case: no such key"):
        swept(tmp_path, "nonsense-1", "nonsense-2")
    with pytest.raises(RuntimeError, match="KeyError"):
        swept(tmp_path, "broken")


def test_a_worker_that_never_starts_is_the_environments_fault(tmp_path):
    cases = [Case("a", "s.yaml", None, (), {}, {})]
    with pytest.raises(EnvironmentFailed, match="could not be checked: its process ended"):
        sweep(cases, tmp_path, CaseOptions(), Ways(("-c", "exit(3)"), 1), Watcher())


def test_one_comparison_at_a_time_and_only_in_a_folder_of_its_own(tmp_path):
    busy = pytest.raises(UsageError, match="another comparison is writing")
    with held(tmp_path / "out"), busy:
        swept(tmp_path / "out", "good")
    other = tmp_path / "other"
    other.mkdir()
    refuse_other(other)
    (other / "thesis.txt").touch()
    with pytest.raises(UsageError, match="something else than a comparison"):
        swept(other, "good")
    with pytest.raises(UsageError, match="is not a folder"):
        refuse_other(other / "thesis.txt")
