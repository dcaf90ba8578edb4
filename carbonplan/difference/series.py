"""Series and demand of two sides: in how many hours they differ, by how much, and most when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.difference.arrays import Met, differing, met
from carbonplan.difference.records import SeriesChange
from carbonplan.difference.slots import Slots
from carbonplan.plan.variables import GROUNDS

if TYPE_CHECKING:
    import xarray as xr

FOLLOWS = "idle_intensity_kgco2e_per_kwh"  # from the intensity and the scenario
OF_CONTRACTS = "residual_intensity_kgco2e_per_kwh"  # without contracts, the intensity again
SERIES = tuple(
    name
    for name, variable in GROUNDS.items()
    if "slot" in variable.dims and len(variable.dims) > 1 and name != FOLLOWS
)


def series_of(data: xr.Dataset) -> tuple[str, ...]:
    """Names of the series that a dataset has."""
    contracts = data.sizes.get("contract")
    return tuple(
        name for name in SERIES if name in data and (contracts or name != OF_CONTRACTS)
    )


def series_changes(old: xr.Dataset, new: xr.Dataset, slots: Slots) -> tuple[SeriesChange, ...]:
    """Series that differ in slots that both sides have, by name and label."""
    if not len(slots.new):
        return ()
    return tuple(
        change
        for name in series_of(new)
        if name in series_of(old)
        for change in _changes(name, _rows(name, old, new, slots), slots)
    )


def _rows(name: str, old: xr.Dataset, new: xr.Dataset, slots: Slots) -> Met:
    """A series of both sides over its labels and the shared slots."""
    dims = [dim for dim in GROUNDS[name].dims if dim != "slot"]
    before = given(old, name).isel(slot=slots.old).drop_vars("slot", errors="ignore")
    after = given(new, name).isel(slot=slots.new).drop_vars("slot", errors="ignore")
    return met(before, after, dims)


def given(data: xr.Dataset, name: str) -> xr.DataArray:
    """A series as it was given: without classes whose demand a plan chooses by partition."""
    if "request_class" not in GROUNDS[name].dims or not data.sizes.get("partition"):
        return data[name]
    ways = tuple(f"{way}/" for way in data["partition"].values.tolist())
    fixed = [k for k in data["request_class"].values.tolist() if not k.startswith(ways)]
    return data[name].sel(request_class=fixed)


def _changes(name: str, rows: Met, slots: Slots) -> Iterator[SeriesChange]:
    apart = differing(rows.old, rows.new)
    total = float(slots.hours.sum())
    for place in np.argwhere(apart.any(axis=-1)):
        at = tuple(place)
        before, after = rows.old[at], rows.new[at]
        most = int(np.argmax(np.abs(np.nan_to_num(after - before))))
        yield SeriesChange(
            name=name,
            meaning=GROUNDS[name].long_name,
            unit=GROUNDS[name].units,
            of=rows.label(at),
            hours=float(slots.hours[apart[at]].sum()),
            of_hours=total,
            old_mean=float(before @ slots.hours / total),
            new_mean=float(after @ slots.hours / total),
            largest=float(after[most] - before[most]),
            at=str(slots.time[most]),
        )
