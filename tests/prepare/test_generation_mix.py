import numpy as np
import pytest

from carbonplan.errors import InvalidInput
from carbonplan.prepare.generation_mix import (
    fuel_gco2e_per_kwh,
    fuel_water_l_per_kwh,
    of_mix,
    weighted_by_generation,
)


def test_a_mean_weighted_by_generation():
    generation_mw = np.array([[1.0, 3.0], [2.0, 0.0]])
    assert weighted_by_generation(generation_mw, np.array([820.0, 20.0])).tolist() == [220, 820]


def test_an_hour_without_generation_has_no_mean():
    generation_mw = np.array([[0.0, 0.0], [np.nan, 1.0]])
    assert np.isnan(weighted_by_generation(generation_mw, np.array([820.0, 20.0]))).all()


def test_half_coal_half_wind():
    water = fuel_water_l_per_kwh("macknick-2012")
    factors = np.array([water["coal"], water["wind"]])
    assert weighted_by_generation(np.array([[2.0, 2.0]]), factors) == pytest.approx([1.703 / 2])


def test_factors_of_the_catalogue():
    carbon, water = fuel_gco2e_per_kwh(), fuel_water_l_per_kwh("macknick-2012")
    assert carbon["coal"] == 820
    assert water["wind"] == 0
    assert carbon.keys() == water.keys()
    assert all(11 <= gco2e <= 820 for gco2e in carbon.values())


def test_the_sets_of_water_factors_differ_over_hydropower_alone():
    with_reservoirs, without = (
        fuel_water_l_per_kwh("macknick-2012"),
        fuel_water_l_per_kwh("ren-2023"),
    )
    assert {fuel for fuel in without if without[fuel] != with_reservoirs[fuel]} == {"hydro"}
    assert (with_reservoirs["hydro"], without["hydro"]) == (17.0, 0.0)


def test_factors_by_fuel_are_those_published_in_gallons():
    l_per_kwh_per_gallon_per_mwh = 3.785411784e-3
    gallons = {"coal": 450, "gas": 300, "nuclear": 600, "oil": 350, "other": 475, "hydro": 4491}
    water = fuel_water_l_per_kwh("macknick-2012")
    for fuel, gallons_per_mwh in gallons.items():
        expected = gallons_per_mwh * l_per_kwh_per_gallon_per_mwh
        assert water[fuel] == pytest.approx(expected, abs=6e-4), fuel


def test_an_unknown_set_tells_the_nearest():
    with pytest.raises(InvalidInput, match='nearest: "ren-2023"'):
        fuel_water_l_per_kwh("ren-2024")


def test_the_mix_of_two_zones_hour_by_hour(tmp_path):
    path = tmp_path / "mix.csv"
    path.write_text(
        "zone_id,time_utc,wind_mw,gas_mw\n"
        "A,2022-01-01T00:00Z,1,3\nA,2022-01-01T01:00Z,,\n"
        "B,2022-01-01T00:00Z,5,0\nB,2022-01-01T01:00Z,0,5\n"
    )
    hours = of_mix(path, {"wind": 10.0, "gas": 500.0})
    assert hours.values["A"][0] == pytest.approx([377.5])
    assert np.isnan(hours.values["A"][1])
    assert hours.values["B"].ravel().tolist() == [10, 500]
