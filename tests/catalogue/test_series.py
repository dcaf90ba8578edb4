import gzip

import numpy as np
import pytest

from carbonplan.catalogue.series import columns_of, read_series, values_at
from carbonplan.errors import InvalidInput

HOURS = ("2022-01-01T00:00Z", "2022-01-01T01:00Z", "2022-01-01T02:00Z")


def written(folder, *lines, name="series.csv"):
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def good(folder, name="series.csv"):
    rows = [f"{time},{hour},{10 * hour}.5" for hour, time in enumerate(HOURS)]
    return written(folder, "time_utc,north,south", *rows, name=name)


def problems(path):
    with pytest.raises(InvalidInput) as caught:
        read_series(path)
    assert caught.value.exit_code == 3
    return caught.value.problems


def test_values_come_by_hour_and_column(tmp_path):
    series = read_series(good(tmp_path))
    assert series.dims == ("time_utc", "column")
    assert series.sel(column="south").values.tolist() == [0.5, 10.5, 20.5]
    assert series["time_utc"].values[1] == np.datetime64("2022-01-01T01:00")


def test_seconds_blanks_and_an_explicit_offset_of_zero_are_utc_too(tmp_path):
    times = ("2022-01-01T00:00:00Z", "2022-01-01 01:00:00+00:00", " 2022-01-01T02:00:00.000Z ")
    series = read_series(written(tmp_path, "time_utc,a", *(f"{t}, 1" for t in times)))
    assert series.values.ravel().tolist() == [1, 1, 1]


def test_gzip_and_byte_order_mark(tmp_path):
    text = good(tmp_path).read_bytes()
    path = tmp_path / "series.csv.gz"
    path.write_bytes(gzip.compress(b"\xef\xbb\xbf" + text))
    assert read_series(path).shape == (3, 2)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2022-01-01T01:00", "ends in Z"),
        ("2022-01-01T01:00+01:00", "ends in Z"),
        ("2022-01-01T01:30:15Z", "UTC by the minute"),
        ("01/02/2026", "ISO 8601"),
        ("1.2.2026 01:00", "ISO 8601"),
        ("2022-02-30T01:00Z", "no such time"),
        ("", "ISO 8601"),
    ],
)
def test_a_time_is_iso_8601_in_utc(tmp_path, cell, expected):
    path = written(tmp_path, "time_utc,a", f"{HOURS[0]},1", f"{cell},1")
    (problem,) = problems(path)
    assert problem.startswith("line 3: ")
    assert expected in problem


@pytest.mark.parametrize(
    "cell", ["", "NA", "nan", "inf", "-inf", "1e400", "1_000", "0x1p3", "1 000"]
)
def test_a_value_is_a_finite_number(tmp_path, cell):
    path = written(tmp_path, "time_utc,a", f"{HOURS[0]},1", f"{HOURS[1]},{cell}")
    (problem,) = problems(path)
    assert problem.startswith("line 3, a: ")
    assert "finite number" in problem


def test_a_decimal_comma_is_a_field_too_many(tmp_path):
    (problem,) = problems(written(tmp_path, "time_utc,a", f"{HOURS[0]},1,5"))
    assert "3 fields found, 2 expected" in problem
    assert "decimal point" in problem


def test_semicolons_are_named(tmp_path):
    path = written(tmp_path, "time_utc;a", f"{HOURS[0]};1.5")
    assert problems(path) == ("line 1: columns are separated by semicolons; expected commas",)


def test_only_the_first_wrong_cells_are_told_and_the_rest_counted(tmp_path):
    rows = [f"2022-01-01T{hour:02d}:00Z,x" for hour in range(20)]
    told = problems(written(tmp_path, "time_utc,a", *rows))
    assert len(told) == 6
    assert told[-1] == "and 15 more like these"


