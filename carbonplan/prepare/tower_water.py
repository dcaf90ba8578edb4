"""Water of cooling towers by the hour, from a weather table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.cells import read_fields
from carbonplan.catalogue.tables import refuse
from carbonplan.catalogue.typical_hours import scaled_to_mean
from carbonplan.errors import InvalidInput
from carbonplan.prepare.hourly import common_span
from carbonplan.prepare.zones import (
    LIMIT_BYTES,
    ZONE,
    Columns,
    ZoneHours,
    filled,
    read_zones,
)
from carbonplan.technology.water import cooling_tower_wue_l_per_kwh, wet_bulb_c

WET_BULB = "wet_bulb_c"
AIR = ("temperature_c", "relative_humidity_pct")
BOUNDS = {WET_BULB: (-90.0, 60.0), AIR[0]: (-90.0, 60.0), AIR[1]: (0.0, 100.0)}
NAMES_OF_PLACE = (ZONE, "zone", "region")


def read_wet_bulb_c(path: Path, fill_gap_hours: int = 0) -> ZoneHours:
    """Wet-bulb temperature of every place of a weather table, (hour, 1) [°C].

    The table is long: ``time_utc``, a place (``zone_id``, ``zone`` or ``region``), and either
    ``wet_bulb_c`` or ``temperature_c`` with ``relative_humidity_pct``.

    Parameters
    ----------
    fill_gap_hours
        The longest gap that may be filled; with 0, any gap is a problem [h].
    """
    header = read_fields(path, LIMIT_BYTES).header
    place = next((name for name in NAMES_OF_PLACE if name in header), None)
    read = (WET_BULB,) if WET_BULB in header else AIR
    problems = []
    if place is None:
        problems.append(f"no column names the place; expected {', '.join(NAMES_OF_PLACE)}")
    if not set(read) <= set(header):
        problems.append(f'no column "{WET_BULB}"; expected it, or {" and ".join(AIR)}')
    refuse(path, problems)
    weather = read_zones(path, Columns(str(place), read))
    refuse(path, list(_outside(weather, read)))
    hours, _ = filled(common_span(weather), fill_gap_hours)
    if read == AIR:
        return _each(hours, lambda air: wet_bulb_c(air[:, :1], air[:, 1:]))
    return hours


def tower_wue_l_per_kwh(
    wet_bulb: ZoneHours, cycles: float, reported_mean_l_per_kwh: float | None
) -> ZoneHours:
    """WUE by the hour, at the level of the formula or of a reported yearly mean, (hour, 1).

    Parameters
    ----------
    wet_bulb
        (hour, 1) of every place [°C].
    cycles
        Cycles of concentration of the towers [1].
    reported_mean_l_per_kwh
        What all hours together are to have as their mean [L/kWh].
    """
    if not 1.0 < cycles < np.inf:
        raise InvalidInput("--cycles", [f"found {cycles:g}; expected more than 1"])
    mean = reported_mean_l_per_kwh
    if mean is not None and not 0.0 <= mean < np.inf:
        raise InvalidInput("--reported-mean", [f"found {mean:g}; expected 0 or more"])
    towers = _each(wet_bulb, lambda c: cooling_tower_wue_l_per_kwh(c, cycles))
    return towers if mean is None else _each(towers, lambda wue: scaled_to_mean(wue, mean))


def _outside(weather: ZoneHours, columns: Sequence[str]) -> Iterator[str]:
    """A line for each place and column with a value that no weather has."""
    for place, values in weather.values.items():
        for column, name in zip(values.T, columns, strict=True):
            least, most = BOUNDS[name]
            outside = column[(column < least) | (column > most)]
            if outside.size:
                yield (
                    f'{name} of "{place}": found {outside[0]:g}; '
                    f"expected {least:g} to {most:g}, in {outside.size} cells"
                )


def _each(
    hours: ZoneHours, function: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> ZoneHours:
    return ZoneHours(
        hours.times, {place: function(values) for place, values in hours.values.items()}
    )
