"""``report``: each format to the right place, figures beside it, nothing replaced unasked."""

from __future__ import annotations

import sys

import pytest

from carbonplan.cli.main import run
from tests.report.example_plan import hour_plan

FIGURES = ("map", "fleet", "week", "flow", "carbon", "energy", "attribution", "baselines")


@pytest.fixture(autouse=True)
def plan(monkeypatch):
    found = hour_plan()
    monkeypatch.setattr("carbonplan.plan.read", lambda _folder: found, raising=False)
    return found


def test_markdown_is_printed(capsys):
    assert run(["report", "plans/hour", "--format", "md"]) == 0
    assert capsys.readouterr().out.startswith("# one-hour\n")


@pytest.mark.parametrize("form", ["pdf", "xlsx"])
def test_what_is_no_text_needs_a_file(form: str, capsys):
    assert run(["report", "plans/hour", "--format", form]) == 2
    assert "--out" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "start"),
    [("report.html", b"<!DOCTYPE"), ("report.md", b"# one"), ("report", b"one")],
)
def test_the_name_of_the_file_says_the_format(tmp_path, name: str, start: bytes):
    assert run(["report", "plans/hour", "--out", str(tmp_path / name)]) == 0
    assert (tmp_path / name).read_bytes().lstrip().startswith(start)


def test_a_workbook_is_written(tmp_path):
    pytest.importorskip("xlsxwriter")
    target = tmp_path / "plan.xlsx"
    assert run(["report", "plans/hour", "--out", str(target)]) == 0
    assert target.read_bytes().startswith(b"PK")


def test_an_optional_library_that_is_missing_is_8(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    assert run(["report", "plans/hour", "--out", str(tmp_path / "plan.xlsx")]) == 8
    assert 'pip install "carbonplan[xlsx]"' in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_figures_go_to_a_folder_of_their_own(tmp_path, capsys):
    into = ["report", "plans/hour", "--figures", str(tmp_path / "drawn")]
    assert run([*into, "--figure-format", "csv,svg"]) == 0
    assert capsys.readouterr().out == ""
    assert {path.name for path in (tmp_path / "drawn").iterdir()} == {
        f"{name}.{form}" for name in FIGURES for form in ("csv", "svg")
    }
    assert run(into) == 2


@pytest.mark.parametrize("formats", ["jpg", "", "svg,gif"])
def test_a_format_that_figures_do_not_have_is_refused(formats: str, tmp_path, capsys):
    into = ["report", "plans/hour", "--figures", str(tmp_path / "drawn")]
    assert run([*into, "--figure-format", formats]) == 2
    assert "svg, png, csv" in capsys.readouterr().err
