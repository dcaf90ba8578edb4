"""Hours out of a provider's slots, and what is to be done about those that are missing.

An hour is the mean of its slots and stands only if they cover all of it. A slot with two values
has none. Nothing is filled unless the user says how, and then every hour that was is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.series import HOUR, utc_text
from carbonplan.errors import InvalidInput
from carbonplan.providers.failures import UnusableAnswer
from carbonplan.providers.records import Points, Span
from carbonplan.units import MINUTES_PER_HOUR

Fill = Literal["linear", "previous", "none"]

CELL_MINUTES = 5
CELL = np.timedelta64(CELL_MINUTES, "m")
CELLS = MINUTES_PER_HOUR // CELL_MINUTES  # of an hour
SAME = 0.01  # rounding between two resolutions of one series, in its unit
LISTED = 20
MOST_HOURS = 5 * 8784


@dataclass(frozen=True)
class ZoneSeries:
    """Hours of one zone.

    Attributes
    ----------
    values
        (hour,); NaN where nothing is known.
    estimated
        Share of the hour that the provider estimated, (hour,) [1].
    filled
        Hours that were filled by rule, as text.
    missing
        Stretches without a value before anything was filled, as text.
    """

    zone: str
    values: NDArray[np.float64]
    estimated: NDArray[np.float64]
    filled: tuple[str, ...]
    missing: tuple[str, ...]
    revised: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def share_estimated(self) -> float:
        """Of the hours that are known."""
        known = ~np.isnan(self.values)
        return float(self.estimated[known].mean()) if known.any() else 0.0


def whole_span(points: Points) -> Span:
    """From the first hour that points lie in to the last.

    Raises
    ------
    UnusableAnswer
        They lie further apart than any series is long.
    """
    ends = points.starts + points.minutes.astype("timedelta64[m]")
    first = points.starts.min().astype("datetime64[h]").astype("datetime64[m]")
    last = (ends.max() - np.timedelta64(1, "m")).astype("datetime64[h]").astype("datetime64[m]")
    if last - first > MOST_HOURS * HOUR:
        raise UnusableAnswer(f"is of {utc_text(first)} to {utc_text(last)}")
    return Span(first, last + HOUR)


def hourly(points: Points, span: Span, fill: Fill | None) -> ZoneSeries:
    """Hours of a span.

    Raises
    ------
    InvalidInput
        Hours are missing and no rule says how to fill them.
    """
    cells, estimated, odd, repeated = _cells(points.within(span), span)
    whole = ~np.isnan(cells.reshape(-1, CELLS)).any(axis=1)
    values = np.where(whole, cells.reshape(-1, CELLS).mean(axis=1), np.nan)
    missing = tuple(_stretches(np.isnan(cells), span.first))
    if missing and fill is None:
        raise InvalidInput(
            f"{points.zone}, {span}",
            [
                *_listed((*odd, *missing)),
                "--fill linear, previous or none says what is to be done",
            ],
        )
    completed = _filled(values, fill)
    if fill != "none" and np.isnan(completed).any():
        raise InvalidInput(
            f"{points.zone}, {span}",
            [*_listed(missing), f"--fill {fill} has no value to begin or to end with"],
        )
    changed = span.hours[np.isnan(values) & ~np.isnan(completed)]
    twice = [f"{repeated} slots stood twice, with the same value"] if repeated else []
    return ZoneSeries(
        points.zone,
        completed,
        estimated.reshape(-1, CELLS).mean(axis=1),
        tuple(utc_text(hour) for hour in changed),
        missing,
        points.revised,
        (*points.notes, *twice, *(_listed(odd) if odd else ())),
    )


def _cells(
    points: Points, span: Span
) -> tuple[NDArray[np.float64], NDArray[np.bool_], tuple[str, ...], int]:
    """Value and flag of every five minutes, (cell,), contradictions, and how many slots agree.

    Where a stretch is told in several resolutions, the finest holds.
    """
    count = len(span.hours) * CELLS
    cells, flags, repeated = np.full(count, np.nan), np.zeros(count, dtype=bool), 0
    odd: list[str] = []
    for minutes in sorted(set(points.minutes.tolist()), reverse=True):
        at = points.minutes == minutes
        starts, values, twice, wrong = _unique(points.starts[at], points.values[at])
        odd += [f"{time} has two values" for time in wrong]
        repeated += twice
        first = ((starts - span.first) / CELL).astype(int)
        place = (first[:, None] + np.arange(minutes // CELL_MINUTES)).ravel()
        spread = np.repeat(values, minutes // CELL_MINUTES)
        said = (place < count) & ~np.isnan(spread)
        finer = np.full(count, np.nan)
        finer[place[said]] = spread[said]
        differ = _disagreements(cells, finer)
        odd += [
            f"{utc_text(hour)} has two values, by resolution" for hour in span.hours[differ]
        ]
        cells = np.where(np.isnan(finer), cells, finer)
        cells[np.repeat(differ, CELLS)] = np.nan
        flags |= _flagged(points, at, span, count, minutes)
    return cells, flags, tuple(odd), repeated


def _unique(
    starts: NDArray[np.datetime64], values: NDArray[np.float64]
) -> tuple[NDArray[np.datetime64], NDArray[np.float64], int, list[str]]:
    """Each start once, how many stood twice alike, and those with two values; null is none."""
    known = ~np.isnan(values)
    starts, values = starts[known], values[known]
    order = np.argsort(starts, kind="stable")
    starts, values = starts[order], values[order]
    again = np.flatnonzero(np.diff(starts) == np.timedelta64(0, "m")) + 1
    wrong = np.unique(starts[again[values[again] != values[again - 1]]])
    kept = np.setdiff1d(np.arange(len(starts)), again)
    kept = kept[~np.isin(starts[kept], wrong)]
    alike = len(again) - int(np.isin(starts[again], wrong).sum())
    return starts[kept], values[kept], alike, [utc_text(time) for time in wrong]


def _flagged(
    points: Points, at: NDArray[np.bool_], span: Span, count: int, minutes: int
) -> NDArray[np.bool_]:
    flags = np.zeros(count, dtype=bool)
    first = ((points.starts[at & points.estimated] - span.first) / CELL).astype(int)
    place = (first[:, None] + np.arange(minutes // CELL_MINUTES)).ravel()
    flags[place[place < count]] = True
    return flags


def _disagreements(coarse: NDArray[np.float64], fine: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Hours that two resolutions tell wholly, and differently, (hour,)."""
    means = coarse.reshape(-1, CELLS).mean(axis=1), fine.reshape(-1, CELLS).mean(axis=1)
    return np.abs(means[0] - means[1]) > SAME  # false where one of them is not whole


def _stretches(missing: NDArray[np.bool_], first: np.datetime64) -> Iterator[str]:
    edges = np.diff(np.concatenate(([0], missing.astype(int), [0])))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    for start, end in zip(starts, ends, strict=True):
        yield f"{utc_text(first + start * CELL)} to {utc_text(first + end * CELL)}"


def _listed(stretches: tuple[str, ...] | list[str]) -> list[str]:
    lines = [line if " has " in line else f"no value for {line}" for line in stretches[:LISTED]]
    more = len(stretches) - LISTED
    return [*lines, f"and {more} more like these"] if more > 0 else lines


def _filled(values: NDArray[np.float64], fill: Fill | None) -> NDArray[np.float64]:
    known = np.flatnonzero(~np.isnan(values))
    if fill not in ("linear", "previous") or not known.size:
        return values
    every = np.arange(len(values))
    if fill == "linear":
        return np.interp(every, known, values[known], left=np.nan, right=np.nan)
    before = np.searchsorted(known, every, side="right") - 1
    return np.where(before >= 0, values[known[np.maximum(before, 0)]], np.nan)
