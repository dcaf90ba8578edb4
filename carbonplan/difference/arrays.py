"""Labelled arrays of two sides met by label: where they differ, and most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.difference.records import ROUNDING

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Met:
    """Values of both sides where both have labels, and those labels by dimension."""

    old: NDArray
    new: NDArray
    labels: dict[str, list[str]]

    def label(self, place: Sequence[int]) -> dict[str, str]:
        """Labels of one place."""
        at = zip(self.labels.items(), place, strict=False)
        return {dim: names[i] for (dim, names), i in at}


def met(old: xr.DataArray, new: xr.DataArray, dims: Sequence[str]) -> Met:
    """Both arrays with the labels that they share along dimensions, in the new one's order."""
    labels = {}
    for dim in dims:
        theirs = set(old[dim].values.tolist())
        labels[dim] = [name for name in new[dim].values.tolist() if name in theirs]
    rest = [dim for dim in new.dims if dim not in labels]
    arrays = (one.sel(labels).transpose(*labels, *rest).values for one in (old, new))
    return Met(*arrays, labels)


def differing(old: NDArray, new: NDArray, rounding: float = ROUNDING) -> NDArray[np.bool_]:
    """Where numbers or words differ by more than rounding; two that are no number are alike."""
    if old.dtype.kind not in "fiu" or new.dtype.kind not in "fiu":
        return np.asarray(old != new)
    room = rounding * np.maximum(np.abs(old), np.abs(new))
    apart = np.abs(new - old) > room
    return np.where(np.isnan(old) | np.isnan(new), np.isnan(old) != np.isnan(new), apart)


def relative(old: NDArray, new: NDArray) -> NDArray[np.float64]:
    """How far apart numbers are, as a share of the larger; words that differ are 1 apart."""
    if old.dtype.kind not in "fiu" or new.dtype.kind not in "fiu":
        return (old != new).astype(float)
    largest = np.maximum(np.abs(old), np.abs(new))
    safe = np.where(largest > 0, largest, 1.0)
    return np.nan_to_num(np.abs(new - old) / safe, nan=1.0)
