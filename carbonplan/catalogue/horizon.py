"""The slots of a plan: consecutive ones, or those of a year of weighted typical days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.series import HOUR, Table, read_times
from carbonplan.catalogue.shipped import data_root, shown
from carbonplan.catalogue.tables import refuse, shortened
from carbonplan.errors import InvalidInput, nearest
from carbonplan.scenario.schema import Horizon

HOURS_OF_A_DAY = 24
WEIGHT = "weight"
COMPANIONS = ("-wue", "-ewif", "-price", "-errors")  # endings of tables beside typical days


@dataclass(frozen=True)
class TypicalDays:
    """Days that stand for a year, with what happens in every zone.

    Attributes
    ----------
    dates
        The real days, (day,).
    weight
        Like days that each stands for, (day,) [1].
    zones
        Names of the columns.
    values
        (day, hour, zone), in the unit of the table: carbon intensity in g/kWh, or one of
        the factors of ``typical_hours``.
    """

    path: Path
    dates: NDArray[np.datetime64]
    weight: NDArray[np.float64]
    zones: tuple[str, ...]
    values: NDArray[np.float64]


@dataclass(frozen=True)
class Slots:
    """Steps of operation in their order; every array is (slot,).

    Attributes
    ----------
    time_utc
        Start of the slot.
    weight
        How many like slots it stands for [1].
    previous
        Position of the slot before it; -1 where a closed run begins.
    run
        Number of its run of consecutive slots.
    slot_hours
        Length [h].
    per_hour
        How many slots an hour is made of.
    """

    time_utc: NDArray[np.datetime64]
    weight: NDArray[np.float64]
    previous: NDArray[np.int64]
    run: NDArray[np.int64]
    slot_hours: NDArray[np.float64]
    per_hour: int = 1

    def held(self, hours: NDArray[np.float64]) -> NDArray[np.float64]:
        """Hourly values in each slot of their hour, (..., hour) to (..., slot)."""
        return np.repeat(hours, self.per_hour, axis=-1)


def consecutive_slots(horizon: Horizon) -> Slots:
    """One run of slots from the start of the horizon."""
    if horizon.start is None or horizon.hours is None:
        raise InvalidInput(
            "horizon", ["expected either start and hours, or typical_days; neither is whole"]
        )
    start = np.datetime64(_in_utc(horizon.start), "m")
    count = round(horizon.hours * slots_per_hour(horizon))
    return _slots(start + _length(horizon) * np.arange(count), np.ones(count), 1, horizon)


def typical_slots(days: TypicalDays, horizon: Horizon) -> Slots:
    """One run of the slots of 24 hours for each typical day."""
    count = HOURS_OF_A_DAY * slots_per_hour(horizon)
    of_day = _length(horizon) * np.arange(count)
    times = (days.dates.astype("datetime64[m]")[:, None] + of_day).ravel()
    weight = np.repeat(days.weight, count)
    return _slots(times, weight, len(days.dates), horizon)


def slots_per_hour(horizon: Horizon) -> int:
    """How many slots an hour is made of."""
    return round(1 / horizon.slot_hours)


def _length(horizon: Horizon) -> np.timedelta64:
    return HOUR // slots_per_hour(horizon)


def _in_utc(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time


def _slots(
    times: NDArray[np.datetime64], weight: NDArray[np.float64], runs: int, horizon: Horizon
) -> Slots:
    positions = np.arange(len(times)).reshape(runs, -1)
    previous = np.roll(positions, 1, axis=1)
    if horizon.ends == "closed":
        previous[:, 0] = -1
    return Slots(
        time_utc=times.astype("datetime64[ns]"),
        weight=weight,
        previous=previous.ravel(),
        run=np.repeat(np.arange(runs), positions.shape[1]),
        slot_hours=np.full(len(times), float(horizon.slot_hours)),
        per_hour=slots_per_hour(horizon),
    )


def typical_days_file(name: str, folder: Path) -> Path:
    """The table of this name beside the scenario, or else in the catalogue."""
    places = (folder, data_root() / "grid")
    for place in places:
        path = place / f"{name}.csv"
        if path.is_file() and not _is_companion(path):
            return path
    found = (file for place in places for file in place.glob("typical-days*.csv"))
    known = [file.stem for file in found if not _is_companion(file)]
    raise InvalidInput(
        "horizon.typical_days",
        [
            f'no table "{shortened(name)}" in {shown(data_root() / "grid")} or beside the '
            f"scenario{nearest(name, known)}"
        ],
    )


def _is_companion(path: Path) -> bool:
    """Whether a table only adds to the typical days beside it."""
    endings = (ending for ending in COMPANIONS if path.stem.endswith(ending))
    bases = (path.with_name(f"{path.stem.removesuffix(ending)}.csv") for ending in endings)
    return any(base.is_file() for base in bases)


def read_typical_days(path: Path) -> TypicalDays:
    """Weighted days: columns ``time_utc``, ``weight`` and one per zone, 24 rows a day."""
    table = read_times(path)
    refuse(path, list(_layout_problems(table)))
    at = table.columns.index(WEIGHT)
    days = table.values.reshape(-1, HOURS_OF_A_DAY, len(table.columns))
    return TypicalDays(
        path=path,
        dates=table.times[::HOURS_OF_A_DAY].astype("datetime64[D]"),
        weight=days[:, 0, at],
        zones=tuple(name for name in table.columns if name != WEIGHT),
        values=np.delete(days, at, axis=2),
    )


def _layout_problems(table: Table) -> Iterator[str]:
    """What keeps the rows from being whole days, each with one weight."""
    if WEIGHT not in table.columns:
        yield f'column "{WEIGHT}" is missing{nearest(WEIGHT, table.columns)}'
        return
    rows = len(table.times)
    if rows % HOURS_OF_A_DAY:
        yield f"{rows} rows; expected 24 for each day"
        return
    weight = table.values[:, table.columns.index(WEIGHT)]
    for first in range(0, rows, HOURS_OF_A_DAY):
        day = slice(first, first + HOURS_OF_A_DAY)
        midnight = table.times[first].astype("datetime64[D]").astype("datetime64[m]")
        if np.any(table.times[day] != midnight + HOUR * np.arange(HOURS_OF_A_DAY)):
            yield f"{table.places[first]}: expected the 24 hours of a day from 00:00Z on"
        if weight[first] <= 0 or np.any(weight[day] != weight[first]):
            yield f"{table.places[first]}: expected one weight above 0 for all hours of a day"
