import numpy as np
import pytest

from carbonplan.catalogue.series import read_series
from carbonplan.prepare.generation_mix import (
    fuel_factors,
    read_mix,
    week_of,
    weighted_by_generation,
    write_series,
)


def test_a_mean_weighted_by_generation():
    generation_mw = np.array([[1.0, 3.0], [2.0, 0.0]])
    assert weighted_by_generation(generation_mw, np.array([820.0, 20.0])).tolist() == [220, 820]


def test_factors_of_the_catalogue():
    factors = fuel_factors()
    assert factors["coal"].lifecycle_gco2e_per_kwh == 820
    assert factors["wind"].water_l_per_kwh == 0
    for factor in factors.values():
        assert 11 <= factor.lifecycle_gco2e_per_kwh <= 820


def test_a_week_of_two_zones_as_a_series_of_regions(tmp_path):
    mix_file = tmp_path / "mix.csv"
    times = np.datetime64("2022-01-01T00:00", "m") + 60 * np.arange(24 * 9)
    rows = [f"{z},{t}Z,{i},{100 + j}" for j, z in enumerate("AB") for i, t in enumerate(times)]
    mix_file.write_text("\n".join(["zone_id,time_utc,wind_mw,gas_mw", *rows]) + "\n")
    mix = read_mix(mix_file, ("wind", "gas"))
    start = np.datetime64("2022-01-02T00:00", "m")
    hours, columns = week_of(mix, {"east": "B", "west": "A"}, np.array([10.0, 500.0]), start)
    assert (len(hours), hours[0]) == (168, start)
    assert columns["west"][0] == pytest.approx((24 * 10 + 100 * 500) / 124)
    write_series(hours, columns, tmp_path / "week.csv", 3)
    series = read_series(tmp_path / "week.csv")
    assert series.sel(column="east").values == pytest.approx(columns["east"], abs=1e-3)


def test_a_gap_is_written_as_an_empty_cell(tmp_path):
    path = tmp_path / "series.csv"
    times = np.array(["2022-01-01T00:00"], "datetime64[m]")
    write_series(times, {"a": np.array([np.nan]), "b": np.array([1.0])}, path, 1)
    assert path.read_text() == "time_utc,a,b\n2022-01-01T00:00Z,,1.0\n"
