import numpy as np
import pytest

from carbonplan.catalogue.series import read_series
from carbonplan.errors import InvalidInput
from carbonplan.prepare.hourly import common_span, renamed, write_series, zone_of_region
from carbonplan.prepare.zones import ZoneHours

NAN = np.nan


def hours(**columns):
    count = len(next(iter(columns.values())))
    times = np.datetime64("2022-01-01T00:00", "m") + 60 * np.arange(count)
    return ZoneHours(times, {name: np.array(v)[:, None] for name, v in columns.items()})


def test_a_series_of_regions_is_read_back(tmp_path):
    regions = renamed(hours(A=[1.0, 2.0], B=[3.0, 4.0]), {"east": "B", "west": "B"})
    write_series(regions, tmp_path / "series.csv")
    series = read_series(tmp_path / "series.csv")
    assert series["column"].values.tolist() == ["east", "west"]
    assert series.sel(column="west").values.tolist() == [3, 4]


def test_a_gap_is_written_as_an_empty_cell(tmp_path):
    path = tmp_path / "series.csv"
    write_series(hours(a=[NAN], b=[1.0]), path, 1)
    assert path.read_text() == "time_utc,a,b\n2022-01-01T00:00Z,,1.0\n"


def test_without_regions_zones_keep_their_names():
    zones = hours(A=[1.0])
    assert renamed(zones, {}) is zones


def test_an_unknown_zone_tells_the_nearest():
    with pytest.raises(
        InvalidInput, match='zone "US-NYIS" is not in the file; nearest: "US-NY-'
    ):
        renamed(hours(**{"US-NY-NYIS": [1.0]}), {"colo-new-york": "US-NYIS"})


def test_the_common_span_ends_where_the_first_zone_ends():
    common = common_span(hours(A=[NAN, 1.0, NAN, 3.0, 4.0], B=[0.0, 1.0, 2.0, 3.0, NAN]))
    assert common.times[0] == np.datetime64("2022-01-01T01:00")
    assert common.values["B"].ravel().tolist() == [1, 2, 3]
    assert np.isnan(common.values["A"][1, 0])


@pytest.mark.parametrize("column", [[NAN, NAN], [NAN, 1.0]])
def test_no_common_hour(column):
    with pytest.raises(InvalidInput, match="hour"):
        common_span(hours(A=[1.0, NAN], B=column))


def test_pairs_of_region_and_zone():
    assert zone_of_region(["a=X", "b=X"]) == {"a": "X", "b": "X"}
    with pytest.raises(InvalidInput) as caught:
        zone_of_region(["a", "b=X", "b=Y"])
    assert caught.value.problems == ('found "a"; expected REGION=ZONE', 'region "b" twice')
