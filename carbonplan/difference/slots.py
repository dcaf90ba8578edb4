"""Which slots of two horizons are the same: by time, stage, future and region lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

KEYS = ("time_utc", "slot_stage", "slot_future", "lost_region")


@dataclass(frozen=True)
class Slots:
    """Slots that two sides share.

    Attributes
    ----------
    old, new
        Their positions on each side, (slot,).
    hours
        Their length [h], (slot,).
    time
        When each begins, ISO 8601 in UTC, (slot,).
    only_old, only_new
        Slots that the other side does not have.
    """

    old: NDArray[np.intp]
    new: NDArray[np.intp]
    hours: NDArray[np.float64]
    time: NDArray[np.str_]
    only_old: int
    only_new: int


def shared_slots(old: xr.Dataset, new: xr.Dataset) -> Slots:
    """The slots that stand in both, in the order of the new."""
    before, after = _keys(old), _keys(new)
    if before == after:
        mine = theirs = np.arange(len(after))
    else:
        position = dict(zip(before, range(len(before)), strict=True))
        pairs = [(position[key], i) for i, key in enumerate(after) if key in position]
        mine, theirs = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
    time = np.datetime_as_string(new["time_utc"].values[theirs], unit="m")
    return Slots(
        old=mine,
        new=theirs,
        hours=new["slot_hours"].values[theirs],
        time=np.char.add(time, "Z"),
        only_old=len(before) - len(set(mine.tolist())),
        only_new=len(after) - len(theirs),
    )


def _keys(data: xr.Dataset) -> list[tuple[object, ...]]:
    """What tells each slot apart."""
    columns = [data[name].values.tolist() for name in KEYS]
    return list(zip(*columns, strict=True))
