"""Price and water by the hour of typical days: companions of a table of typical days.

Beside ``<days>.csv`` may lie ``<days>-wue.csv`` [L/kWh], ``<days>-ewif.csv`` [L/kWh] and
``<days>-price.csv`` [USD/MWh]: the same days and weights, a column for some of the zones. They
say how the hours of a zone differ. The level is that of the region, a yearly mean, and the
weighted mean over the days is exactly this level:

- water is *scaled*: twice the zone's mean is twice the region's mean;
- a price is *shifted*: what the market asks above its mean is paid above the region's mean,
  since networks and taxes, which are part of some of these prices, do not follow the market.

A region whose zone has no column is flat over the year.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from carbonplan.catalogue.horizon import TypicalDays, read_typical_days
from carbonplan.catalogue.records import Evidence, Record, Region
from carbonplan.catalogue.shipped import data_root
from carbonplan.catalogue.tables import read_table, refuse
from carbonplan.scenario.schema import Series, Site
from carbonplan.units import MWH_PER_KWH

ANY_ZONE = ""


class HoursOfZone(Record):
    """How the hours of a quantity are known in a zone; a row of ``data/grid/hours.csv``.

    The row without a zone holds for every zone that has no hours: flat over the year.
    """

    quantity: str
    zone: str = ANY_ZONE
    evidence: Evidence
    source: str


class HourlyRule(NamedTuple):
    """Where a quantity's hours lie, and how they are brought to a yearly mean.

    Attributes
    ----------
    ending
        Of the companion's name.
    unit
        What one of the table's units is in the unit of the quantity.
    to_mean
        Of hours, a mean and weights.
    own_figure_is_a_mean
        A site's own figure is a yearly mean like the catalogue's; else it holds in every hour.
    """

    ending: str
    unit: float
    to_mean: Callable[[ArrayLike, float, ArrayLike | None], NDArray[np.float64]]
    own_figure_is_a_mean: bool


def scaled_to_mean(
    hours: ArrayLike, mean: float, weight: ArrayLike | None = None
) -> NDArray[np.float64]:
    r"""Hours in their proportions at another mean, (slot,) [unit of the mean].

    .. math:: x_t\,\bar m \Big/ \frac{\sum_t w_t x_t}{\sum_t w_t}
    """
    hours = np.asarray(hours, dtype=float)
    return hours * (mean / np.average(hours, weights=weight))


def shifted_to_mean(
    hours: ArrayLike, mean: float, weight: ArrayLike | None = None
) -> NDArray[np.float64]:
    r"""Hours with their differences at another mean, (slot,) [unit of the mean].

    .. math:: x_t + \bar m - \frac{\sum_t w_t x_t}{\sum_t w_t}
    """
    hours = np.asarray(hours, dtype=float)
    return hours + (mean - np.average(hours, weights=weight))


HOURLY_RULES = {
    "wue_l_per_kwh": HourlyRule("-wue", 1.0, scaled_to_mean, True),
    "ewif_l_per_kwh": HourlyRule("-ewif", 1.0, scaled_to_mean, True),
    "price_usd_per_kwh": HourlyRule("-price", MWH_PER_KWH, shifted_to_mean, False),
}


def hours_file(quantity: str, days: TypicalDays | None) -> Path | None:
    """The companion that holds a quantity, if there is one."""
    if days is None or quantity not in HOURLY_RULES:
        return None
    ending = HOURLY_RULES[quantity].ending
    path = days.path.with_name(f"{days.path.name.removesuffix('.csv')}{ending}.csv")
    return path if path.is_file() else None


def hours_files(days: TypicalDays | None) -> list[Path]:
    """All companions of a table of typical days."""
    found = (hours_file(quantity, days) for quantity in HOURLY_RULES)
    return [path for path in found if path is not None]


def read_hours_of(quantity: str, days: TypicalDays | None) -> TypicalDays | None:
    """A quantity over the same typical days, if a companion holds it.

    Raises
    ------
    InvalidInput
        Its days or weights are others, or a zone's water is negative or nothing all year.
    """
    path = hours_file(quantity, days)
    if path is None or days is None:
        return None
    hours = read_typical_days(path)
    same = np.array_equal(hours.dates, days.dates) and np.array_equal(hours.weight, days.weight)
    refuse(path, [] if same else [f"expected the days and weights of {days.path.name}"])
    if HOURLY_RULES[quantity].to_mean is scaled_to_mean:
        refuse(path, list(_unscalable(hours)))
    return hours


def _unscalable(hours: TypicalDays) -> Iterator[str]:
    for at, zone in enumerate(hours.zones):
        column = hours.values[:, :, at]
        if column.min() < 0:
            yield f'column "{zone}": found {column.min():g}; expected 0 or more'
        elif not column.any():
            yield f'column "{zone}": 0 in every hour; expected a value above 0'


def over_hours(
    quantity: str, mean: float, zone: str, hours: TypicalDays
) -> NDArray[np.float64] | None:
    """A yearly mean spread over the hours as they differ in the zone, (slot,); None: flat."""
    if zone not in hours.zones:
        return None
    rule = HOURLY_RULES[quantity]
    values = hours.values[:, :, hours.zones.index(zone)]
    weight = np.repeat(hours.weight, values.shape[1])
    return rule.to_mean(values.ravel() * rule.unit, mean, weight)


def hours_in_use(
    sites: Sequence[Site], regions: Sequence[Region], series: Series, days: TypicalDays | None
) -> list[HoursOfZone]:
    """Rows that say how the hours of each region are known, where the catalogue gives them."""
    rows = read_table(hours_table(), HoursOfZone)
    known = {(row.quantity, row.zone): row for row in rows}
    zones = dict.fromkeys(
        (quantity, zone)
        for quantity in HOURLY_RULES
        if getattr(series, quantity) is None
        for zone in _zones_in_use(quantity, sites, regions, read_hours_of(quantity, days))
    )
    return [known[quantity, zone] for quantity, zone in zones if (quantity, zone) in known]


def hours_table() -> Path:
    """Table of how the catalogue's hours are known."""
    return data_root() / "grid" / "hours.csv"


def _zones_in_use(
    quantity: str,
    sites: Sequence[Site],
    regions: Sequence[Region],
    hours: TypicalDays | None,
) -> Iterable[str]:
    """The zone of every region whose hours come from the catalogue; ANY_ZONE where flat.

    Hours that the scenario's own typical days bring along are their user's.
    """
    rule = HOURLY_RULES[quantity]
    for site, region in zip(sites, regions, strict=True):
        own_figure = getattr(site, quantity) is not None
        if own_figure and not rule.own_figure_is_a_mean:
            continue
        if hours is None or region.zone not in hours.zones:
            yield ANY_ZONE
        elif hours.path.is_relative_to(data_root()):
            yield region.zone
