from pathlib import Path

import numpy as np
import pytest

from carbonplan.catalogue.horizon import TypicalDays
from carbonplan.errors import InvalidInput
from carbonplan.prepare.same_days import same_days
from carbonplan.prepare.typical_days import Days, read_days

DATES = np.arange("2021-12-30", "2022-01-04", dtype="datetime64[D]")


def year(values):
    """Five days around New Year of one zone, each flat at its value."""
    flat = np.repeat(np.array(values, dtype=float), 24).reshape(-1, 24, 1)
    return Days(DATES, ("north",), flat, {})


def chosen(*dates, weight=(1.0, 2.0)):
    nothing = np.zeros((len(dates), 24, 0))
    days = np.array(dates, dtype="datetime64[D]")
    return TypicalDays(Path("days.csv"), days, np.array(weight), (), nothing)


def test_chosen_days_keep_the_mean_of_their_own_year():
    made = same_days(year([100, 100, 1, 2, 6]), chosen("2022-01-01", "2022-01-03"))
    # mean of 2022 is 3; the chosen ones have (1 + 2 · 6) / 3
    assert made.values[:, 0, 0] == pytest.approx(np.array([1, 6]) * 3 / (13 / 3))
    assert made.weight.tolist() == [1, 2]


def test_the_level_of_another_year():
    days = year([20, 40, 1, 2, 6])
    made = same_days(days, chosen("2022-01-01", "2022-01-03"), level_of_year=2021)
    assert np.average(made.values.mean(axis=1)[:, 0], weights=made.weight) == pytest.approx(30)
    assert made.values[1, 0, 0] / made.values[0, 0, 0] == pytest.approx(6)


def test_a_zone_with_negative_hours_is_shifted():
    made = same_days(year([0, 0, -3, 6, 6]), chosen("2022-01-01", "2022-01-03"))
    assert made.values[1, 0, 0] - made.values[0, 0, 0] == pytest.approx(9)
    assert np.average(made.values.mean(axis=1)[:, 0], weights=made.weight) == pytest.approx(3)


def test_a_day_or_year_that_is_not_there():
    with pytest.raises(InvalidInput, match="no day 2022-02-01"):
        same_days(year([1] * 5), chosen("2022-01-01", "2022-02-01"))
    with pytest.raises(InvalidInput, match="no day of 2023"):
        same_days(year([1] * 5), chosen("2022-01-01", "2022-01-02"), level_of_year=2023)


def test_hours_beside_whole_days_are_left_out_if_asked(tmp_path):
    times = np.datetime64("2022-01-01T22:00", "m") + 60 * np.arange(2 + 24 + 3)
    rows = [f"{time}Z,{i}" for i, time in enumerate(times)]
    path = tmp_path / "series.csv"
    path.write_text("\n".join(["time_utc,north", *rows]) + "\n")
    days = read_days([path], trim=True)
    assert days.dates.tolist() == [np.datetime64("2022-01-02").item()]
    assert days.values[0, [0, -1], 0].tolist() == [2, 25]
    with pytest.raises(InvalidInput, match="expected whole days"):
        read_days([path])
    path.write_text("\n".join(["time_utc,north", *rows[:20]]) + "\n")
    with pytest.raises(InvalidInput, match="no whole day"):
        read_days([path], trim=True)
