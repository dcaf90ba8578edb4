"""Hourly carbon intensity and water of a grid, from what its power stations generate.

Both are means over the generation of the hour, weighted by it; imports are left aside.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.records import Evidence, NonNegative, Record
from carbonplan.catalogue.series import TIME, utc_text
from carbonplan.catalogue.shipped import data_root
from carbonplan.catalogue.tables import read_table
from carbonplan.prepare.zones import Columns, read_zones

MW = "_mw"


class FuelFactor(Record):
    """What a kWh of a fuel emits and evaporates; a row of ``data/grid/factors.csv``."""

    fuel: str
    lifecycle_gco2e_per_kwh: NonNegative
    water_l_per_kwh: NonNegative
    evidence: Evidence
    source: str


@dataclass(frozen=True)
class Mix:
    """Generation of several zones by fuel.

    Attributes
    ----------
    times
        Hours in UTC, (hour,).
    generation_mw
        By zone, (hour, fuel); NaN where the hour was not reported [MW].
    """

    times: NDArray[np.datetime64]
    fuels: tuple[str, ...]
    generation_mw: Mapping[str, NDArray[np.float64]]


def fuel_factors() -> dict[str, FuelFactor]:
    """Factors of the catalogue by fuel."""
    rows = read_table(data_root() / "grid" / "factors.csv", FuelFactor)
    return {row.fuel: row for row in rows}


def read_mix(path: Path, fuels: Sequence[str]) -> Mix:
    """Generation of a long CSV: ``zone_id``, ``time_utc`` and ``<fuel>_mw`` for each fuel."""
    columns = Columns("zone_id", tuple(f"{fuel}{MW}" for fuel in fuels))
    hours = read_zones(path, columns)
    return Mix(hours.times, tuple(fuels), hours.values)


def weighted_by_generation(
    generation_mw: NDArray[np.float64], per_kwh: NDArray[np.float64]
) -> NDArray[np.float64]:
    r"""Mean of a factor over the generation of each hour, (hour,) [unit of the factor].

    .. math:: \bar f_t = \sum_i P_{it} f_i / \sum_i P_{it}

    Parameters
    ----------
    generation_mw
        :math:`P`, (hour, fuel) [MW].
    per_kwh
        :math:`f`, (fuel,).
    """
    return generation_mw @ per_kwh / generation_mw.sum(axis=1)


def week_of(
    mix: Mix, zones: Mapping[str, str], per_kwh: NDArray[np.float64], start: np.datetime64
) -> tuple[NDArray[np.datetime64], dict[str, NDArray[np.float64]]]:
    """The 168 hours from ``start`` on for each region, by the zone that it lies in."""
    first = int(np.searchsorted(mix.times, start))
    hours = slice(first, first + 168)
    values = {
        region: weighted_by_generation(mix.generation_mw[zone][hours], per_kwh)
        for region, zone in zones.items()
    }
    return mix.times[hours], values


def write_series(
    times: NDArray[np.datetime64],
    columns: Mapping[str, NDArray[np.float64]],
    path: Path,
    digits: int,
) -> None:
    """Hourly series: ``time_utc`` and a column for each region or zone; a gap stays empty."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([TIME, *columns])
        for time, *values in zip(times, *columns.values(), strict=True):
            cells = ("" if np.isnan(value) else f"{value:.{digits}f}" for value in values)
            writer.writerow([utc_text(time), *cells])
