"""The hours of chosen typical days out of other series: prices or water of the same days.

Each zone keeps a yearly mean, by the rule of the typical days themselves: scaled by one factor,
or shifted where it has values below zero.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.horizon import TypicalDays
from carbonplan.errors import InvalidInput
from carbonplan.prepare.typical_days import Days, Typical, with_means_kept


def same_days(days: Days, chosen: TypicalDays, level_of_year: int | None = None) -> Typical:
    """Hours of the chosen days, with their weights.

    Parameters
    ----------
    days
        Whole days, the chosen ones among them.
    level_of_year
        The year whose mean each zone is to keep; all its hours are in proportion to the mean of
        the chosen days' own years. Without it, those years' mean is kept.
    """
    missing = [str(date) for date in chosen.dates if date not in days.dates]
    if missing:
        raise InvalidInput("hourly series", [f"no day {date}" for date in missing])
    at = np.searchsorted(days.dates, chosen.dates)
    own_years = _in_years(days, {int(year) for year in _years(chosen.dates)})
    values = days.values
    if level_of_year is not None:
        level = _in_years(days, {level_of_year}).mean(axis=(0, 1))
        factor = level / own_years.mean(axis=(0, 1))
        values, own_years = values * factor, own_years * factor
    hours, correction = with_means_kept(own_years, values[at], chosen.weight)
    return Typical(chosen.dates, chosen.weight, days.zones, hours, correction)


def _in_years(days: Days, years: set[int]) -> NDArray[np.float64]:
    found = days.values[np.isin(_years(days.dates), sorted(years))]
    if not len(found):
        told = ", ".join(str(year) for year in sorted(years))
        raise InvalidInput("hourly series", [f"no day of {told}"])
    return found


def _years(dates: NDArray[np.datetime64] | Sequence) -> NDArray[np.int64]:
    return np.asarray(dates).astype("datetime64[Y]").astype(np.int64) + 1970
