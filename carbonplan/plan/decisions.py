"""A solver's vector becomes labelled dense arrays, by one loop over the program's columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.plan.variables import DECISIONS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from carbonplan.program import Layout, Program

Labelled = tuple[tuple[str, ...], "NDArray[np.float64]"]  # dimensions and values

NOISE = 1e-6  # a value this close to a whole number, or this far outside a bound, is rounding

VARIABLE_OF = {
    "Servers": "servers",
    "Purchased": "purchased_servers",
    "Kept": "kept_servers",
    "Upgraded": "upgraded_servers",
    "Moved": "moved_servers",
    "Fitted": "fitted_servers",
    "FittedServers": "fitted_fleet",
    "Powered": "powered_servers",
    "PoweredFitted": "powered_fitted",
}

OF_RISK = ("Threshold", "Excess")  # they follow from what the summary says of the futures


def variable_name(family: str) -> str:
    """Name in the plan of a decision of the program; most differ by the capital only."""
    return VARIABLE_OF.get(family, family.lower())


def without_noise(program: Program, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Whole columns whole and all inside their bounds, where they miss it by noise only.

    A larger miss stays as it is: ``verify`` shall name it.
    """
    whole = np.round(values)
    near = program.integer & (np.abs(values - whole) <= NOISE)
    values = np.where(near, whole, values)
    inside = np.clip(values, program.column_lower, program.column_upper)
    values = np.where(np.abs(values - inside) <= NOISE, inside, values)
    return values + 0.0  # turns -0.0 into 0.0


def decisions(
    columns: Mapping[str, Layout],
    values: NDArray[np.float64],
    labels: Mapping[str, Sequence[str]],
    slots: int,
) -> dict[str, Labelled]:
    """Dense arrays by variable name; a label that the program does not have is zero.

    Parameters
    ----------
    columns
        Layout of each decision family.
    values
        One value for each column.
    labels
        Names along each dimension but ``slot``, in order.
    slots
        Length of the dimension ``slot``.
    """
    sizes = {dim: len(names) for dim, names in labels.items()} | {"slot": slots}
    arrays = {
        name: (DECISIONS[name].dims, np.zeros([sizes[dim] for dim in DECISIONS[name].dims]))
        for name in DECISIONS
    }
    for family, layout in columns.items():
        if family in OF_RISK:
            continue
        operated = layout.positions.ndim == 2
        dims = (*layout.dims, "slot") if operated else layout.dims
        dense = np.zeros([sizes[dim] for dim in dims])
        dense[places(layout, labels)] = values[layout.positions]
        name = variable_name(family)
        wanted = DECISIONS[name].dims if name in DECISIONS else dims
        arrays[name] = (wanted, dense.transpose([dims.index(dim) for dim in wanted]))
    return arrays


def places(layout: Layout, labels: Mapping[str, Sequence[str]]) -> tuple[NDArray[np.intp], ...]:
    """Index arrays, one a dimension, that put each label of a layout at its place."""
    found = []
    for axis, dim in enumerate(layout.dims):
        place = {name: position for position, name in enumerate(labels[dim])}
        found.append(np.array([place[label[axis]] for label in layout.labels], dtype=np.intp))
    return tuple(found)
