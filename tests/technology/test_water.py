import numpy as np
import pytest

from carbonplan.technology.water import (
    cooling_tower_wue_l_per_kwh,
    ewif_l_per_kwh,
    offsite_water_l,
    onsite_water_l,
    scaled_wue_l_per_kwh,
)


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


def test_scaling_keeps_the_shape_and_gives_the_mean():
    scaled = scaled_wue_l_per_kwh([1.0, 3.0], 0.2)
    assert scaled == pytest.approx([0.1, 0.3])


def test_mix_of_half_coal_half_wind():
    assert ewif_l_per_kwh({"coal": 2, "wind": 2}) == pytest.approx(450 * 3.785411784 / 1000 / 2)


def test_mix_over_slots():
    assert ewif_l_per_kwh({"gas": [1, 0], "hydro": [0, 1]}) == pytest.approx([1.135624, 0])


def test_unknown_source_is_named():
    with pytest.raises(KeyError, match="peat"):
        ewif_l_per_kwh({"peat": 1})


def test_water_follows_energy():
    assert onsite_water_l([10, 20], [0.5, 1.0]) == pytest.approx([5, 20])
    assert offsite_water_l(12, 1.5) == pytest.approx(18)
