"""What a check found, in every form; names from strangers act in none."""

import json
from dataclasses import replace
from html.parser import HTMLParser
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from carbonplan.difference.records import FleetChange, ValueChange
from carbonplan.gate.changes import Changes
from carbonplan.gate.check import Judged
from carbonplan.gate.decision import Interval, decide
from carbonplan.gate.least import Known
from carbonplan.gate.outcome import Outcome
from carbonplan.gate.thresholds import threshold
from carbonplan.report.document import Facts, Items, Paragraph, Section, Table
from carbonplan.report.gate import MARKER, comment, document, error_comment, gate_sections
from carbonplan.report.junit import junit, junit_error
from carbonplan.report.markdown import escaped, preformatted, sections_markdown
from carbonplan.report.sarif import place, sarif
from carbonplan.report.text import section_text

HOSTILE = (
    "<script>alert(1)</script>",
    "a|b",
    "`code`",
    "line\nbreak\r\n## heading",
    "@octocat",
    "#123",
    "![x](http://evil.example/x.png)",
    "[x](javascript:alert(1))",
    "www.evil.example",
    "--> <img src=x onerror=alert(1)>",
    "\x1b[31mred\x00",
    "\u202egpj.exe",
    "</pre><b>",
    "**bold** _it_ ~~gone~~",
    "&lt;script&gt;",
    "]]>",
)


def judged(impact: str, old: float, new: Interval, amount: str = "1%") -> Judged:
    """One impact with its decision."""
    one = threshold(impact, amount)
    decision = decide(old, one.allowance(old, "kgCO2e", 24.0), new)
    known = Known("kgCO2e", new.value, new.at_least, 0.0)
    return Judged(impact, "kgCO2e", one, Known("kgCO2e", old, old, 0.0), known, decision)


def outcome(*all_judged: Judged, name: str = "week", strict: bool = False, **more) -> Outcome:
    """An outcome without a plan, which reports do not read."""
    values = {"impacts": {}, "scenario": {}}
    kept = SimpleNamespace(
        impacts={}, model_dump=lambda **_options: values, scenario={}, hours=24.0
    )
    changes = Changes(
        scenario=(ValueChange(f"workloads[{name}].llm", name, name + "2"),),
        series=(),
        files=(ValueChange(name, "a" * 64, None),),
        versions=(),
        fleet=(FleetChange("now", name, name, 1, 2),),
        notes=(name,),
    )
    basic = Outcome(name, None, kept, kept, all_judged, changes, (), strict=strict)
    return replace(basic, **more)


DEARER = judged("carbon", 100.0, Interval(102.0, 103.0))
UNDECIDED = judged("operational_carbon", 100.0, Interval(100.0, 104.0))
FINE = judged("embodied_carbon", 100.0, Interval(99.0, 100.0))


@pytest.mark.parametrize(
    ("found", "strict", "code"),
    [
        ((FINE,), False, 0),
        ((FINE, UNDECIDED), False, 0),
        ((FINE, UNDECIDED), True, 10),
        ((FINE, UNDECIDED, DEARER), False, 10),
    ],
)
def test_only_what_is_proven_fails_unless_strict(found, strict, code):
    assert outcome(*found, strict=strict).exit_code == code


def test_a_plan_that_does_not_hold_is_told_before_all_else():
    found = outcome(FINE, violations=("demand of chat is not served",))
    assert found.exit_code == 11
    assert "demand of chat is not served" in comment(found, "week", "x")


def test_the_words_say_bound_limit_and_the_gap_that_would_decide():
    text = "\n".join(map(section_text, gate_sections(outcome(DEARER, UNDECIDED, FINE))))
    flat = " ".join(text.split())
    assert "carbon: no plan comes to less than 102.0 kgCO2e, 101.0 kgCO2e are allowed" in flat
    assert "embodied carbon: a plan comes to 100.0 kgCO2e, 101.0 kgCO2e are allowed" in flat
    assert "its least is between 100.0 kgCO2e and 104.0 kgCO2e" in flat
    assert "a gap below 2.9 % would decide it (now: 3.8 %)" in flat  # (104 − 101) / 104


def test_the_comment_begins_with_its_marker_and_ends_with_the_way_to_accept():
    text = comment(outcome(DEARER), "week.yaml@busy", "carbonplan check week.yaml --update")
    assert text.startswith(f"{MARKER}\n<!-- week.yaml@busy -->\n## ❌")
    assert text.rstrip().endswith("<pre>carbonplan check week.yaml --update</pre>")
    assert "| carbon | ❌ dearer |" in text


def test_the_hidden_line_cannot_be_left():
    first, second, *_ = comment(outcome(FINE), "a--><script>--!>", "x").splitlines()
    assert first == MARKER
    assert second.count(">") == 1
    assert "--" not in second.removeprefix("<!--").removesuffix("-->")


