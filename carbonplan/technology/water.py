"""Water: evaporated on site by cooling towers, and consumed where the electricity is made."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

CYCLES_OF_CONCENTRATION = 6.0  # islam-ren-2020
LEAST_WUE_L_PER_KWH = 0.05  # islam-ren-2020


def wet_bulb_c(
    temperature_c: ArrayLike, relative_humidity_pct: ArrayLike
) -> NDArray[np.float64]:
    r"""Wet-bulb temperature at the pressure of sea level, over (slot,) [°C].

    .. math::

        T_w = T \arctan(0.151977 \sqrt{h + 8.313659}) + \arctan(T + h)
              - \arctan(h - 1.676331) + 0.00391838\,h^{3/2} \arctan(0.023101\,h) - 4.686035

    Parameters
    ----------
    temperature_c
        :math:`T`, of the air: -20 to 50 [°C].
    relative_humidity_pct
        :math:`h`: 5 to 99; the error is 1 K at most in this range [%].

    Source
    ------
    ``stull-2011``, equation 1.
    """
    t = np.asarray(temperature_c, dtype=float)
    h = np.asarray(relative_humidity_pct, dtype=float)
    return (
        t * np.arctan(0.151977 * np.sqrt(h + 8.313659))
        + np.arctan(t + h)
        - np.arctan(h - 1.676331)
        + 0.00391838 * h**1.5 * np.arctan(0.023101 * h)
        - 4.686035
    )


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
        :math:`S`, cycles of concentration of the tower, more than 1 [1].

    Source
    ------
    ``islam-ren-2020``. An empirical fit: its hourly shape is trusted more than its level,
    which is several times what providers report; see ``typical_hours.scaled_to_mean``.
    """
    fahrenheit = np.asarray(wet_bulb_c, dtype=float) * 9.0 / 5.0 + 32.0
    evaporated = np.polyval([6e-5, -0.01, 0.61, -10.4], fahrenheit)
    return np.maximum(cycles / (cycles - 1.0) * evaporated, LEAST_WUE_L_PER_KWH)
