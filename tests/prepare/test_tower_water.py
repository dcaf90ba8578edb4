import numpy as np
import pytest

from carbonplan.errors import InvalidInput
from carbonplan.prepare.tower_water import read_wet_bulb_c, tower_wue_l_per_kwh
from carbonplan.prepare.zones import ZoneHours
from carbonplan.technology.water import wet_bulb_c


def weather(tmp_path, header, *rows):
    path = tmp_path / "weather.csv"
    lines = [f"{place},2022-07-01T{hour:02d}:00Z,{cells}" for place, hour, cells in rows]
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def test_wet_bulb_of_the_hours_that_all_places_have(tmp_path):
    path = weather(
        tmp_path,
        "zone_id,time_utc,wet_bulb_c",
        *[("A", 0, 10), ("A", 1, 12), ("A", 2, 14), ("B", 1, 20), ("B", 2, 21), ("B", 3, 22)],
    )
    hours = read_wet_bulb_c(path)
    assert {place: c.ravel().tolist() for place, c in hours.values.items()} == {
        "A": [12, 14],
        "B": [20, 21],
    }


def test_wet_bulb_from_temperature_and_humidity(tmp_path):
    header = "region,time_utc,temperature_c,relative_humidity_pct"
    hours = read_wet_bulb_c(
        weather(tmp_path, header, ("here", 0, "20,50"), ("here", 1, "30,20"))
    )
    assert hours.values["here"].ravel() == pytest.approx(wet_bulb_c([20, 30], [50, 20]))


def test_a_gap_is_a_problem_unless_it_may_be_filled(tmp_path):
    rows = [("A", 0, 10), ("A", 2, 14)]
    with pytest.raises(InvalidInput, match="no value for 2022-07-01T01:00Z"):
        read_wet_bulb_c(weather(tmp_path, "zone,time_utc,wet_bulb_c", *rows))


def test_columns_that_are_missing_are_all_told(tmp_path):
    path = weather(tmp_path, "station,time_utc,temperature_c", ("A", 0, 10))
    with pytest.raises(InvalidInput) as caught:
        read_wet_bulb_c(path)
    assert caught.value.problems == (
        "no column names the place; expected zone_id, zone, region",
        'no column "wet_bulb_c"; expected it, or temperature_c and relative_humidity_pct',
    )


def test_hours_keep_their_proportions_at_the_mean_that_is_reported():
    times = np.datetime64("2022-07-01T00:00", "m") + 60 * np.arange(3)
    wet_bulb = ZoneHours(times, {"A": np.array([[-20.0], [10.0], [20.0]])})
    formula = tower_wue_l_per_kwh(wet_bulb, 6.0, None).values["A"].ravel()
    scaled = tower_wue_l_per_kwh(wet_bulb, 6.0, 0.12).values["A"].ravel()
    assert formula[0] == 0.05
    assert scaled.mean() == pytest.approx(0.12, rel=1e-12)
    assert scaled / scaled[2] == pytest.approx(formula / formula[2])


@pytest.mark.parametrize(("cycles", "mean"), [(1.0, None), (np.nan, None), (6.0, np.inf)])
def test_a_tower_of_one_cycle_only_blows_down_and_a_mean_is_finite(cycles, mean):
    with pytest.raises(InvalidInput, match=r"more than 1|0 or more"):
        tower_wue_l_per_kwh(ZoneHours(np.array([]), {}), cycles, mean)


def test_weather_in_other_units_is_refused(tmp_path):
    header = "zone,time_utc,temperature_c,relative_humidity_pct"
    with pytest.raises(InvalidInput) as caught:
        read_wet_bulb_c(weather(tmp_path, header, ("A", 0, "293,50"), ("A", 1, "294,-1")))
    assert caught.value.problems == (
        'temperature_c of "A": found 293; expected -90 to 60, in 2 cells',
        'relative_humidity_pct of "A": found -1; expected 0 to 100, in 1 cells',
    )