def test_times_and_values_are_told_together(tmp_path):
    told = problems(written(tmp_path, "time_utc,a", "noon,1", f"{HOURS[0]},x"))
    assert len(told) == 2


def test_a_gap_is_named_with_its_length(tmp_path):
    path = written(tmp_path, "time_utc,a", f"{HOURS[0]},1", "2022-01-01T04:00Z,1")
    assert problems(path) == (
        "line 3: no value for 2022-01-01T01:00Z; 3 hours are missing before 2022-01-01T04:00Z",
    )


def test_a_repeated_hour_and_one_out_of_order(tmp_path):
    path = written(tmp_path, "time_utc,a", *(f"{HOURS[i]},1" for i in (0, 0, 2, 1)))
    told = problems(path)
    assert told[0] == "line 3: 2022-01-01T00:00Z stands twice"
    assert "2022-01-01T01:00Z comes after 2022-01-01T02:00Z" in told[-1]


@pytest.mark.parametrize("minutes", [15, 30])
def test_another_resolution_is_named(tmp_path, minutes):
    times = np.datetime64("2022-01-01T00:00", "m") + minutes * np.arange(8)
    path = written(tmp_path, "time_utc,a", *(f"{time}Z,1" for time in times))
    assert problems(path) == (
        f"rows are {minutes} minutes apart; expected one row for every hour",
    )


def test_summer_time_in_utc_has_no_gap(tmp_path):
    times = np.datetime64("2022-03-27T00:00", "m") + 60 * np.arange(24)
    path = written(tmp_path, "time_utc,a", *(f"{time}Z,1" for time in times))
    assert len(read_series(path)) == 24


def test_a_leap_day_is_a_day(tmp_path):
    times = np.datetime64("2024-02-28T00:00", "m") + 60 * np.arange(72)
    path = written(tmp_path, "time_utc,a", *(f"{time}Z,1" for time in times))
    assert np.datetime64("2024-02-29T12:00") in read_series(path)["time_utc"].values


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("time,a", 'column "time_utc" is missing; nearest: "time"'),
        ("time_utc,a,a", 'column "a" stands twice'),
        ("time_utc,a,", "a column without a name"),
        ("time_utc", "no column beside"),
    ],
)
def test_headers(tmp_path, header, expected):
    row = ",".join([HOURS[0], *("1" for _ in header.split(",")[1:])])
    assert any(expected in problem for problem in problems(written(tmp_path, header, row)))


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"time_utc,a\n", b"time_utc,a\n\xff,1\n", b"\0"]
)
def test_files_that_hold_no_series(tmp_path, content):
    path = tmp_path / "series.csv"
    path.write_bytes(content)
    assert problems(path)


@pytest.mark.parametrize("name", ["series.nc", "series.h5", "series.zip", "series"])
def test_other_formats_are_not_read(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"\x89HDF\r\n\x1a\n")
    assert ".csv, .csv.gz or .parquet" in problems(path)[0]


def test_columns_meet_by_name(tmp_path):
    path = good(tmp_path)
    series = columns_of(read_series(path), ["south"], ["north"], path)
    assert series["column"].values.tolist() == ["south"]


def test_a_missing_column_tells_the_nearest_unknown_one(tmp_path):
    path = good(tmp_path)
    with pytest.raises(InvalidInput) as caught:
        columns_of(read_series(path), ["norths", "south"], [], path)
    assert caught.value.problems == (
        'column "norths" is missing; nearest: "north"',
        'line 1: unknown column "north"; nearest: "norths"',
    )


def test_hours_that_are_not_held_are_counted(tmp_path):
    path = good(tmp_path)
    times = np.datetime64("2022-01-01T01:00", "ns") + np.arange(4) * np.timedelta64(1, "h")
    with pytest.raises(InvalidInput) as caught:
        values_at(read_series(path), times, path)
    assert caught.value.problems == (
        "no value for 2022-01-01T03:00Z; the horizon needs 4 hours, 2 found",
    )
