"""A program with fewer, longer slots: which decisions are worth a look at all.

Every run of slots becomes one slot: the columns of a label in the run are one column, which
costs what they cost together, and only the rows of one of its slots are kept. It is solved
in a fraction of the time and bounds nothing; what it uses, the program will mostly use too.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from carbonplan.solve.arrays import FLEET, Arrays, Floats
from carbonplan.solve.parts import Columns, selected, slots_count

USED = 1e-7


def labels_of(arrays: Arrays) -> NDArray[np.int64] | None:
    """Number of each column among those of its slot, ``FLEET`` for the fleet's, (column,).

    Slots are stamped from one, so equal numbers are one decision at several times. None if the
    slots differ in their numbers of columns.
    """
    columns = np.flatnonzero(arrays.slot != FLEET)
    counts = np.bincount(arrays.slot[columns], minlength=1)
    if (counts != counts[0]).any():
        return None
    columns = columns[np.argsort(arrays.slot[columns], kind="stable")]
    labels = np.full(arrays.columns_count, FLEET)
    labels[columns] = np.tile(np.arange(counts[0]), len(counts))
    return labels


def coarsened(
    arrays: Arrays, labels: NDArray[np.int64], length: int, offset: int = 0
) -> tuple[Arrays, NDArray[np.int64]]:
    """Return the program with runs of slots of a length as one, and its columns' labels.

    The rows that are kept are those of the slot that lies ``offset`` after the first of a run.
    """
    first = np.where(arrays.slot == FLEET, FLEET, arrays.slot // length * length)
    is_kept = first == arrays.slot
    stand_in = _stand_ins(arrays, labels, first)
    merged = _merged(replace(arrays, cost=_summed(arrays, stand_in)), stand_in)
    rows = _row_slots(arrays)
    rows = (rows == FLEET) | (rows % length == offset)
    return selected(merged, is_kept, rows), labels[is_kept]


def used_labels(values: Floats, lower: Floats, labels: NDArray[np.int64]) -> Columns:
    """Whether each label is used by a point of the coarse program, (label,)."""
    used = np.zeros(labels.max(initial=0) + 1, dtype=bool)
    used[labels[(values > lower + USED) & (labels != FLEET)]] = True
    return used


def _stand_ins(arrays: Arrays, labels: NDArray, first: NDArray) -> NDArray[np.int64]:
    """Column of the same label in the first slot of a column's run; itself for the fleet."""
    stand_in = np.arange(arrays.columns_count)
    timed = np.flatnonzero(arrays.slot != FLEET)
    at = np.empty((labels.max(initial=0) + 1, slots_count(arrays)), dtype=np.int64)
    at[labels[timed], arrays.slot[timed]] = timed
    stand_in[timed] = at[labels[timed], first[timed]]
    return stand_in


def _summed(arrays: Arrays, stand_in: NDArray[np.int64]) -> Floats:
    return np.bincount(stand_in, weights=arrays.cost, minlength=arrays.columns_count)


def _merged(arrays: Arrays, stand_in: NDArray[np.int64]) -> Arrays:
    """Move every entry to the column that stands in for its own; sum those that meet."""
    keys = stand_in[arrays.entry_columns] * arrays.rows_count + arrays.rows
    kept, entry = np.unique(keys, return_inverse=True)
    columns, rows = np.divmod(kept, arrays.rows_count)
    sums = np.bincount(entry, weights=arrays.coefficients)
    is_entry = sums != 0
    counts = np.bincount(columns[is_entry], minlength=arrays.columns_count)
    return replace(
        arrays,
        starts=np.concatenate([[0], np.cumsum(counts)]),
        rows=rows[is_entry],
        coefficients=sums[is_entry],
    )


def _row_slots(arrays: Arrays) -> NDArray[np.int64]:
    """Slot of most columns of each row, ``FLEET`` if it has none in any, (row,).

    A row that looks back at the slot before has fewer columns there than in its own.
    """
    slots = arrays.slot[arrays.entry_columns]
    in_slots = slots != FLEET
    count = slots_count(arrays)
    keys, entries = np.unique(
        arrays.rows[in_slots] * count + slots[in_slots], return_counts=True
    )
    most_last = np.lexsort((-keys, entries))
    of_row = np.full(arrays.rows_count, FLEET)
    of_row[keys[most_last] // count] = keys[most_last] % count
    return of_row
