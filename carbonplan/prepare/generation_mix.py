"""Hourly carbon intensity and water of a grid, from what its power stations generate.

Both are means over the generation of the hour, weighted by it; imports are left aside. Water
rests on a named set of factors: the sets agree on thermal power stations and differ over
hydropower, from nothing to all that evaporates from the reservoirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.records import Evidence, NonNegative, Record
from carbonplan.catalogue.shipped import data_root
from carbonplan.catalogue.tables import read_table
from carbonplan.errors import InvalidInput, nearest
from carbonplan.prepare.zones import Columns, ZoneHours, read_zones

MW = "_mw"


class FuelFactor(Record):
    """What a kWh of a fuel emits; a row of ``data/grid/factors.csv``."""

    fuel: str
    lifecycle_gco2e_per_kwh: NonNegative
    evidence: Evidence
    source: str


class FuelWater(Record):
    """What a kWh of a fuel evaporates; a row of ``data/grid/water_factors.csv``."""

    factor_set: str
    fuel: str
    water_l_per_kwh: NonNegative
    evidence: Evidence
    source: str


def fuel_gco2e_per_kwh() -> dict[str, float]:
    """Life-cycle emissions by fuel [gCO2e/kWh]."""
    rows = read_table(data_root() / "grid" / "factors.csv", FuelFactor)
    return {row.fuel: row.lifecycle_gco2e_per_kwh for row in rows}


def fuel_water_l_per_kwh(factor_set: str) -> dict[str, float]:
    """Water by fuel in one of the named sets [L/kWh]."""
    rows = read_table(data_root() / "grid" / "water_factors.csv", FuelWater)
    found = {row.fuel: row.water_l_per_kwh for row in rows if row.factor_set == factor_set}
    if not found:
        sets = dict.fromkeys(row.factor_set for row in rows)
        raise InvalidInput(
            "--factor-set",
            [
                f'no set "{factor_set}"{nearest(factor_set, sets)}; '
                f"the sets are {', '.join(sets)}"
            ],
        )
    return found


def read_mix(path: Path, fuels: Sequence[str]) -> ZoneHours:
    """Generation of a long CSV: ``zone_id``, ``time_utc``, ``<fuel>_mw`` for each fuel [MW]."""
    return read_zones(path, Columns("zone_id", tuple(f"{fuel}{MW}" for fuel in fuels)))


def weighted_by_generation(
    generation_mw: NDArray[np.float64], per_kwh: NDArray[np.float64]
) -> NDArray[np.float64]:
    r"""Mean of a factor over the generation of each hour, (hour,) [unit of the factor].

    .. math:: \bar f_t = \sum_i P_{it} f_i / \sum_i P_{it}

    With water as the factor this is the EWIF of the grid, energy-water intensity.

    Parameters
    ----------
    generation_mw
        :math:`P`, (hour, fuel); NaN where the hour was not reported, as is then the mean;
        so it is where nothing was generated [MW].
    per_kwh
        :math:`f`, (fuel,).
    """
    total_mw = generation_mw.sum(axis=1)
    of_hour = np.full(len(total_mw), np.nan)
    return np.divide(generation_mw @ per_kwh, total_mw, out=of_hour, where=total_mw > 0)


def of_mix(path: Path, per_kwh: Mapping[str, float]) -> ZoneHours:
    """A factor by fuel over the hours of every zone of a file of generation, (hour, 1)."""
    mix = read_mix(path, tuple(per_kwh))
    factors = np.array(list(per_kwh.values()))
    return ZoneHours(
        mix.times,
        {
            zone: weighted_by_generation(generation_mw, factors)[:, None]
            for zone, generation_mw in mix.values.items()
        },
    )
