"""Where regions lie, the frame around them, and an explanation that joins the report."""

from __future__ import annotations

import copy
import json
from dataclasses import replace

import pytest

from carbonplan.errors import InvalidInput
from carbonplan.plan import Plan
from carbonplan.report import html, text
from carbonplan.report.explained import with_explanation
from carbonplan.report.figures.land import LEAST_SPAN_DEG, frame_around
from carbonplan.report.places import places


def test_places_are_those_that_the_plan_knows(week: Plan):
    found = places(week)
    assert [one.region for one in found][:2] == ["us-east-virginia", "us-west-oregon"]
    assert sum(one.servers for one in found) == week.data["servers"].sum()
    stated = copy.deepcopy(dict(week.summary["places"]))
    stated["us-west-oregon"] = {"latitude_deg": None, "longitude_deg": -121}
    stated["us-central-iowa"] = "nowhere"
    known = {one.region for one in places(replace(week, summary={"places": stated}))}
    assert known == set(stated) - {"us-west-oregon", "us-central-iowa"}


def test_without_places_there_is_no_map(week: Plan):
    bare = replace(week, summary={**week.summary, "places": None})
    assert places(bare) == []
    assert "map-caption" not in html(bare, {})


@pytest.mark.parametrize(
    ("latitudes", "longitudes"),
    [
        ((39.0,), (-77.0,)),
        ((45.6, 33.4, 40.7), (-121.2, -112.1, -74.0)),
        ((-33.9, 59.3, 35.7), (18.4, 18.1, 139.7)),
        ((64.0, 60.0), (-179.0, 179.0)),
        ((-89.0, 89.0), (0.0, 1.0)),
    ],
)
def test_the_frame_holds_every_place_with_room_around_it(latitudes, longitudes):
    frame = frame_around(latitudes, longitudes)
    inside = [
        frame.south_deg <= place <= frame.north_deg for place in latitudes if abs(place) < 60
    ]
    assert all(inside)
    assert frame.west_deg < min(longitudes) <= max(longitudes) < frame.east_deg
    assert frame.east_deg - frame.west_deg <= 360
    assert frame.north_deg - frame.south_deg >= min(LEAST_SPAN_DEG, 24)
    assert 0.2 < frame.shape < 1.5


EXPLANATION = {
    "scenario": "demo-week",
    "horizon_hours": 168.0,
    "horizons_per_year": 52.0,
    "choice": [{"sku": "h100-sxm-8", "region": "us-west-oregon"}],
    "limits": None,
    "flips": None,
    "why": [],
    "why_not": [],
    "not_reached": [],
}


@pytest.fixture
def explanation(week: Plan) -> dict[str, object]:
    return {**EXPLANATION, "objective": {**week.summary["objective"], "bound": 1.0}}


def test_an_explanation_becomes_a_section(week: Plan, explanation, tmp_path):
    path = tmp_path / "explanation.json"
    path.write_text(json.dumps(explanation))
    assert "WHY THIS PLAN" in text(with_explanation(week, path))
    assert "WHY THIS PLAN" not in text(week)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"scenario": "another"}, "does not explain this plan"),
        ({"objective": {"impact": "carbon", "value": 1.0}}, "does not explain this plan"),
        ({"limits": 3}, "not as explain --out writes it"),
        ({"why": [{}]}, "not as explain --out writes it"),
    ],
)
def test_what_is_no_explanation_of_the_plan_is_refused(
    week: Plan, explanation, tmp_path, change, problem
):
    path = tmp_path / "explanation.json"
    path.write_text(json.dumps({**explanation, **change}))
    with pytest.raises(InvalidInput, match=problem):
        with_explanation(week, path)


def test_what_is_no_json_is_refused(week: Plan, tmp_path):
    path = tmp_path / "explanation.json"
    path.write_text("{")
    with pytest.raises(InvalidInput, match="not valid JSON"):
        with_explanation(week, path)
