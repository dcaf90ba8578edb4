"""Markdown, workbook, PDF and notebook: complete, and no name becomes anything but text."""

from __future__ import annotations

import importlib
import io
import itertools
import re
import sys
import zlib
from collections.abc import Iterator
from contextlib import suppress
from html.parser import HTMLParser

import numpy as np
import pytest
import xarray as xr

import carbonplan.plan.rendering as rendering
from carbonplan.errors import MissingDependency
from carbonplan.plan import Plan
from carbonplan.plan.variables import VARIABLES
from carbonplan.report import markdown, pdf, workbook
from carbonplan.report.document import Heading, Section
from carbonplan.report.markdown import escaped, section_lines
from carbonplan.report.notebook import notebook_html
from tests.report.hostile import NAMES, named

FORMULAS = ("=1+1", "@SUM(A1)", "\t=1")
BARE = Plan("bare", xr.Dataset(), {}, {})


def completed(plan: Plan) -> Plan:
    """The plan with every variable that a plan has; those that it lacked are zero or empty."""
    dims = {dim for variable in VARIABLES.values() for dim in variable.dims}
    absent = {dim: [] for dim in dims - set(plan.data.sizes)}
    data = plan.data.assign_coords(absent)
    for name, variable in VARIABLES.items():
        if name not in data:
            shape = [data.sizes[dim] for dim in variable.dims]
            kind = str if variable.text else float
            data[name] = (variable.dims, np.zeros(shape, dtype=kind))
    return Plan(plan.scenario_name, data, plan.impacts, plan.summary)


def test_markdown_opens_with_the_answer_and_has_every_section(week: Plan):
    lines = markdown(week).splitlines()
    assert lines[:4] == ["# demo-week", "", "## The answer", ""]
    opening = lines[4].replace("\u00a0", " ")
    assert opening.startswith("**Buy 63 servers for 5 regions&#58; 42 × h100-sxm-8")
    headings = [line for line in lines if line.startswith("## ")]
    assert len(headings) == 8


def test_markdown_tables_are_of_one_width_with_numbers_to_the_right(week: Plan):
    rows = [line for line in markdown(week).splitlines() if line.startswith("|")]
    for before, after in itertools.pairwise(rows):
        if set(after) <= set("|-:"):
            assert columns(before) == columns(after)
    assert any(row.endswith("---:|") for row in rows)


def test_markdown_folds_what_is_detail(week: Plan):
    text = markdown(week)
    assert text.count("<details>") == text.count("</details>") >= 8
    assert "<summary>Sources of figures</summary>" in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a | b", "a &#124; b"),
        ("<b> `c`", "&#60;b&#62; &#96;c&#96;"),
        ("[x](javascript:y)", "&#91;x&#93;(javascript&#58;y)"),
        ("https://x.org www.x.org", "https&#58;//x.org www&#46;x.org"),
        ("@everyone, llama@h100", "&#64;&#8203;everyone, llama&#64;&#8203;h100"),
        ("**z** _w_", "&#42;&#42;z&#42;&#42; &#95;w&#95;"),
        ("a\nb", "a b"),
        ("# x", "&#35;&#8203; x"),
    ],
)
def test_signs_of_markdown_are_entities(text: str, shown: str):
    assert escaped(text) == shown


@pytest.mark.parametrize("name", [*NAMES, "|a\n# b"], ids=range(len(NAMES) + 1))
def test_hostile_names_make_no_markup_in_markdown(name: str):
    text = markdown(named(name))
    text.encode("utf-8")
    tags = set(re.findall(r"(?<!\\)<(/?[a-z!][^>]*)>", text))
    assert tags <= {"details", "/details", "summary", "/summary", "sub", "/sub"}
    harmless = markdown(named("n"))
    assert shape(text) == shape(harmless)


def test_a_heading_within_a_section_is_one_level_below_it():
    section = Section("why", "Why this plan", (Heading("What limits it"),))
    assert list(section_lines(section)) == ["## Why this plan", "", "### What limits it", ""]


def columns(row: str) -> int:
    return len(re.findall(r"(?<!\\)\|", row))


def shape(text: str) -> list[tuple[str, int]]:
    """What each line begins with, and its columns."""
    begins = [re.match(r"#+ |- |\||\*\*|<\w+>|", line)[0] for line in text.splitlines()]
    return [
        (start, columns(line)) for start, line in zip(begins, text.splitlines(), strict=True)
    ]


@pytest.fixture(scope="module")
def openpyxl():
    pytest.importorskip("xlsxwriter")
    return pytest.importorskip("openpyxl")


