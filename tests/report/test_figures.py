"""Figures: labelled axes with units, one colour a name, same bytes, any name, any horizon."""

from __future__ import annotations

import itertools
import re
from xml.etree import ElementTree

import numpy as np
import pytest
import xarray as xr

from carbonplan.plan import Plan
from carbonplan.report import figures, png, svg
from carbonplan.report.figures.palette import PAPER, REGIONS, SKUS, shades
from tests.report.example_plan import example_plan
from tests.report.hostile import NAMES, named

UNIT = re.compile(r"\[[^\]]+\]|Number of")


@pytest.mark.parametrize("name", list(figures))
def test_axes_name_their_unit(week: Plan, name: str):
    axes = figures[name](week).axes
    labels = [label for one in axes for label in (one.get_xlabel(), one.get_ylabel()) if label]
    assert len(labels) >= len(axes)
    assert all(UNIT.search(label) for label in labels)


@pytest.mark.parametrize("name", list(figures))
def test_caption_names_scenario_and_plan(week: Plan, name: str):
    words = [text.get_text() for text in figures[name](week).texts]
    assert "demo-week · plan 3f9c2a1b7d60" in words


def test_week_has_a_panel_for_each_kind(week: Plan, hour: Plan):
    titles = [axes.get_ylabel() for axes in figures["week"](week).axes]
    assert titles == [
        "Batch work [requests/s]",
        "Online requests [requests/s]",
        "Carbon intensity [gCO2e/kWh]",
    ]
    assert len(figures["week"](hour).axes) == 2


@pytest.mark.parametrize(
    ("hours", "first", "title"),
    [
        (1, "00:00", "Time [UTC], Mon 15 Apr 2024"),
        (24, "00:00", "Time [UTC], Mon 15 Apr 2024"),
        (168, "Mon 15 Apr", "Time [UTC], from Mon 15 Apr 2024"),
        (960, "15 Apr", "Time [UTC], from Mon 15 Apr 2024"),
    ],
)
def test_time_is_marked_for_any_horizon(hours: int, first: str, title: str):
    lowest = figures["week"](example_plan(hours)).axes[0]
    assert lowest.get_xticklabels()[0].get_text() == first
    assert lowest.get_xlabel() == title
    assert lowest.get_ylabel().endswith("daily means") == (hours > 800)


def test_typical_days_are_marked_with_their_weight(typical_days: Plan):
    lowest = figures["week"](typical_days).axes[0]
    assert [label.get_text() for label in lowest.get_xticklabels()] == ["×30.4"] * 12
    assert lowest.get_xlabel() == "Typical days, and how often each counts [1]"


def test_fleet_bars_are_as_long_as_servers_are_many(week: Plan):
    axes = figures["fleet"](week).axes[0]
    drawn = sum(bar.get_width() for bar in axes.patches if bar.get_alpha() is not None)
    assert drawn == week.data["servers"].sum()


def test_energy_bars_add_up_to_the_energy_of_the_plan(week: Plan):
    axes = figures["energy"](week).axes[0]
    assert "[MWh]" in axes.get_xlabel()
    drawn_mwh = sum(bar.get_width() for bar in axes.patches)
    assert drawn_mwh == pytest.approx(week.impacts["energy"].value / 1000)


@pytest.mark.parametrize("name", list(figures))
def test_same_plan_same_bytes(hour: Plan, name: str):
    draw = figures[name]
    assert svg(draw(hour)) == svg(draw(hour))


def test_png_is_drawn_on_request(hour: Plan):
    first, second = (png(figures["carbon"](hour)) for _ in range(2))
    assert first.startswith(b"\x89PNG")
    assert first == second


@pytest.mark.parametrize(
    "name", [NAMES[0], NAMES[4], NAMES[5]], ids=["tag", "math", "controls"]
)
def test_hostile_names_are_drawn_as_text(name: str):
    plan = named(name)
    for draw in figures.values():
        tags = {element.tag for element in ElementTree.fromstring(svg(draw(plan))).iter()}
        assert not {tag for tag in tags if tag.endswith(("script", "img", "}b"))}


def test_a_plan_without_anything_is_said_to_show_nothing():
    bare = Plan("bare", xr.Dataset(), {}, {})
    assert all("The plan " in svg(draw(bare)) for draw in figures.values())


def test_shades_depend_on_names_not_on_their_order():
    names = [f"region-{i:02}" for i in range(24)]
    assert shades(names, REGIONS) == shades(reversed(names), REGIONS)
    assert len(set(shades(names, REGIONS).values())) == 24


@pytest.mark.parametrize("palette", [REGIONS, SKUS], ids=["regions", "skus"])
@pytest.mark.parametrize("page", ["light", "dark"])
def test_colours_stand_out_and_apart_for_every_eye(palette, page: str):
    paper = linear_rgb(getattr(PAPER, page))
    colours = np.array([linear_rgb(getattr(colour, page)) for colour in palette])
    assert all(contrast(colour, paper) >= 3 for colour in colours)
    for seen in VISION.values():
        lab = cielab(np.clip(colours @ np.array(seen).T, 0, 1))
        apart = [np.linalg.norm(a - b) for a, b in itertools.combinations(lab, 2)]
        assert min(apart) >= 22


# Machado, Oliveira & Fernandes 2009, severity 1, on linear RGB
VISION = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


def linear_rgb(colour: str) -> np.ndarray:
    encoded = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def contrast(a: np.ndarray, b: np.ndarray) -> float:
    """WCAG contrast ratio."""
    darker, lighter = sorted((float(a @ LUMINANCE), float(b @ LUMINANCE)))
    return (lighter + 0.05) / (darker + 0.05)


def cielab(rgb: np.ndarray) -> np.ndarray:
    """CIE 1976 L*a*b* of linear sRGB under D65."""
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    relative = rgb @ to_xyz.T / np.array([0.9505, 1, 1.089])
    x, y, z = np.where(relative > 0.008856, np.cbrt(relative), 7.787 * relative + 16 / 116).T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)
