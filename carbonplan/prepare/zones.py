"""Hours of many zones from long or wide CSV files, gaps told or filled when asked to.

A long file has a column that names the zone and one that holds the value; a wide file has one
column for each zone. An empty cell or a missing row is a gap.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.cells import parsed_numbers, parsed_times, read_fields, told
from carbonplan.catalogue.series import HOUR, TIME, utc_text
from carbonplan.catalogue.shipped import shown
from carbonplan.catalogue.tables import refuse
from carbonplan.errors import InvalidInput, nearest

LIMIT_BYTES = 2_000_000_000
LIMIT_HOURS = 20 * 8784
HOURS_OF_A_DAY = 24
ZONE = "zone_id"


class Columns(NamedTuple):
    """Columns of a long file: the zone's name, and the values wanted."""

    zone: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class ZoneHours:
    """Hours of every zone on one grid of times.

    Attributes
    ----------
    times
        Consecutive hours in UTC, (hour,).
    values
        By zone, (hour, column); NaN in gaps.
    """

    times: NDArray[np.datetime64]
    values: Mapping[str, NDArray[np.float64]]


def read_zones(path: Path, columns: Columns | None = None) -> ZoneHours:
    """Hours of the zones of a file, from its first to its last.

    Parameters
    ----------
    columns
        Columns of a long file; without them they are found: a file with a column ``zone_id``
        is long and its last column holds the values, any other file is wide.
    """
    fields = read_fields(path, LIMIT_BYTES)
    if columns is None and ZONE in fields.header:
        columns = Columns(ZONE, (fields.header[-1],))
    wanted = (TIME, columns.zone, *columns.values) if columns else (TIME,)
    missing = [name for name in wanted if name not in fields.header]
    refuse(
        path, [f'column "{name}" is missing{nearest(name, fields.header)}' for name in missing]
    )
    names = columns.values if columns else [name for name in fields.header if name != TIME]
    times, time_problems = parsed_times(fields.places, fields.column(TIME))
    cells = fields.columns(names)
    numbers, problems = parsed_numbers(fields.places, names, cells, gaps=True)
    refuse(path, [*time_problems, *problems])
    if columns is None:
        by_zone = {name: (times, numbers[:, [i]]) for i, name in enumerate(names)}
    else:
        by_zone = _split(times, fields.column(columns.zone), numbers)
    return _on_one_grid(path, by_zone)


def joined(paths: Sequence[Path], names: Sequence[str] = ()) -> ZoneHours:
    """Zones of several files side by side; all must cover the same hours.

    Parameters
    ----------
    names
        What each file is of, where several are of the same zones: ``price``, say, whose zones
        then are called ``price:DE``.
    """
    parts = [read_zones(path) for path in paths]
    if names:
        parts = [
            ZoneHours(part.times, {f"{name}:{zone}": one for zone, one in part.values.items()})
            for name, part in zip(names, parts, strict=True)
        ]
    values: dict[str, NDArray[np.float64]] = {}
    for path, part in zip(paths, parts, strict=True):
        same = np.array_equal(part.times, parts[0].times)
        problems = [
            f'zone "{zone}" is in an earlier file too' for zone in part.values if zone in values
        ]
        if not same:
            problems.append(
                f"covers {_span(part.times)}; {shown(paths[0])} covers {_span(parts[0].times)}"
            )
        refuse(path, problems)
        values.update(part.values)
    return ZoneHours(parts[0].times, values)


def filled(hours: ZoneHours, most_hours: int) -> tuple[ZoneHours, dict[str, int]]:
    """Gaps of at most so many hours filled, and how many hours that were, by zone.

    A missing hour becomes the mean of the same hour on the nearest days before and after that
    have it, so that neither the shape of the day nor the season is lost.
    """
    filled_hours, problems = {}, []
    values = {}
    for zone, series in hours.values.items():
        missing = np.isnan(series).any(axis=1)
        longest, first = _longest_run(missing)
        if longest > most_hours:
            problems.append(
                f'zone "{zone}": no value for {utc_text(hours.times[first])} and '
                f"{longest - 1} hours after it, {int(missing.sum())} hours in all; "
                "gaps are filled only if asked"
            )
            continue
        values[zone] = _with_neighbours(series, missing)
        if np.isnan(values[zone]).any():
            problems.append(f'zone "{zone}": an hour of the day that no day has a value for')
        elif missing.any():
            filled_hours[zone] = int(missing.sum())
    if problems:
        raise InvalidInput("hourly series", problems)
    return ZoneHours(hours.times, values), filled_hours


def _split(
    times: NDArray[np.datetime64], zones: Sequence[str], numbers: NDArray[np.float64]
) -> dict[str, tuple[NDArray[np.datetime64], NDArray[np.float64]]]:
    rows: Mapping[str, list[int]] = defaultdict(list)
    for row, zone in enumerate(zones):
        rows[zone].append(row)
    return {zone: (times[at], numbers[at]) for zone, at in rows.items()}


def _on_one_grid(
    path: Path, by_zone: Mapping[str, tuple[NDArray[np.datetime64], NDArray[np.float64]]]
) -> ZoneHours:
    first = min(times.min() for times, _ in by_zone.values())
    last = max(times.max() for times, _ in by_zone.values())
    if (last - first) / HOUR > LIMIT_HOURS:
        refuse(
            path, [f"covers {utc_text(first)} to {utc_text(last)}; at most 20 years are read"]
        )
    grid = np.arange(first, last + HOUR, HOUR)
    values, problems = {}, []
    for zone, (times, numbers) in by_zone.items():
        slot = ((times - first) / HOUR).astype(float)
        if np.any(slot % 1):
            problems.append(f'zone "{zone}": rows that are no whole hours apart')
            continue
        at = slot.astype(int)
        if len(np.unique(at)) < len(at):
            twice = grid[np.flatnonzero(np.bincount(at) > 1)[0]]
            problems.append(f'zone "{zone}": {utc_text(twice)} stands twice')
            continue
        values[zone] = np.full((len(grid), numbers.shape[1]), np.nan)
        values[zone][at] = numbers
    refuse(path, told(problems))
    return ZoneHours(grid, values)


def _longest_run(missing: NDArray[np.bool_]) -> tuple[int, int]:
    """Length and start of the longest run of True."""
    edges = np.diff(np.concatenate(([0], missing.astype(int), [0])))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    if not starts.size:
        return 0, 0
    longest = int(np.argmax(ends - starts))
    return int(ends[longest] - starts[longest]), int(starts[longest])


def _with_neighbours(
    series: NDArray[np.float64], missing: NDArray[np.bool_]
) -> NDArray[np.float64]:
    result = series.copy()
    for hour in np.flatnonzero(missing):
        same_hour = np.arange(hour % HOURS_OF_A_DAY, len(series), HOURS_OF_A_DAY)
        known = same_hour[~missing[same_hour]]
        around = [*known[known < hour][-1:], *known[known > hour][:1]]
        if around:
            result[hour] = series[around].mean(axis=0)
    return result


def _span(times: NDArray[np.datetime64]) -> str:
    return f"{utc_text(times[0])} to {utc_text(times[-1])}"
