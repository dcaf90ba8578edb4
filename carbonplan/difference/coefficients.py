"""Coefficients that two sides rest on, and what only one of them has configurations for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.difference.arrays import differing, met, relative
from carbonplan.difference.records import CoefficientChange, NameChange
from carbonplan.plan.variables import GROUNDS

if TYPE_CHECKING:
    import xarray as xr

COEFFICIENTS = tuple(name for name, one in GROUNDS.items() if "slot" not in one.dims)
NAMED = ("request_class", "configuration")


def name_changes(old: xr.Dataset, new: xr.Dataset) -> tuple[NameChange, ...]:
    """Request classes and configurations that only one side has."""
    changes = []
    for dim in NAMED:
        if dim not in old.coords or dim not in new.coords:
            continue
        before, after = old[dim].values.tolist(), new[dim].values.tolist()
        gone = tuple(name for name in before if name not in set(after))
        come = tuple(name for name in after if name not in set(before))
        if gone or come:
            changes.append(NameChange(dim, gone, come))
    return tuple(changes)


def coefficient_changes(old: xr.Dataset, new: xr.Dataset) -> tuple[CoefficientChange, ...]:
    """Coefficients that differ where both sides have labels."""
    return tuple(_changes(old, new))


def _changes(old: xr.Dataset, new: xr.Dataset) -> Iterator[CoefficientChange]:
    for name in COEFFICIENTS:
        if name not in old or name not in new:
            continue
        both = met(old[name], new[name], GROUNDS[name].dims)
        apart = differing(both.old, both.new)
        if not apart.any():
            continue
        distance = np.where(apart, relative(both.old, both.new), -1.0)
        place = np.unravel_index(int(np.argmax(distance)), apart.shape)
        yield CoefficientChange(
            name=name,
            meaning=GROUNDS[name].long_name,
            unit=GROUNDS[name].units,
            differing=int(apart.sum()),
            compared=apart.size,
            at=both.label(place),
            old=both.old[place].item(),
            new=both.new[place].item(),
        )
