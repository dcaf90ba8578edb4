import numpy as np
import pytest

from carbonplan.errors import InvalidInput
from carbonplan.prepare.zones import Columns, filled, joined, read_zones


def hours(count, start="2022-01-01T00:00"):
    return [f"{t}Z" for t in np.datetime64(start, "m") + 60 * np.arange(count)]


def wide(folder, name="wide.csv", zones="north,south", count=72, start="2022-01-01T00:00"):
    rows = [f"{t},{i},{2 * i}" for i, t in enumerate(hours(count, start))]
    path = folder / name
    path.write_text("\n".join([f"time_utc,{zones}", *rows]) + "\n")
    return path


def test_a_wide_file(tmp_path):
    found = read_zones(wide(tmp_path))
    assert list(found.values) == ["north", "south"]
    assert found.values["south"][:3, 0].tolist() == [0, 2, 4]


def test_a_long_file_is_known_by_its_zone_column(tmp_path):
    path = tmp_path / "long.csv"
    rows = [f"NA,{t},x,{i}" for i, t in enumerate(hours(3))]
    path.write_text("\n".join(["zone_id,time_utc,note,g_per_kwh", *reversed(rows)]) + "\n")
    found = read_zones(path)
    assert found.values["NA"][:, 0].tolist() == [0, 1, 2]


def test_several_columns_of_a_long_file(tmp_path):
    path = tmp_path / "mix.csv"
    path.write_text("zone_id,time_utc,wind_mw,gas_mw\nA,2022-01-01T00:00Z,1,2\n")
    found = read_zones(path, Columns("zone_id", ("gas_mw", "wind_mw")))
    assert found.values["A"].tolist() == [[2, 1]]


def test_missing_rows_and_empty_cells_are_gaps(tmp_path):
    path = wide(tmp_path)
    lines = path.read_text().splitlines()
    lines[6] = lines[6].rsplit(",", 1)[0] + ","  # 05:00, south
    del lines[31]  # 2022-01-02T06:00
    path.write_text("\n".join(lines) + "\n")
    found = read_zones(path)
    assert np.isnan(found.values["south"][5, 0])
    assert np.isnan(found.values["north"][30, 0])
    with pytest.raises(InvalidInput, match="no value for 2022-01-02T06:00Z and 0 hours after"):
        filled(found, 0)
    whole, counts = filled(found, 1)
    assert counts == {"north": 1, "south": 2}
    assert whole.values["north"][30, 0] == pytest.approx((6 + 54) / 2)
    assert whole.values["south"][5, 0] == 2 * 29  # no day before: that of the day after


def test_an_hour_that_stands_twice(tmp_path):
    path = wide(tmp_path)
    path.write_text(path.read_text() + "2022-01-01T04:00Z,1,1\n")
    with pytest.raises(InvalidInput, match="2022-01-01T04:00Z stands twice"):
        read_zones(path)


def test_rows_between_the_hours(tmp_path):
    path = wide(tmp_path)
    path.write_text(path.read_text() + "2022-01-04T00:30Z,1,1\n")
    with pytest.raises(InvalidInput, match="no whole hours apart"):
        read_zones(path)


def test_files_side_by_side_cover_the_same_hours(tmp_path):
    first = wide(tmp_path)
    assert len(joined([first, wide(tmp_path, "b.csv", "east,west")]).values) == 4
    with pytest.raises(InvalidInput, match='zone "north" is in an earlier file too'):
        joined([first, wide(tmp_path, "c.csv", "north,west")])
    late = wide(tmp_path, "d.csv", "east,west", start="2022-01-02T00:00")
    with pytest.raises(InvalidInput, match="covers 2022-01-02T00:00Z to 2022-01-04T23:00Z"):
        joined([first, late])


def test_a_file_without_times(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("time,a\n2022-01-01T00:00Z,1\n")
    with pytest.raises(InvalidInput, match='column "time_utc" is missing; nearest: "time"'):
        read_zones(path)


def test_a_misspelt_century_is_not_laid_out_hour_by_hour(tmp_path):
    path = wide(tmp_path)
    path.write_text(path.read_text() + "2922-01-04T00:00Z,1,1\n")
    with pytest.raises(InvalidInput, match="to 2922-01-04T00:00Z; at most 20 years"):
        read_zones(path)


def test_an_hour_of_the_day_that_is_always_missing(tmp_path):
    path = tmp_path / "x.csv"
    cells = ("" if i % 24 == 5 else "1" for i in range(48))
    rows = [f"{t},{cell}" for t, cell in zip(hours(48), cells, strict=True)]
    path.write_text("\n".join(["time_utc,a", *rows]) + "\n")
    with pytest.raises(InvalidInput, match="no day has a value for"):
        filled(read_zones(path), 24)
