import numpy as np
import pytest

from carbonplan.technology.water import cooling_tower_wue_l_per_kwh, wet_bulb_c


def test_tower_at_a_wet_bulb_of_68_fahrenheit():
    # 6/5 · (6e-5 · 68³ − 0.01 · 68² + 0.61 · 68 − 10.4)
    assert cooling_tower_wue_l_per_kwh(20.0) == pytest.approx(4.4471, abs=1e-3)


def test_tower_has_a_floor_and_rises_with_the_wet_bulb():
    wue = cooling_tower_wue_l_per_kwh(np.linspace(-30, 35, 200))
    assert wue[0] == 0.05
    assert np.all(np.diff(wue) >= 0)


def test_more_cycles_evaporate_the_same_and_blow_down_less():
    assert cooling_tower_wue_l_per_kwh(20.0, cycles=3) == pytest.approx(
        cooling_tower_wue_l_per_kwh(20.0) * (3 / 2) / (6 / 5)
    )


def test_wet_bulb_as_the_paper_works_it_out():
    assert wet_bulb_c(20.0, 50.0) == pytest.approx(13.7, abs=0.05)


def test_wet_bulb_rises_with_humidity_to_the_temperature_of_the_air():
    wet_bulb = wet_bulb_c(25.0, np.linspace(5, 99, 50))
    assert np.all(np.diff(wet_bulb) > 0)
    assert wet_bulb[-1] == pytest.approx(25.0, abs=0.3)


def test_wet_bulb_is_that_of_the_weather_tables(shared_data):
    """Thirty hours of ten places, whose wet bulb was computed by the same equation."""
    import pandas as pd

    path = shared_data / "siting" / "weather_wet_bulb_wue_hourly_2022_2023.csv.gz"
    rows = pd.read_csv(path).iloc[:: 17_520 // 30]
    found = wet_bulb_c(rows["temperature_c"], rows["relative_humidity_pct"])
    assert found == pytest.approx(rows["wet_bulb_c"].to_numpy(), abs=0.15)  # of whole percents
    wue = cooling_tower_wue_l_per_kwh(rows["wet_bulb_c"])
    assert wue == pytest.approx(rows["wue_cooling_tower_l_per_kwh"].to_numpy(), abs=0.025)
