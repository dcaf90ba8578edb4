import numpy as np
import pytest

from carbonplan.catalogue import parquet
from carbonplan.catalogue.series import read_series
from carbonplan.errors import InvalidInput

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


def written(folder, zone="UTC", name="time_utc", **columns):
    times = np.arange("2022-01-01T00", "2022-01-01T03", dtype="datetime64[h]")
    clock = pa.array(times.astype("datetime64[ms]"), pa.timestamp("ms", tz=zone))
    path = folder / "series.parquet"
    pq.write_table(pa.table({name: clock, **columns}), path)
    return path


def problems(path):
    with pytest.raises(InvalidInput) as caught:
        read_series(path)
    return caught.value.problems


def test_parquet_reads_like_csv(tmp_path):
    series = read_series(written(tmp_path, north=[1, 2, 3], south=[0.5, 1.5, 2.5]))
    assert series.sel(column="north").values.tolist() == [1, 2, 3]
    assert series["time_utc"].values[2] == np.datetime64("2022-01-01T02:00")


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_times_are_in_utc(tmp_path, zone):
    assert "time zone UTC" in problems(written(tmp_path, zone=zone, a=[1, 2, 3]))[0]


def test_a_null_is_no_number(tmp_path):
    assert problems(written(tmp_path, a=[1.0, None, 3.0])) == ("row 2, a: no finite number",)


def test_text_is_no_number(tmp_path):
    assert "expected numbers" in problems(written(tmp_path, a=["1", "2", "3"]))[0]


def test_the_footer_is_weighed_before_anything_is_read(tmp_path, monkeypatch):
    path = written(tmp_path, a=[1, 2, 3])
    monkeypatch.setattr(parquet, "LIMIT_CELLS", 5)
    monkeypatch.setattr(pq, "read_table", lambda _: pytest.fail("read before it was weighed"))
    assert "3 rows x 2 columns" in problems(path)[0]


def test_a_torn_file(tmp_path):
    path = written(tmp_path, a=[1, 2, 3])
    path.write_bytes(path.read_bytes()[:-20])
    assert "not a whole Parquet file" in problems(path)[0]


def test_a_missing_file(tmp_path):
    assert "does not exist" in problems(tmp_path / "series.parquet")[0]
