"""Slots shorter than an hour, and requests that a file counts by class."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from carbonplan.catalogue.gather import gather
from carbonplan.catalogue.horizon import consecutive_slots, typical_slots
from carbonplan.catalogue.series import read_series, values_at
from carbonplan.errors import InvalidInput
from carbonplan.scenario import load
from carbonplan.scenario.schema import Horizon
from tests.catalogue.test_horizon import days_file, read_typical_days

START = datetime(2022, 2, 21, 0, 30, tzinfo=UTC)
SCENARIO = """\
carbonplan: 1
name: minutes
horizon: {start: 2022-02-21T00:30:00Z, hours: 30 min, slot_hours: 15 min}
signal: {kind: average, scope: location, basis: lifecycle}
regions: [{region: aws-us-east-1}]
series: {intensity_g_per_kwh: intensity.csv}
fleet: {skus: [h100-sxm-8]}
workloads:
  - name: chat
    kind: online
    llm: llama-3.1-8b
    partitions:
      a: [{name: all, input_tokens: 10, output_tokens: 10}]
      b:
        - {name: short, input_tokens: 5, output_tokens: 10}
        - {name: long, input_tokens: 50, output_tokens: 10}
    arrivals: {file: demand.csv, by: class}
    ttft_s: 2.0
    tpot_s: 0.1
objective: {minimise: carbon}
"""
DEMAND = """\
time_utc,a/all,b/long,b/short
2022-02-21T00:30Z,10,4,4
2022-02-21T00:45Z,10,5,15
"""


@pytest.fixture
def minutes(tmp_path):
    """The scenario with hourly intensity and demand by the slot."""
    path = tmp_path / "minutes.yaml"
    path.write_text(SCENARIO)
    (tmp_path / "intensity.csv").write_text("time_utc,aws-us-east-1\n2022-02-21T00:00Z,300\n")
    (tmp_path / "demand.csv").write_text(DEMAND)
    return path


def test_five_minutes_are_a_twelfth_of_an_hour_exactly():
    horizon = Horizon(start=START, hours="30 min", slot_hours="5 min")
    assert (horizon.slot_hours, horizon.hours) == (1 / 12, 0.5)
    slots = consecutive_slots(horizon)
    assert len(slots.time_utc) == 6
    assert slots.time_utc[1] == np.datetime64("2022-02-21T00:35")
    assert float((slots.weight * slots.slot_hours).sum()) == pytest.approx(0.5)


def test_typical_days_of_short_slots_are_as_long(tmp_path):
    days = read_typical_days(days_file(tmp_path))
    slots = typical_slots(days, Horizon(typical_days="my-days", slot_hours=0.25))
    assert float((slots.weight * slots.slot_hours).sum()) == 365 * 24
    assert slots.held(np.arange(48.0))[:5].tolist() == [0, 0, 0, 0, 1]


def test_an_hourly_file_holds_in_every_slot_of_its_hour(tmp_path):
    path = tmp_path / "hours.csv"
    path.write_text("time_utc,a\n2022-01-01T00:00Z,1\n2022-01-01T01:00Z,2\n")
    times = np.datetime64("2022-01-01T00:30", "ns") + 15 * np.arange(4) * np.timedelta64(1, "m")
    assert values_at(read_series(path, 4), times, path).values.ravel().tolist() == [1, 1, 2, 2]


def test_rows_are_hours_or_slots_and_nothing_else(tmp_path):
    path = tmp_path / "rows.csv"
    rows = "".join(f"2022-01-01T00:{minute:02d}Z,1\n" for minute in (0, 10, 20))
    path.write_text(f"time_utc,a\n{rows}")
    assert len(read_series(path, 6)) == 3
    with pytest.raises(InvalidInput, match="10 minutes apart; expected one row for every hour"):
        read_series(path, 12)


def test_a_slot_that_is_not_held_is_named(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("time_utc,a\n2022-01-01T00:00Z,1\n2022-01-01T00:15Z,1\n")
    times = np.datetime64("2022-01-01T00:00", "ns") + 15 * np.arange(4) * np.timedelta64(1, "m")
    with pytest.raises(InvalidInput) as caught:
        values_at(read_series(path, 4), times, path)
    assert caught.value.problems == (
        "no value for 2022-01-01T00:30Z; the horizon needs 4 slots, 2 found",
    )


def test_counted_classes_have_their_share_of_the_larger_partition(minutes):
    inputs = gather(load(minutes))
    series = inputs.series
    assert [one.name for one in inputs.classes] == ["chat/a/all", "chat/b/short", "chat/b/long"]
    assert series["arrivals_rps"].values.ravel().tolist() == [10, 20]
    share = series["share"].transpose("request_class", "slot").values
    assert share == pytest.approx(np.array([[1, 0.5], [0.4, 0.75], [0.4, 0.25]]))


def test_a_class_without_a_column_is_told(minutes):
    file = minutes.parent / "demand.csv"
    file.write_text(DEMAND.replace("b/long", "b/lang"))
    with pytest.raises(InvalidInput, match='column "b/long" is missing; nearest: "b/lang"'):
        gather(load(minutes))


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (", by: class", "", "partitions.a[0].share: is missing"),
        ("file: demand.csv", "mean_rps: 3", "arrivals.by: found class without file"),
        ("    partitions:\n", "    classes: x\n    partitions:\n", "found both"),
        ("name: long", "name: short", '"short" is listed twice'),
    ],
)
def test_what_a_partition_needs(minutes, old, new, line):
    assert old in SCENARIO
    minutes.write_text(SCENARIO.replace(old, new))
    with pytest.raises(InvalidInput) as caught:
        load(minutes)
    assert any(line in problem for problem in caught.value.problems)
