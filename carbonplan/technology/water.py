"""Water: evaporated on site by cooling towers, and consumed where the electricity is made."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from carbonplan.units import L_PER_GALLON, MWH_PER_KWH

CYCLES_OF_CONCENTRATION = 6.0  # islam-ren-2020
LEAST_WUE_L_PER_KWH = 0.05  # islam-ren-2020
EWIF_L_PER_KWH = {  # macknick-2012 as used by ren-less-thirsty-2023; hydro without reservoirs
    source: gallons_per_mwh * L_PER_GALLON * MWH_PER_KWH
    for source, gallons_per_mwh in {
        "gas": 300,
        "coal": 450,
        "nuclear": 600,
        "oil": 350,
        "other": 475,
        "solar": 0,
        "hydro": 0,
        "wind": 0,
    }.items()
}


def cooling_tower_wue_l_per_kwh(
    wet_bulb_c: ArrayLike, cycles: float = CYCLES_OF_CONCENTRATION
) -> NDArray[np.float64]:
    r"""Water evaporated and blown down for one kWh of IT energy, over (slot,) [L/kWh].

    .. math:: \frac{S}{S - 1} (6 \cdot 10^{-5} T^3 - 0.01\,T^2 + 0.61\,T - 10.4) \ge 0.05

    Parameters
    ----------
    wet_bulb_c
        Wet-bulb temperature; :math:`T` is the same in degrees Fahrenheit [°C].
    cycles
        :math:`S`, cycles of concentration of the tower [1].

    Source
    ------
    ``islam-ren-2020``. An empirical fit: its hourly shape is trusted more than its level,
    which is several times what providers report; see :func:`scaled_wue_l_per_kwh`.
    """
    fahrenheit = np.asarray(wet_bulb_c, dtype=float) * 9.0 / 5.0 + 32.0
    evaporated = np.polyval([6e-5, -0.01, 0.61, -10.4], fahrenheit)
    return np.maximum(cycles / (cycles - 1.0) * evaporated, LEAST_WUE_L_PER_KWH)


def scaled_wue_l_per_kwh(
    shape_l_per_kwh: ArrayLike, reported_l_per_kwh: float
) -> NDArray[np.float64]:
    """An hourly shape brought to the annual mean that a provider reports [L/kWh]."""
    shape = np.asarray(shape_l_per_kwh, dtype=float)
    return shape * (reported_l_per_kwh / shape.mean())


def ewif_l_per_kwh(share_by_source: Mapping[str, ArrayLike]) -> NDArray[np.float64]:
    r"""Water consumed at power stations for one kWh of a mix, (slot,) [L/kWh].

    .. math:: \sum_s x_s\,\mathrm{EWIF}_s \Big/ \sum_s x_s

    Parameters
    ----------
    share_by_source
        :math:`x_s`, generation or share by source, all in one unit.
    """
    unknown = sorted(set(share_by_source) - set(EWIF_L_PER_KWH))
    if unknown:
        raise KeyError(f"no water factor for {', '.join(unknown)}")
    total = sum(np.asarray(share, dtype=float) for share in share_by_source.values())
    water = sum(
        np.asarray(share, dtype=float) * EWIF_L_PER_KWH[source]
        for source, share in share_by_source.items()
    )
    return np.asarray(water / total)


def onsite_water_l(it_energy_kwh: ArrayLike, wue_l_per_kwh: ArrayLike) -> NDArray[np.float64]:
    """IT energy times WUE [L]."""
    return np.asarray(it_energy_kwh, dtype=float) * np.asarray(wue_l_per_kwh)


def offsite_water_l(
    site_energy_kwh: ArrayLike, ewif_l_per_kwh: ArrayLike
) -> NDArray[np.float64]:
    """Site energy, PUE included, times EWIF [L]."""
    return np.asarray(site_energy_kwh, dtype=float) * np.asarray(ewif_l_per_kwh)
