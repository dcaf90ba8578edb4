"""Parts of a program: some columns free, the others held at the values of a point."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from carbonplan.solve.arrays import FLEET, Arrays, Floats

Columns = NDArray[np.bool_]
Rows = NDArray[np.bool_]


def selected(arrays: Arrays, columns: Columns, rows: Rows) -> Arrays:
    """Return the program in some columns and rows alone; entries elsewhere are dropped."""
    of_column = arrays.entry_columns
    kept = columns[of_column] & rows[arrays.rows]
    counts = np.bincount(of_column[kept], minlength=arrays.columns_count)[columns]
    return Arrays(
        starts=np.concatenate([[0], np.cumsum(counts)]),
        rows=(np.cumsum(rows) - 1)[arrays.rows[kept]],
        coefficients=arrays.coefficients[kept],
        row_lower=arrays.row_lower[rows],
        row_upper=arrays.row_upper[rows],
        lower=arrays.lower[columns],
        upper=arrays.upper[columns],
        integer=arrays.integer[columns],
        cost=arrays.cost[columns],
        offset=arrays.offset,
        rank=arrays.rank[columns],
        slot=arrays.slot[columns],
    )


def restricted(arrays: Arrays, free: Columns, values: Floats) -> Arrays:
    """Return the program in the free columns alone; rows without any of them are left out.

    Parameters
    ----------
    free
        Columns that stay, (column,).
    values
        Point at which the others are held; their activity moves to the rows' bounds, (column,).
    """
    held = np.where(free, 0.0, values)
    activity = arrays.activities(held)
    touched = rows_of(arrays, free)
    return replace(
        selected(arrays, free, touched),
        row_lower=(arrays.row_lower - activity)[touched],
        row_upper=(arrays.row_upper - activity)[touched],
        offset=arrays.objective(held),
    )


def with_neighbours(arrays: Arrays, block: Columns) -> Columns:
    """Add the continuous and the fleet's columns that share a row with a block of columns."""
    near = np.zeros(arrays.columns_count, dtype=bool)
    near[arrays.entry_columns[rows_of(arrays, block)[arrays.rows]]] = True
    return block | (near & (~arrays.integer | (arrays.slot == FLEET)))


def rows_of(arrays: Arrays, columns: Columns) -> Rows:
    """Rows in which some of the columns stand."""
    rows = np.zeros(arrays.rows_count, dtype=bool)
    rows[arrays.rows[columns[arrays.entry_columns]]] = True
    return rows


def fleet_only(arrays: Arrays) -> Arrays:
    """Return the program in which only the fleet's columns must be whole: a relaxation."""
    return replace(arrays, integer=arrays.integer & (arrays.slot == FLEET))


def slots_count(arrays: Arrays) -> int:
    """Number of slots."""
    return int(arrays.slot.max(initial=FLEET)) + 1


def window(arrays: Arrays, first: int, length: int) -> Columns:
    """Columns of a run of slots; the last slot is followed by the first."""
    slots = slots_count(arrays)
    chosen = np.zeros(slots, dtype=bool)
    chosen[np.arange(first, first + min(length, slots)) % slots] = True
    return of_slots(arrays, chosen)


def of_slots(arrays: Arrays, chosen: NDArray[np.bool_]) -> Columns:
    """Columns of the chosen slots, (column,)."""
    return (arrays.slot != FLEET) & chosen[arrays.slot]
