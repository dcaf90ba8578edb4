"""The page in a real browser: any width, both schemes, paper, keyboard, screen reader."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from carbonplan.plan import Plan
from carbonplan.report import html
from tests.report import browser as browsers
from tests.report.browser import Browser
from tests.report.hostile import NAMES, named

pytestmark = pytest.mark.skipif(browsers.executable() is None, reason=browsers.WITHOUT)

WIDTHS = (360, 768, 1440)
SCHEMES = ("light", "dark")
LEAST_CONTRAST = 4.5  # of text, WCAG 2.2 AA

OVERFLOWING = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
OUTSIDE = """
[...document.querySelectorAll('body *')].filter(one => !one.closest('.scroll, .skip, svg')
  && one.getBoundingClientRect().right > innerWidth + 1).map(one => one.tagName)
"""
FOCUSED = """
(() => {
  const one = document.activeElement, style = getComputedStyle(one);
  const box = one.getBoundingClientRect();
  return [one.tagName, one.className, style.outlineStyle !== 'none' || one.matches('.skip'),
    box.left >= 0 && box.width > 0];
})()
"""
HEADINGS = "[...document.querySelectorAll('h1, h2, h3')].map(one => Number(one.tagName[1]))"
CONTRASTS = """
(() => {
  const parts = text => text.match(/[\\d.]+/g).map(Number);
  const linear = part => (part /= 255) <= 0.04045
    ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) =>
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const paper = luminance(parts(getComputedStyle(document.body).backgroundColor));
  const texts = document.querySelectorAll(
    'p, h1, h2, h3, li, dt, dd, th, td, caption, summary, a, text');
  return [...texts].filter(one => !one.matches('.skip')).map(one => {
    const style = getComputedStyle(one);
    const ink = luminance(parts(one.tagName === 'text' ? style.fill : style.color));
    return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
  });
})()
"""


@pytest.fixture(scope="module")
def page(week: Plan, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(html(week), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser(tmp_path_factory) -> Iterator[Browser]:
    with browsers.browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_window(browser: Browser, page: Path, width: int):
    browser.show(page, width)
    assert browser.value(OVERFLOWING) == 0
    assert browser.value(OUTSIDE) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_stands_out_from_the_page(browser: Browser, page: Path, scheme: str):
    browser.show(page, 1000, scheme=scheme)
    contrasts = browser.value(CONTRASTS)
    assert len(contrasts) > 300
    assert min(contrasts) >= LEAST_CONTRAST


def test_schemes_differ_and_paper_is_light(browser: Browser, page: Path):
    background = "getComputedStyle(document.body).backgroundColor"
    found = []
    for scheme in SCHEMES:
        browser.show(page, 1000, scheme=scheme)
        found.append(browser.value(background))
    assert len(set(found)) == 2
    browser.call("Emulation.setEmulatedMedia", media="print")
    assert browser.value(background) == "rgb(255, 255, 255)"
    browser.call("Emulation.setEmulatedMedia", media="")


def test_it_asks_for_nothing_and_breaks_no_policy(browser: Browser, page: Path):
    browser.show(page, 1000)
    assert browser.requests() == [page.resolve().as_uri()]
    assert browser.complaints() == []


def test_it_prints_with_what_is_folded_on_screen(browser: Browser, page: Path):
    browser.show(page, 1000)
    folded = "document.querySelector('details table').checkVisibility()"
    assert browser.value(folded) is False
    browser.call("Emulation.setEmulatedMedia", media="print")
    assert browser.value(folded) is True
    browser.call("Emulation.setEmulatedMedia", media="")
    printed = browser.pdf()
    assert printed.startswith(b"%PDF-")
    assert 4 <= len(re.findall(rb"/Type /Page\b", printed)) <= 30


def test_the_keyboard_reaches_everything_in_sight(browser: Browser, page: Path):
    browser.show(page, 1000)
    stops = []
    for _ in range(14):
        browser.tab()
        stops.append(browser.value(FOCUSED))
    assert stops[0][:2] == ["A", "skip"]
    assert {"A", "DIV"} <= {tag for tag, *_ in stops}
    assert all(visible and within for _, _, visible, within in stops)


def test_headings_skip_no_level(browser: Browser, page: Path):
    browser.show(page, 1000)
    levels = browser.value(HEADINGS)
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_a_screen_reader_finds_a_name_for_everything(browser: Browser, page: Path):
    browser.show(page, 1000)
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    by_role: dict[str, list[str]] = {}
    for node in nodes:
        role, name = node.get("role", {}).get("value"), node.get("name", {}).get("value")
        if not node.get("ignored"):
            by_role.setdefault(role, []).append(name or "")
    for role in ("image", "table", "region", "heading", "link"):
        assert by_role.get(role), role
        assert all(by_role[role]), role
    assert "main" in by_role
    assert by_role["navigation"] == ["Sections"]


@pytest.mark.parametrize("name", NAMES[:2], ids=["tag", "attribute"])
def test_hostile_names_run_nothing(browser: Browser, tmp_path: Path, name: str):
    path = tmp_path / "hostile.html"
    path.write_text(html(named(name)), encoding="utf-8")
    browser.show(path, 360)
    assert browser.value("document.querySelectorAll('script, img, b').length") == 0
    assert browser.value(OVERFLOWING) == 0
    assert browser.requests() == [path.resolve().as_uri()]
    assert browser.complaints() == []
