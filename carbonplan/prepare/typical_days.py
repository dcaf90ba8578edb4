"""A year as a few weighted real days, chosen for all zones together.

A day is one vector: the 24 hours of every zone, each zone taken relative to its own mean and
spread. What happens at the same hour in two zones therefore stays together. Of several series,
intensity and price and demand say, each counts as much as any other, whatever its zones.

1. Extreme days are kept as they are, each standing for itself: those of the highest and the
   lowest joint mean, and that of the highest hour of every zone that is asked for.
2. The other days are joined to groups by Ward's rule; each group is stood for by its medoid,
   the real day nearest to all others, weighted by the days in the group.
3. Each zone is scaled by one factor, so that its weighted mean is that of all days. A zone with
   a value below zero is shifted instead. Neither changes the order of its hours.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.horizon import WEIGHT
from carbonplan.catalogue.series import HOUR, TIME, utc_text
from carbonplan.errors import InvalidInput, nearest
from carbonplan.prepare.fidelity import PairError, ZoneError, pair_errors, zone_errors
from carbonplan.prepare.zones import HOURS_OF_A_DAY, ZoneHours, filled, joined

EXTREMES = ("highest", "lowest")
VALUE_DIGITS = 4
OF = ":"  # between what a series is of and its zone


@dataclass(frozen=True)
class Days:
    """Whole days in UTC of several zones.

    Attributes
    ----------
    dates
        (day,).
    values
        (day, hour, zone), in the unit of the series.
    filled_hours
        Hours that were missing and have been filled, by zone.
    """

    dates: NDArray[np.datetime64]
    zones: tuple[str, ...]
    values: NDArray[np.float64]
    filled_hours: dict[str, int]


@dataclass(frozen=True)
class Typical:
    """Chosen days, in order of their dates.

    Attributes
    ----------
    dates, weight
        The real days and how many days each stands for, (period,).
    values
        (period, hour, zone), corrected to the mean of each zone.
    correction
        Factor, or shift where a zone has values below zero, (zone,).
    """

    dates: NDArray[np.datetime64]
    weight: NDArray[np.float64]
    zones: tuple[str, ...]
    values: NDArray[np.float64]
    correction: NDArray[np.float64]


def read_days(
    paths: Sequence[Path],
    *,
    names: Sequence[str] = (),
    fill_gap_hours: int = 0,
    trim: bool = False,
) -> Days:
    """Whole days of hourly series, one file or several that cover the same hours.

    Parameters
    ----------
    names
        What each file is of, where they are of different things; see ``zones.joined``.
    fill_gap_hours
        The longest gap that may be filled; with 0, any gap is a problem [h].
    trim
        Leave out hours before the first and after the last whole day.
    """
    read = joined(paths, names)
    hours, filled_hours = filled(_trimmed(read) if trim else read, fill_gap_hours)
    starts_at_midnight = hours.times[0] == hours.times[0].astype("datetime64[D]")
    if len(hours.times) % HOURS_OF_A_DAY or not starts_at_midnight:
        raise InvalidInput(
            "hourly series",
            [
                f"covers {len(hours.times)} hours from {utc_text(hours.times[0])} on; "
                "expected whole days from 00:00Z to 23:00Z"
            ],
        )
    return Days(
        dates=hours.times[::HOURS_OF_A_DAY].astype("datetime64[D]"),
        zones=tuple(hours.values),
        values=_by_day(hours),
        filled_hours=filled_hours,
    )


def typical_days(
    days: Days,
    count: int = 12,
    *,
    extremes: Sequence[str] = EXTREMES,
    peaks_of: Sequence[str] = (),
) -> Typical:
    """``count`` days that stand for all of them; the extreme days are among these.

    Parameters
    ----------
    extremes
        Of ``highest`` and ``lowest`` joint mean, those to keep.
    peaks_of
        Zones whose highest hour is kept, with its day.
    """
    _refuse_unknown(days, extremes, peaks_of)
    features = _standardised(days.values) * _shares(days.zones)
    kept = _extreme_days(days, features, extremes, peaks_of)
    groups = count - len(kept)
    if groups < 1 or count > len(days.dates):
        raise InvalidInput(
            "typical days",
            [
                f"found {count}; expected at least {len(kept) + 1}, {len(kept)} of them "
                f"extreme, and at most {len(days.dates)}"
            ],
        )
    others = np.setdiff1d(np.arange(len(days.dates)), kept)
    medoids, sizes = _medoids(features[others].reshape(len(others), -1), groups)
    chosen = np.concatenate([kept, others[medoids]]).astype(int)
    weight = np.concatenate([np.ones(len(kept)), sizes])
    order = np.argsort(chosen)
    chosen, weight = chosen[order], weight[order]
    values, correction = with_means_kept(days.values, days.values[chosen], weight)
    return Typical(days.dates[chosen], weight, days.zones, values, correction)


def errors_of(typical: Typical, days: Days) -> list[ZoneError]:
    """What is lost, zone by zone."""
    return zone_errors(
        days.zones,
        days.values.reshape(-1, len(days.zones)),
        typical.values.reshape(-1, len(days.zones)),
        np.repeat(typical.weight, HOURS_OF_A_DAY),
        typical.correction,
        days.filled_hours,
    )


def pair_errors_of(typical: Typical, days: Days) -> list[PairError]:
    """What is lost between series; empty where there is only one."""
    return pair_errors(
        days.zones,
        days.values.reshape(-1, len(days.zones)),
        typical.values.reshape(-1, len(days.zones)),
        np.repeat(typical.weight, HOURS_OF_A_DAY),
    )


def write_days(typical: Typical, path: Path) -> None:
    """Table of weighted days as ``data/grid`` holds it: 24 rows a day, a column per zone."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([TIME, WEIGHT, *typical.zones])
        for date, weight, day in zip(
            typical.dates, typical.weight, typical.values, strict=True
        ):
            midnight = date.astype("datetime64[m]")
            for hour, row in enumerate(day):
                numbers = (f"{value:.{VALUE_DIGITS}f}" for value in row)
                writer.writerow([utc_text(midnight + hour * HOUR), f"{weight:g}", *numbers])


