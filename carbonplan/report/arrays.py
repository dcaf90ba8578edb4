"""What a report reads from a plan's arrays, by label; what a plan lacks is None.

Plans written by earlier versions, or cut down by their user, may lack an array: whatever rests
on it is then left out of the report.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.report.wording import is_number

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]
ROUNDING = 1e-12  # of the largest number: what is less, a solver meant to be nothing


def values(data: xr.Dataset, name: str, *dims: str) -> Floats | None:
    """A variable over ``dims``, repeated along those that it lacks.

    No number counts as 0, and so does what is only rounding beside the largest.
    """
    if name not in data or any(dim not in data.sizes for dim in dims):
        return None
    array = data[name]
    absent = [dim for dim in dims if dim not in array.dims]
    present = [dim for dim in dims if dim in array.dims]
    numbers = array.transpose(*present).values.astype(np.float64)
    numbers = without_rounding(np.where(np.isfinite(numbers), numbers, 0.0))
    axes = tuple(dims.index(dim) for dim in absent)
    shape = tuple(data.sizes[dim] for dim in dims)
    return np.broadcast_to(np.expand_dims(numbers, axes), shape)


def without_rounding(numbers: Floats) -> Floats:
    """The numbers, with 0 for those that are only rounding beside the largest."""
    size = np.abs(numbers)
    return np.where(size > ROUNDING * size.max(initial=0.0), numbers, 0.0)


def beyond_rounding(parts: Mapping[str, object]) -> dict[str, float]:
    """Parts that are numbers and more than rounding beside the largest, by name."""
    found = {name: float(part) for name, part in parts.items() if is_number(part)}
    least = ROUNDING * max(map(abs, found.values()), default=0.0)
    return {name: part for name, part in found.items() if abs(part) > least}


def names(data: xr.Dataset, name: str) -> tuple[str, ...]:
    """Labels of a dimension, or of a coordinate along it; empty where there is none."""
    return tuple(map(str, data[name].values.tolist())) if name in data.variables else ()


def workload_names(data: xr.Dataset) -> tuple[str, ...]:
    """Workload of each request class: its coordinate, or what precedes the first slash."""
    classes = names(data, "request_class")
    return names(data, "workload") or tuple(name.partition("/")[0] for name in classes)


def slot_hours(data: xr.Dataset) -> Floats:
    """Hours of the horizon that each slot stands for: weight · slot_hours, (slot,) [h]."""
    count = data.sizes.get("slot", 0)
    weight = values(data, "weight", "slot")
    hours = values(data, "slot_hours", "slot")
    return (np.ones(count) if weight is None else weight) * (1.0 if hours is None else hours)


def operated(data: xr.Dataset) -> xr.Dataset:
    """The slots that stand for any hours: without those that only test the loss of a region."""
    weight = values(data, "weight", "slot")
    if weight is None or weight.all():
        return data
    return data.isel(slot=np.flatnonzero(weight))


def classes_of(data: xr.Dataset, kind: str) -> NDArray[np.bool_]:
    """Whether each request class is of a kind, "online" or "batch", (request_class,)."""
    kinds = names(data, "class_kind") or ("online",) * data.sizes.get("request_class", 0)
    return np.array([found == kind for found in kinds], dtype=bool)
