"""What a worker does for a case, in this process."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from carbonplan.catalogue.shipped import scenarios_root
from carbonplan.compare.cases import Case
from carbonplan.compare.results import planned
from carbonplan.compare.tasks import Answer, CaseOptions, Task, line_of, message_of, task_of
from carbonplan.compare.worker import answered, failure_of
from carbonplan.errors import NoPlanExists
from carbonplan.plan import read
from carbonplan.solve.limits import Progress

L4 = Case("l4", str(scenarios_root() / "one-hour.yaml"), None, ("solver.gap=0.01",), {}, {})


def task(do: str, case: Case = L4, folder: Path = Path("none"), **options) -> Task:
    return Task(do, case, str(folder), CaseOptions(**options))


def nothing(_plan: object) -> dict[str, bytes]:
    return {}


def key(case: Case = L4, **options) -> str:
    return answered(task("check", case, **options), print, nothing).key


def test_tasks_and_messages_survive_the_way():
    one = task("plan", replace(L4, name="a\u202e\udc80", numbers={"x": 0.1}), gap=0.5)
    assert task_of(one.line()) == one
    progress = Progress(1.0, None, 2.0, None, 0, "x")
    assert message_of(line_of(progress).encode("ascii")) == progress
    answer = Answer("k", failure=failure_of(NoPlanExists("x", ["y"])))
    assert message_of(line_of(answer).encode("ascii")) == answer


def test_the_key_follows_what_is_asked_and_not_what_it_is_compared_with():
    same = key()
    assert key(replace(L4, name="other", labels={"a": "b"})) == same
    axis = "compare=[{axis: a, path: solver.gap, values: [1]}]"
    assert key(replace(L4, overrides=(*L4.overrides, axis))) == same
    assert key(replace(L4, overrides=("solver.gap=0.02",))) != same
    assert key(gap=0.02) != same
    assert key(seed=1) != same


def test_the_key_follows_files_and_not_comments(tmp_path):
    text = Path(L4.scenario).read_text(encoding="utf-8")
    series = tmp_path / "series" / "one-hour-intensity.csv"
    series.parent.mkdir()
    series.write_bytes((scenarios_root() / "series" / series.name).read_bytes())
    (tmp_path / "s.yaml").write_text(text, encoding="utf-8")
    case = replace(L4, scenario=str(tmp_path / "s.yaml"))
    before = key(case)
    assert before == key()
    (tmp_path / "s.yaml").write_text(f"# more\n{text}", encoding="utf-8")
    assert key(case) == before
    series.write_text(series.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert key(case) != before


def test_a_case_is_an_ordinary_plan_that_is_known_again(tmp_path):
    folder = tmp_path / "cases" / "l4"
    said = []
    answer = answered(task("plan", folder=folder), said.append, lambda _p: {"x.txt": b"x"})
    assert answer.failure is None
    assert said
    plan = read(folder)
    assert (folder / "x.txt").read_bytes() == b"x"
    found = planned(tmp_path, L4)
    assert (found.status, found.exit_code, found.folder) == ("optimal", 0, "cases/l4")
    assert found.impacts == plan.impacts
    assert found.value == plan.summary["objective"]["value"]
    assert sum(found.servers_by_sku.values()) > 0
    assert answered(task("check", folder=folder), print, nothing).is_kept
    other = replace(L4, overrides=("solver.gap=0.02",))
    assert not answered(task("check", other, folder), print, nothing).is_kept
    table = folder / "tables" / "servers.csv"
    table.write_bytes(table.read_bytes() + b" ")
    assert not answered(task("check", folder=folder), print, nothing).is_kept


def test_failures_become_words():
    unknown = replace(L4, overrides=("fleet.skus=[h100-sxm-9]",))
    failure = answered(task("check", unknown), print, nothing).failure
    assert (failure.kind, failure.exit_code) == ("InvalidInput", 3)
    assert 'nearest: "h100-sxm-8"' in failure.problems[0]


@pytest.mark.parametrize(
    ("error", "kind", "code", "words"),
    [
        (MemoryError(), "EnvironmentFailed", 9, "no memory left"),
        (OSError(28, "No space left", "plan.nc"), "EnvironmentFailed", 9, "plan.nc: No space"),
        (KeyError("x"), "Bug", 1, "KeyError: 'x'"),
    ],
)
def test_other_errors_have_their_exit_code(error, kind, code, words):
    failure = failure_of(error)
    assert (failure.kind, failure.exit_code) == (kind, code)
    assert words in failure.message


def test_the_record_beside_a_plan_is_plain():
    from carbonplan.compare.results import case_file

    found = json.loads(case_file(L4, "k"))
    assert found == {"schema_version": 1, "case": "l4", "labels": {}, "key": "k"}