def sheets_of(openpyxl, plan: Plan) -> dict[str, list[list]]:
    book = openpyxl.load_workbook(io.BytesIO(workbook(plan)))
    return {sheet.title: list(sheet.iter_rows()) for sheet in book}


def test_a_workbook_holds_the_plan_as_numbers(openpyxl, week: Plan):
    sheets = sheets_of(openpyxl, completed(week))
    assert list(sheets) == [
        *("summary", "impacts", "servers", "replicas", "hourly"),
        *("energy", "attribution", "baselines", "sources"),
    ]
    facts = {row[0].value: row[1].value for row in sheets["summary"]}
    assert facts["Carbon"] == week.impacts["carbon"].value
    assert facts["Gap between them"] == 0.0006
    standing = [row[3].value for row in sheets["servers"][1:]]
    assert sum(standing) == week.data["servers"].sum()
    assert len(sheets["hourly"]) == 1 + 6 * 168
    assert sheets["baselines"][1][0].value == "Cost-optimal"
    assert sheets["sources"][1][0].value == "eia-930"


@pytest.mark.usefixtures("openpyxl")
def test_the_same_plan_gives_the_same_workbook(hour: Plan):
    assert workbook(hour) == workbook(hour)


@pytest.mark.parametrize("name", [NAMES[0], NAMES[5], *FORMULAS], ids=range(5))
def test_hostile_names_are_inert_cells(openpyxl, name: str):
    encodable = name.replace("\ud800", "")  # no table can hold the other half of a character
    sheets = sheets_of(openpyxl, completed(named(encodable)))
    cells = [cell for rows in sheets.values() for row in rows for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    texts = [cell.value for cell in cells if cell.data_type == "s"]
    assert not [text for text in texts if re.search(r"[\x00-\x1f\u202a-\u202e]", text)]


def test_a_plan_without_anything_has_every_format(openpyxl):
    assert markdown(BARE).startswith("# bare\n")
    assert list(sheets_of(openpyxl, BARE)) == ["summary", "baselines", "sources"]
    assert "The plan does not say which servers it needs." in notebook_html(BARE)


@pytest.mark.parametrize(
    ("render", "library"), [(pdf, "weasyprint"), (workbook, "xlsxwriter")], ids=["pdf", "xlsx"]
)
def test_what_is_not_installed_is_named(render, library: str, hour: Plan, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingDependency, match=r'pip install "carbonplan\[') as error:
        render(hour)
    assert error.value.exit_code == 8


@pytest.fixture(scope="module")
def weasyprint():
    try:
        return importlib.import_module("weasyprint")
    except (ImportError, OSError) as error:
        pytest.skip(f"WeasyPrint or Pango is not installed: {error}")


@pytest.mark.usefixtures("weasyprint")
def test_a_pdf_has_pages_and_bookmarks_and_no_action(hour: Plan):
    printed = pdf(hour)
    assert printed.startswith(b"%PDF-")
    inside = b"".join(inflated(printed))
    assert b"/Outlines" in inside
    assert not re.search(rb"/JavaScript|/Launch|/EmbeddedFile|/URI", inside)


def inflated(printed: bytes) -> Iterator[bytes]:
    """What the compressed streams of a PDF hold."""
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", printed, re.DOTALL):
        with suppress(zlib.error):
            yield zlib.decompress(stream)


@pytest.mark.usefixtures("weasyprint")
def test_the_same_plan_gives_the_same_pdf():
    assert pdf(BARE, {}) == pdf(BARE, {})


class Tags(HTMLParser):
    """Tags of a fragment and their attributes."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))


def test_a_notebook_shows_answer_fleet_and_figure(week: Plan):
    shown = week._repr_html_()
    assert shown == notebook_html(week)
    assert "Buy 63\u00a0servers" in shown
    assert "Servers to buy, by SKU and region" in shown
    assert shown.count("data:image/svg+xml;base64,") == 1
    assert len(shown) < 100_000


@pytest.mark.parametrize("name", NAMES[:4], ids=range(4))
def test_hostile_names_make_no_element_in_a_notebook(name: str):
    assert Tags(notebook_html(named(name))).found == Tags(notebook_html(named("n"))).found


def test_a_plan_in_words_is_one_line(week: Plan):
    assert repr(week).startswith("Plan('demo-week', carbon 9")
    assert repr(BARE) == "Plan('bare', None None None, None, gap None)"


def test_without_a_renderer_a_notebook_shows_words(week: Plan, monkeypatch):
    monkeypatch.setattr(rendering, "_renderers", [])
    assert week._repr_html_() is None