def of_series(typical: Typical, name: str) -> Typical:
    """The same days with the zones of one of several series, under their own names."""
    at = [i for i, zone in enumerate(typical.zones) if zone.startswith(f"{name}{OF}")]
    return replace(
        typical,
        zones=tuple(typical.zones[i].partition(OF)[2] for i in at),
        values=typical.values[:, :, at],
        correction=typical.correction[at],
    )


def _trimmed(hours: ZoneHours) -> ZoneHours:
    """Hours from the first midnight on, as many as make whole days."""
    first = int(np.argmax(hours.times == hours.times.astype("datetime64[D]")))
    days = (len(hours.times) - first) // HOURS_OF_A_DAY
    if not days:
        raise InvalidInput("hourly series", ["covers no whole day from 00:00Z to 23:00Z"])
    span = slice(first, first + days * HOURS_OF_A_DAY)
    return ZoneHours(
        hours.times[span], {zone: column[span] for zone, column in hours.values.items()}
    )


def _by_day(hours: ZoneHours) -> NDArray[np.float64]:
    columns = np.column_stack([series[:, 0] for series in hours.values.values()])
    return columns.reshape(-1, HOURS_OF_A_DAY, columns.shape[1])


def _refuse_unknown(days: Days, extremes: Sequence[str], peaks_of: Sequence[str]) -> None:
    problems = [
        f'extreme "{name}"; expected highest or lowest{nearest(name, EXTREMES)}'
        for name in extremes
        if name not in EXTREMES
    ] + [
        f'zone "{zone}" is not in the series{nearest(zone, days.zones)}'
        for zone in peaks_of
        if zone not in days.zones
    ]
    if problems:
        raise InvalidInput("typical days", problems)


def _standardised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each zone less its mean, over its standard deviation; a constant zone becomes zero."""
    spread = values.std(axis=(0, 1))
    return (values - values.mean(axis=(0, 1))) / np.where(spread > 0, spread, 1.0)


def _shares(zones: Sequence[str]) -> NDArray[np.float64] | float:
    """Weights with which every series counts alike, however many zones it has, (zone,)."""
    series = [zone.partition(OF)[0] if OF in zone else "" for zone in zones]
    if len(set(series)) == 1:
        return 1.0
    zones_of = np.array([series.count(name) for name in series])
    return np.sqrt(len(zones) / (len(set(series)) * zones_of))


def _extreme_days(
    days: Days,
    features: NDArray[np.float64],
    extremes: Sequence[str],
    peaks_of: Sequence[str],
) -> NDArray[np.int64]:
    joint_mean = features.mean(axis=(1, 2))
    pick = {"highest": np.argmax, "lowest": np.argmin}
    found = [int(pick[name](joint_mean)) for name in extremes]
    for zone in peaks_of:
        found.append(int(np.argmax(days.values[:, :, days.zones.index(zone)].max(axis=1))))
    return np.array(sorted(set(found)), dtype=np.int64)


def _medoids(
    features: NDArray[np.float64], groups: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The day in the middle of each group of like days, and the size of the group."""
    from scipy.cluster.hierarchy import fcluster, linkage

    if len(features) == 1:
        return np.array([0]), np.array([1.0])
    group_of = fcluster(linkage(features, method="ward"), groups, criterion="maxclust")
    medoids, sizes = [], []
    for group in np.unique(group_of):
        members = np.flatnonzero(group_of == group)
        centre = features[members].mean(axis=0)
        squares = ((features[members] - centre) ** 2).sum(axis=1)
        medoids.append(members[np.argmin(squares)])  # nearest to all, in squared distance
        sizes.append(float(len(members)))
    return np.array(medoids), np.array(sizes)


def with_means_kept(
    all_days: NDArray[np.float64], chosen: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The chosen days scaled, or shifted, to the mean of all days; and by how much, (zone,).

    Parameters
    ----------
    all_days, chosen
        (day, hour, zone).
    weight
        Days that each chosen day stands for, (day,).
    """
    means = all_days.mean(axis=(0, 1))
    found = np.average(chosen.mean(axis=1), axis=0, weights=weight)
    shifted = (all_days.min(axis=(0, 1)) < 0) | (found <= 0)
    factor = np.divide(means, found, out=np.ones_like(means), where=~shifted)
    shift = np.where(shifted, means - found, 0.0)
    return chosen * factor + shift, np.where(shifted, shift, factor)
