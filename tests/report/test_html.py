"""The report as a page: its structure, that it needs nothing else, and that names stay text."""

from __future__ import annotations

import importlib
from collections import Counter
from html.parser import HTMLParser

import pytest
import xarray as xr

from carbonplan.plan import Plan
from carbonplan.report import figure_files, figures, files, html, svg
from tests.report.hostile import NAMES, named

VOID = {"meta", "br", "img", "link", "hr", "input"}


class Page(HTMLParser):
    """Elements of a page in their order, with attributes, and the text of each."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((self.open[-1] if self.open else "", data.strip()))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for found, attributes in self.elements if found == tag]

    def text_of(self, tag: str) -> list[str]:
        return [words for found, words in self.texts if found == tag]


@pytest.fixture(scope="module")
def source(week: Plan) -> str:
    return html(week)


@pytest.fixture(scope="module")
def page(source: str) -> Page:
    page = Page(source)
    assert page.open == []
    return page


def test_headings(page: Page):
    assert page.text_of("h1") == ["demo-week"]
    assert page.text_of("h2") == [
        "The answer",
        "The fleet",
        "The week, hour by hour",
        "Where it comes from",
        "Who it is for",
        "Against baselines",
        "How certain",
        "Assumptions and sources",
    ]
    order = [tag for tag, _ in page.elements if tag in {"h1", "h2", "h3", "h4"}]
    assert order[:2] == ["h1", "h2"]
    assert set(order) == {"h1", "h2", "h3"}


def test_the_answer_opens_the_page(page: Page):
    first, *_ = page.text_of("p")[1:]
    assert first.startswith("Buy 63\u00a0servers for 5\u00a0regions: 42\u00a0×\u00a0h100-sxm-8")


def test_it_needs_nothing_else(page: Page, source: str):
    policies = [meta["content"] for meta in page.all("meta") if "http-equiv" in meta]
    assert len(policies) == 1
    assert policies[0].startswith("default-src 'none'; style-src 'unsafe-inline';")
    for forbidden in ("script", "link", "img", "iframe", "object", "embed", "base", "form"):
        assert page.all(forbidden) == []
    assert all(link["href"].startswith("#") for link in page.all("a"))
    assert "@import" not in source
    assert "url(http" not in source


def test_tables_are_captioned_and_headed(page: Page):
    tables = len(page.all("table"))
    assert tables >= 10
    assert len(page.all("caption")) == tables
    assert all(head.get("scope") in {"col", "row"} for head in page.all("th"))


def test_figures_are_labelled_images(page: Page):
    images = page.all("svg")
    assert [image["aria-labelledby"] for image in images] == [
        "map-caption",
        "fleet-caption",
        "week-caption",
        "flow-caption",
        "carbon-caption",
        "energy-caption",
        "attribution-caption",
        "baselines-caption",
    ]
    assert {image["role"] for image in images} == {"img"}


def test_ids_are_unique_and_every_reference_has_one(page: Page):
    ids = Counter(a["id"] for _, a in page.elements if "id" in a)
    assert set(ids.values()) == {1}
    named_by = [a.get("aria-labelledby") for _, a in page.elements]
    linked = [
        (a.get("href") or a.get("xlink:href") or "").lstrip("#") for _, a in page.elements
    ]
    assert {name for name in [*named_by, *linked] if name} <= set(ids)


def test_colours_are_those_of_the_page(source: str):
    drawing = source[source.index("<svg") : source.rindex("</svg>")]
    assert "var(--region-1)" in drawing
    assert "var(--ink)" in drawing
    assert "prefers-color-scheme: dark" in source


def test_sources_and_signal_are_named(source: str):
    assert "average, location-based, lifecycle carbon intensity" in source
    assert "Hourly Electric Grid Monitor" in source
    assert "public domain" in source


def test_same_plan_same_bytes(week: Plan, source: str):
    assert html(week) == source


def test_files_are_the_page_and_its_figures(hour: Plan):
    written = files(hour)
    assert sorted(written) == [
        *(f"figures/{name}.svg" for name in sorted(figures)),
        "report.html",
    ]
    assert written["report.html"].decode() == html(hour)


def test_figures_come_in_the_formats_asked_for(hour: Plan):
    assert {name for name, _ in figure_files(hour, ("svg", "csv"))} == {
        f"{name}.{form}" for name in figures for form in ("svg", "csv")
    }
    drawn = dict(figure_files(hour, ("png",)))
    assert all(content.startswith(b"\x89PNG") for content in drawn.values())


def test_detail_is_folded_and_named(page: Page):
    assert len(page.all("details")) == len(page.all("summary")) >= 8
    assert "Sources of figures" in page.text_of("summary")


def test_the_first_link_skips_to_the_answer(page: Page):
    skip, *_ = page.all("a")
    (main,) = page.all("main")
    assert skip["href"] == f"#{main['id']}"


def test_a_figure_that_fails_does_not_end_the_report(hour: Plan, monkeypatch, caplog):
    module = importlib.import_module("carbonplan.report.figures")
    monkeypatch.setattr(module, "figures", {**module.figures, "week": lambda _plan: 1 / 0})
    page = Page(html(hour))
    assert len(page.all("svg")) == 6
    assert "This figure could not be drawn." in page.text_of("p")
    assert "figure week is left out" in caplog.text


def test_a_plan_without_anything_has_a_page():
    page = Page(html(Plan("bare", xr.Dataset(), {}, {})))
    assert page.text_of("h1") == ["bare"]
    assert len(page.all("svg")) == 4


def named_page(name: str) -> Page:
    """The page of a plan of that name, with figures that write names where they draw."""
    plan = named(name)
    source = html(plan, {one: svg(figures[one](plan)) for one in ("map", "fleet", "flow")})
    source.encode("utf-8")
    return Page(source)


@pytest.fixture(scope="module")
def harmless() -> Page:
    return named_page("n")


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_hostile_names_make_no_element(name: str, harmless: Page):
    page = named_page(name)
    assert page.open == []
    assert _skeleton(page) == _skeleton(harmless)


def _skeleton(page: Page) -> Counter[tuple[str, ...]]:
    """How often each tag occurs with which attributes."""
    return Counter((tag, *sorted(attributes)) for tag, attributes in page.elements)
