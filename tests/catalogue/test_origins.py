"""What lies beside a series about where it comes from reaches the plan."""

import hashlib
import json

import pytest

from carbonplan.api import load
from carbonplan.catalogue.inputs import InputFile
from carbonplan.catalogue.origins import series_notes

PATH = ("series", "intensity_g_per_kwh")


@pytest.fixture
def noted(tmp_path):
    """The notes of a series with an origin beside it."""
    file = tmp_path / "grid.csv"
    file.write_text("time_utc,eu\n2025-01-01T00:00Z,100\n")
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()

    def notes(origin: object) -> tuple[str, ...]:
        text = origin if isinstance(origin, str) else json.dumps({"sha256": sha256} | origin)
        file.with_name("grid.csv.meta.json").write_text(text)
        return series_notes({PATH: file}, (InputFile(file, sha256),))

    return notes


def test_estimated_and_filled_hours_are_told(noted):
    column = {"share_estimated": 0.125, "filled": ["2025-01-01T03:00Z"]}
    found = noted({"label": "A provider", "fill": "linear", "columns": {"eu": column}})
    assert found == (
        "series.intensity_g_per_kwh: 12.5% of the hours of eu are estimates of A provider",
        "series.intensity_g_per_kwh: hours of eu that were filled (linear): 1",
    )


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "[1]",
        "{" * 100_000,
        {"sha256": "of another file", "columns": {"eu": {"share_estimated": 0.5}}},
        {"columns": {"eu": {"share_estimated": 0, "filled": []}}},
        {"columns": ["eu"]},
        {"columns": {"eu": 3}},
    ],
)
def test_what_says_nothing_of_this_series_is_left_alone(noted, origin):
    assert noted(origin) == ()


def test_signs_that_act_do_not(noted):
    found = noted({"label": "\x1b[31m", "columns": {"e\u202eu": {"share_estimated": 1.0}}})
    assert all(text.isprintable() for text in found)


def test_a_plan_carries_the_note(tmp_path):
    """The one-hour scenario with its own series, and an origin beside it."""
    from carbonplan.catalogue.shipped import scenarios_root

    shipped = scenarios_root()
    (tmp_path / "series").mkdir()
    series = tmp_path / "series" / "one-hour-intensity.csv"
    series.write_bytes((shipped / "series" / "one-hour-intensity.csv").read_bytes())
    scenario = tmp_path / "one-hour.yaml"
    scenario.write_bytes((shipped / "one-hour.yaml").read_bytes())
    origin = {
        "sha256": hashlib.sha256(series.read_bytes()).hexdigest(),
        "label": "Electricity Maps",
        "columns": {"aws-us-east-1": {"share_estimated": 0.25}},
    }
    series.with_name(series.name + ".meta.json").write_text(json.dumps(origin))
    (note,) = load(scenario).inputs().notes
    assert "25.0% of the hours of aws-us-east-1 are estimates of Electricity Maps" in note
