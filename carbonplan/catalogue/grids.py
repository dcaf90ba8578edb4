"""Carbon intensity of a grid as one number: as given, or the annual mean of a zone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from carbonplan.catalogue.horizon import read_typical_days
from carbonplan.catalogue.shipped import data_root
from carbonplan.catalogue.tables import shortened
from carbonplan.errors import InvalidInput, nearest

TYPICAL_DAYS = "grid/typical-days-2022.csv"


@dataclass(frozen=True)
class Grid:
    """A grid and how much carbon a kWh from it takes."""

    name: str
    intensity_g_per_kwh: float


def grids(names: Iterable[str]) -> tuple[Grid, ...]:
    """Grids by a number of g/kWh, or by a zone of the shipped typical days.

    Raises
    ------
    InvalidInput
        With everything that is neither, and the nearest zone.
    """
    names = tuple(dict.fromkeys(names))
    found = {name: _intensity_g_per_kwh(name) for name in names}
    problems = [_problem(name) for name, value in found.items() if value is None]
    if problems:
        raise InvalidInput("carbon intensity", problems)
    return tuple(Grid(name, value) for name, value in found.items())


def _intensity_g_per_kwh(name: str) -> float | None:
    """The number, or the mean of the zone; ``None`` for what is neither."""
    value = _number(name)
    if value is None:
        return _zone_means().get(name)
    return value if 0 <= value < math.inf else None


def _number(name: str) -> float | None:
    try:
        return float(name)
    except ValueError:
        return None


def _problem(name: str) -> str:
    if _number(name) is not None:
        return f"{name}: expected 0 g/kWh or more"
    zones = _zone_means()
    return (
        f'"{shortened(name)}": neither a number of g/kWh nor a zone of data/{TYPICAL_DAYS}'
        f"{nearest(name, zones) or '; zones: ' + ', '.join(zones)}"
    )


@cache
def _zone_means() -> Mapping[str, float]:
    """Mean over the year that the typical days stand for, by zone [g/kWh]."""
    days = read_typical_days(data_root() / TYPICAL_DAYS)
    means = np.average(days.values.mean(axis=1), axis=0, weights=days.weight)
    return dict(zip(days.zones, means.tolist(), strict=True))
