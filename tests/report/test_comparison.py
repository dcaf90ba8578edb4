"""A comparison as document, tables, figures and page, also with hostile names."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from carbonplan.compare.judgement import judged
from carbonplan.compare.records import Comparison, Servers
from carbonplan.plan import ImpactTotal
from carbonplan.report.comparison import (
    case_rows,
    csv_text,
    document,
    drawings,
    figure_files,
    files,
    text,
)
from carbonplan.report.figures.comparison import figures
from tests.compare.results import missing, result
from tests.report.hostile import NAMES

OVER = ("carbon", "cost")


def sample() -> Comparison:
    """Two chips at two loads, crossing between these, and one that has no plan."""
    carbon = {("old", 1): 1.0, ("old", 9): 9.0, ("new", 1): 2.0, ("new", 9): 4.0}
    cases = [
        result(
            f"{chip},{rps}",
            value,
            5.0 - rps / 9,
            bound=0.9 * value,
            labels={"chip": chip, "rps": str(rps)},
            numbers={"rps": float(rps)},
        )
        for (chip, rps), value in carbon.items()
    ]
    return judged([*cases, missing("none")], ("chip", "rps"), OVER, given=("rps",))


def named(name: str) -> Comparison:
    """Every text is the name."""
    cases = [
        replace(
            result(f"{name}{i}", 2.0 + i, 3.0 - i, labels={name: f"{name}{i}"}),
            impacts={
                impact: ImpactTotal(2.0 + i, "kgCO2e", {name: 2.0 + i}, {name: 1.0, "b": i})
                for impact in OVER
            },
            servers=(Servers(name, name, name, 1, 1),),
        )
        for i in range(2)
    ]
    return judged([*cases, missing(name, name)], (name,), OVER)


def written(comparison: Comparison, title: str) -> dict[str, bytes]:
    """Every file beside the cases."""
    drawn = drawings(comparison, title)
    return {**dict(figure_files(drawn)), **files(comparison, title, drawn)}


def test_the_document_is_strict_json_and_says_what_was_found():
    found = json.loads(json.dumps(document(sample()), allow_nan=False))
    assert found["schema_version"] == 1
    assert found["given"] == ["rps"]
    old, *_, without = found["cases"]
    assert old["to_reference"]["carbon"] == {"at_least": 0.0, "at_most": 0.0}
    assert old["impacts"]["carbon"]["by_region"] == {"north": 1.0}
    assert (without["status"], without["message"]) == ("infeasible", "no plan meets it")
    assert found["crossings"][0]["at"] == pytest.approx(1 + 8 / 6)
    assert found["exit_code"] == 4


def test_the_text_says_who_has_least_and_where_break_even_lies():
    shown = text(sample())
    assert "5 cases: 4 optimal, 1 infeasible." in shown
    assert "new,9" in shown
    assert "none (infeasible): no plan meets it" in shown
    assert "2.333" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_every_file_is_there_and_the_same_each_time():
    first = written(sample(), "demo")
    assert {"impacts.svg", "tradeoff.svg", "servers.svg", "along-1.svg"} <= set(first)
    assert written(sample(), "demo") == first


def test_a_comparison_without_any_plan_is_still_told():
    found = judged([missing("a"), missing("b", "another reason")], ("what",), OVER)
    files_of_it = written(found, "demo")
    assert b"another reason" in files_of_it["comparison.html"]
    assert not [name for name in files_of_it if name.endswith(".svg")]
    assert text(found).startswith("THE ANSWER\n2 cases: 2 infeasible.")


def test_tables_are_for_spreadsheets():
    found = judged([result("=cmd()", 1, 1), missing("b", "+x\ny")], ("what",), OVER)
    rows = list(csv.reader(io.StringIO(csv_text(list(case_rows(found))))))
    assert rows[1][0] == "'=cmd()"
    assert rows[2][-1] == "'+x\ny"
    assert csv_text([]) == ""


@pytest.mark.parametrize("name", NAMES)
def test_names_stay_text_in_every_file(name):
    found = named(name)
    plain = written(named("x"), "x")["comparison.html"].decode("utf-8")
    hostile = written(found, name)
    page = hostile["comparison.html"].decode("utf-8")
    assert tags(page) <= tags(plain)
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert len(figures(found, name)) == len([f for f in hostile if f.endswith(".svg")])
    json.loads(hostile["comparison.json"])
    assert "\x1b" not in text(found)


def tags(page: str) -> set[str]:
    found: set[str] = set()

    class Tags(HTMLParser):
        def handle_starttag(self, tag, attrs):
            found.add(tag)
            assert not [name for name, _ in attrs if name.startswith("on")]

    Tags().feed(page)
    return found
