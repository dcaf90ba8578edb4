"""Hourly series of regions: named after them, of one span, written as a scenario reads them."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from carbonplan.catalogue.series import TIME, utc_text
from carbonplan.errors import InvalidInput, nearest
from carbonplan.prepare.zones import ZoneHours

VALUE_DIGITS = 4


def renamed(hours: ZoneHours, zone_of_region: Mapping[str, str]) -> ZoneHours:
    """Hours of the regions asked for, each as the zone that it lies in; without any, as is."""
    if not zone_of_region:
        return hours
    problems = [
        f'region "{region}": zone "{zone}" is not in the file{nearest(zone, hours.values)}'
        for region, zone in zone_of_region.items()
        if zone not in hours.values
    ]
    if problems:
        raise InvalidInput("--region", problems)
    return ZoneHours(
        hours.times, {region: hours.values[zone] for region, zone in zone_of_region.items()}
    )


def common_span(hours: ZoneHours) -> ZoneHours:
    """The hours from where every zone has begun to where the first of them ends.

    Gaps in between stay; a file of local years has other first and last hours in each zone.
    """
    known = [np.flatnonzero(~np.isnan(column).any(axis=1)) for column in hours.values.values()]
    if any(not at.size for at in known):
        raise InvalidInput("hourly series", ["a zone without a single whole hour"])
    first, last = max(at[0] for at in known), min(at[-1] for at in known)
    if first > last:
        raise InvalidInput("hourly series", ["the zones have no hour in common"])
    span = slice(first, last + 1)
    return ZoneHours(
        hours.times[span], {zone: column[span] for zone, column in hours.values.items()}
    )


def write_series(hours: ZoneHours, path: Path, digits: int = VALUE_DIGITS) -> None:
    """Hourly series: ``time_utc`` and a column for each region or zone; a gap stays empty.

    Parameters
    ----------
    hours
        One column for each region or zone, (hour, 1).
    """
    columns = (column[:, 0] for column in hours.values.values())
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([TIME, *hours.values])
        for time, *values in zip(hours.times, *columns, strict=True):
            cells = ("" if np.isnan(value) else f"{value:.{digits}f}" for value in values)
            writer.writerow([utc_text(time), *cells])


def zone_of_region(pairs: Sequence[str]) -> dict[str, str]:
    """``REGION=ZONE`` pairs as a mapping."""
    split = [pair.partition("=") for pair in pairs]
    problems = [
        f'found "{pair}"; expected REGION=ZONE'
        for pair, (region, _, zone) in zip(pairs, split, strict=True)
        if not region or not zone
    ]
    names = [region for region, _, _ in split]
    problems += [f'region "{name}" twice' for name in set(names) if names.count(name) > 1]
    if problems:
        raise InvalidInput("--region", problems)
    return {region: zone for region, _, zone in split}
