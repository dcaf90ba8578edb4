from datetime import UTC, datetime

import numpy as np
import pytest

from carbonplan.catalogue.horizon import (
    consecutive_slots,
    read_typical_days,
    typical_days_file,
    typical_slots,
)
from carbonplan.catalogue.shipped import data_root
from carbonplan.errors import InvalidInput
from carbonplan.scenario.schema import Horizon

START = datetime(2022, 2, 21, tzinfo=UTC)


def days_file(
    folder, dates=("2022-01-10", "2022-07-10"), weights=(300, 65), zones="north,south"
):
    lines = [f"time_utc,weight,{zones}"]
    for date, weight in zip(dates, weights, strict=True):
        for hour in range(24):
            lines.append(f"{date}T{hour:02d}:00Z,{weight},{hour},{100 + hour}")
    path = folder / "my-days.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_cyclic_run_of_hours():
    slots = consecutive_slots(Horizon(start=START, hours=3))
    assert (
        slots.time_utc.tolist()
        == (
            np.datetime64("2022-02-21T00", "ns") + np.arange(3) * np.timedelta64(1, "h")
        ).tolist()
    )
    assert slots.previous.tolist() == [2, 0, 1]
    assert slots.weight.tolist() == [1, 1, 1]
    assert slots.run.tolist() == [0, 0, 0]


def test_a_closed_run_of_hours_begins_with_nothing():
    slots = consecutive_slots(Horizon(start=START, hours=3, ends="closed"))
    assert slots.previous.tolist() == [-1, 0, 1]


def test_typical_days_are_runs_of_their_own(tmp_path):
    days = read_typical_days(days_file(tmp_path))
    slots = typical_slots(days, Horizon(typical_days="my-days"))
    assert days.zones == ("north", "south")
    assert days.values[1, 5].tolist() == [5, 105]
    assert (slots.previous[0], slots.previous[24], slots.previous[25]) == (23, 47, 24)
    assert (slots.weight * slots.slot_hours).sum() == 365 * 24
    assert slots.run[[0, 23, 24, 47]].tolist() == [0, 0, 1, 1]
    assert slots.time_utc[24] == np.datetime64("2022-07-10T00")


def test_closed_typical_days_each_begin_with_nothing(tmp_path):
    days = read_typical_days(days_file(tmp_path))
    slots = typical_slots(days, Horizon(typical_days="my-days", ends="closed"))
    assert slots.previous[[0, 24]].tolist() == [-1, -1]


def test_the_shipped_year_has_365_days_of_37_zones():
    days = read_typical_days(typical_days_file("typical-days-2022", data_root()))
    assert days.weight.sum() == 365
    assert days.values.shape == (12, 24, 37)


def test_a_table_beside_the_scenario_comes_first(tmp_path):
    path = days_file(tmp_path)
    assert typical_days_file("my-days", tmp_path) == path


def test_an_unknown_table_tells_the_nearest(tmp_path):
    with pytest.raises(InvalidInput, match='nearest: "typical-days-2022"'):
        typical_days_file("typical-days-22", tmp_path)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda lines: lines[:-1], "47 rows; expected 24 for each day"),
        (lambda lines: [*lines[:-1], lines[-1].replace("T23", "T22")], "24 hours of a day"),
        (lambda lines: [*lines[:-1], lines[-1].replace(",65,", ",66,")], "one weight"),
        (lambda lines: [line.replace(",65,", ",0,") for line in lines], "one weight above 0"),
        (
            lambda lines: [lines[0].replace("weight", "weights"), *lines[1:]],
            'nearest: "weights"',
        ),
    ],
)
def test_days_are_whole(tmp_path, change, expected):
    path = days_file(tmp_path)
    path.write_text("\n".join(change(path.read_text().splitlines())) + "\n")
    with pytest.raises(InvalidInput, match=expected):
        read_typical_days(path)


def test_neither_hours_nor_days():
    with pytest.raises(InvalidInput, match="start and hours, or typical_days"):
        consecutive_slots(Horizon())
