"""Figures: labelled axes with units, one colour a name, same bytes, any name, any horizon."""

from __future__ import annotations

import csv
import io
import itertools
import re
from xml.etree import ElementTree

import numpy as np
import pytest
import xarray as xr
from matplotlib.transforms import Bbox

from carbonplan.plan import Plan
from carbonplan.report import figures, numbers, png, svg
from carbonplan.report.figures import numbers_csv
from carbonplan.report.figures.flow import FLOW_IN
from carbonplan.report.figures.palette import PAPER, REGIONS, SKUS, shades
from tests.report.example_plan import example_plan
from tests.report.hostile import NAMES, named

UNIT = re.compile(r"\[[^\]]+\]|Number of")
WITHOUT_AXES = ("map", "flow")  # each number stands there with its unit


@pytest.mark.parametrize("name", [name for name in figures if name not in WITHOUT_AXES])
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


def test_the_map_names_regions_with_servers_and_intensity(week: Plan):
    (axes,) = figures["map"](week).axes
    words = [text.get_text().replace("\u00a0", " ") for text in axes.texts]
    assert words[:2] == ["us-east-virginia", "21 servers, 368 g/kWh"]
    assert words[-2:] == ["us-central-iowa", "no servers, 450 g/kWh"]


def test_labels_on_the_map_do_not_cover_each_other(week: Plan):
    figure = figures["map"](week)
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    labels = [Bbox.union(lines) for lines in zip(boxes[::2], boxes[1::2], strict=True)]
    assert not any(a.overlaps(b) for a, b in itertools.combinations(labels, 2))


def test_discs_are_as_large_as_fleets(week: Plan):
    sizes = [one.get_sizes()[0] for one in figures["map"](week).axes[0].collections]
    assert sizes[1] / sizes[0] == pytest.approx(16 / 21)


def test_bands_carry_all_carbon_once_on_either_side(week: Plan):
    table = numbers["flow"](week)
    assert table.header == ("from", "region", "owed to", "Carbon [kgCO2e]")
    assert sum(row[-1] for row in table.rows) == pytest.approx(week.impacts["carbon"].value)
    bands = [patch for patch in figures["flow"](week).axes[0].patches if patch.get_alpha()]
    heights = [
        patch.get_path().vertices[4, 1] - patch.get_path().vertices[3, 1] for patch in bands
    ]
    assert sum(heights) == pytest.approx(2 * FLOW_IN)


def test_small_parts_of_a_flow_are_drawn_together():
    regions = {f"region-{i:02}": (0.1 + i / 100, 0.1, 1.1, 3) for i in range(14)}
    plan = example_plan(24, regions=regions)
    shown = {row[1] for row in numbers["flow"](plan).rows}
    assert len(shown) == 9
    assert any(re.fullmatch(r"[2-6] more", name) for name in shown)


def test_a_plan_that_emits_less_than_nothing_has_no_flow(week: Plan):
    data = week.data.assign(served_impact=-week.data["served_impact"])
    plan = Plan(week.scenario_name, data, week.impacts, week.summary)
    assert "no flow to draw" in svg(figures["flow"](plan))
    assert numbers["flow"](plan).rows == ()


@pytest.mark.parametrize("name", list(figures))
def test_numbers_are_what_is_drawn(week: Plan, name: str):
    table = numbers[name](week)
    assert table.rows
    assert all(len(row) == len(table.header) for row in table.rows)
    text = numbers_csv(table)
    assert len(text.splitlines()) == len(table.rows) + 1
    assert text.isascii()


def test_numbers_of_bars_are_their_lengths(week: Plan):
    table = numbers["fleet"](week)
    axes = figures["fleet"](week).axes[0]
    drawn = sorted(bar.get_width() for bar in axes.patches if bar.get_alpha() is not None)
    assert sorted(row[-1] for row in table.rows) == [width for width in drawn if width]


def test_numbers_of_the_week_are_its_steps():
    plan = example_plan(960)
    rows = [row for row in numbers["week"](plan).rows if row[0].startswith("Carbon")]
    assert len(rows) == 6 * 40
    first = float(plan.data["intensity_kgco2e_per_kwh"][0, :24].mean() * 1000)
    assert rows[0][2:] == (0.0, "2024-04-15T00:00:00Z", 24.0, pytest.approx(first))


def test_plans_are_compared_by_what_is_minimised(week: Plan):
    table = numbers["baselines"](week)
    assert [row[0] for row in table.rows[::2]] == ["This plan", "No shift", "Cost-optimal"]
    energy = {**week.summary, "objective": {"impact": "energy", "unit": "kWh", "value": 1.0}}
    other = Plan(week.scenario_name, week.data, week.impacts, energy)
    assert numbers["baselines"](other).header[-1] == "Energy over the horizon [MWh]"


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_hostile_names_are_inert_in_csv(name: str):
    for table_of in numbers.values():
        rows = list(csv.reader(io.StringIO(numbers_csv(table_of(named(name))))))
        assert len({len(row) for row in rows}) == 1
        assert not any(
            cell.startswith(("=", "+", "@", "\t", "\r")) for row in rows for cell in row
        )


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
    assert all(not table_of(bare).rows for table_of in numbers.values())


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