class Tags(HTMLParser):
    """Tags that a text holds."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, _attrs):
        self.tags.append(tag)


@pytest.mark.parametrize("name", HOSTILE)
def test_names_from_strangers_do_not_act_in_the_comment(name):
    text = comment(outcome(DEARER, name=name), name, name)
    assert set(Tags(text).tags) <= {"pre"}
    calm = comment(outcome(DEARER, name="week"), "week", "week")
    assert text.count("\n") == calm.count("\n")
    body = text.partition("<pre>")[0]
    assert body.count("|") == calm.count("|")
    for sign in ("`", "@octocat", "#123", "](", "javascript:", "www.", "\x1b", "\u202e"):
        assert sign not in body.split("\n", 2)[2]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_from_strangers_do_not_act_in_an_error(name):
    text = error_comment(name, name, (name,), "invalid input")
    assert Tags(text).tags == []
    assert text.count("\n") == 7


@pytest.mark.parametrize("name", HOSTILE)
def test_junit_and_sarif_hold_any_name(name):
    root = ElementTree.fromstring(junit(outcome(DEARER, UNDECIDED, FINE, name=name)))
    assert (root.get("tests"), root.get("failures")) == ("3", "1")
    ElementTree.fromstring(junit_error(name, "invalid input", name))
    log = json.loads(sarif("invalid-input", name, (name,), version="1"))
    assert len(log["runs"][0]["results"]) == 1


def test_junit_skips_what_is_undecided_and_fails_it_if_strict():
    for strict, kind in ((False, "skipped"), (True, "failure")):
        root = ElementTree.fromstring(junit(outcome(UNDECIDED, strict=strict)))
        (case,) = root.iter("testcase")
        assert case.find(kind) is not None
        assert root.find("testsuite").get("skipped") == str(int(not strict))


def test_sarif_says_file_and_line(tmp_path):
    log = json.loads(
        sarif(
            "invalid-input",
            "scenarios/a b.yaml",
            ("line 9, fleet.skus: is missing", "base.yaml line 3: x", "no line"),
            version="1.2.3",
            folder=tmp_path,
        )
    )
    run = log["runs"][0]
    places = [one["locations"][0]["physicalLocation"] for one in run["results"]]
    found = [(one["artifactLocation"]["uri"], one["region"]["startLine"]) for one in places]
    assert found == [
        ("scenarios/a%20b.yaml", 9),
        ("scenarios/base.yaml", 3),
        ("scenarios/a%20b.yaml", 1),
    ]
    assert run["results"][0]["ruleId"] == run["tool"]["driver"]["rules"][0]["id"]
    assert (log["version"], run["tool"]["driver"]["version"]) == ("2.1.0", "1.2.3")


def test_a_file_outside_of_the_repository_has_its_whole_address(tmp_path):
    log = json.loads(
        sarif("no-plan", str(tmp_path / "a.yaml"), ("x",), version="1", folder=tmp_path / "b")
    )
    (one,) = log["runs"][0]["results"]
    uri = one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri.startswith("file:///")


def test_no_problem_is_no_result():
    log = json.loads(sarif("invalid-input", "", (), version="1"))
    assert log["runs"][0]["results"] == []


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        ("line 0, x: y", ("a.yaml", 1)),
        ("--set, fleet.x: y", ("a.yaml", 1)),
        ("data/grid/north.csv line 7 (h200): empty", ("data/grid/north.csv", 7)),
        ("deadline 9 of x", ("a.yaml", 1)),
    ],
)
def test_where_a_problem_stands(problem, expected):
    assert place("a.yaml", problem) == expected


def test_the_document_is_plain_json():
    found = document(outcome(DEARER, UNDECIDED))
    text = json.dumps(found, allow_nan=False)
    assert json.loads(text)["verdict"] == "dearer"
    assert found["impacts"][0]["limit"] == 101.0
    assert found["impacts"][1]["deciding_gap"] == pytest.approx(3 / 104, rel=1e-3)


def test_every_block_has_its_markdown():
    section = Section(
        "s",
        "Title",
        (
            Paragraph("lead", lead=True),
            Facts((("a", "1"),)),
            Items("list", ("x",)),
            Items("more", ("y",), detail=True),
            Table("caption", ("w", "n"), (("a", "1"),), total=("all", "1")),
        ),
    )
    assert sections_markdown([section], level=3) == (
        "### Title\n\n**lead**\n\n|  |  |\n|---|---|\n| a | 1 |\n\n**list**\n\n- x\n\n"
        "<details>\n<summary>more</summary>\n\n- y\n\n</details>\n\n"
        "**caption**\n\n| w | n |\n|---|---:|\n| a | 1 |\n| all | 1 |\n\n"
    )


def test_escaping_leaves_words_and_numbers_as_they_are():
    assert escaped("12.5 kgCO2e, +3 % (a/b)") == "12.5 kgCO2e, +3 % (a/b)"
    assert escaped("@me #1") == "&#64;&#8203;me &#35;&#8203;1"
    assert preformatted("a < b") == "<pre>a &lt; b</pre>"
