"""The program as plain numpy arrays, checked before any solver sees them.

HiGHS crashes, hangs or solves another model when handed malformed arrays; what reaches it has
passed :func:`check`. Only numpy is needed here, so that a worker process starts fast.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from carbonplan.program import Layout, Program

FLEET = -1  # slot of a column that belongs to no slot
NO_SLOT = np.iinfo(np.int64).max
ROUNDING_RANK = {
    "Replicas": 1,
    "Powered": 2,
    "Servers": 3,
    "Purchased": 3,
    "Kept": 3,
    "Fitted": 3,
}  # others: 0

Floats = NDArray[np.float64]


class MalformedProgram(ValueError):
    """Arrays that are no program: a fault of whatever built them, not of the scenario."""


@dataclass(frozen=True)
class Arrays:
    """min cost·x + offset  subject to  row_lower <= A x <= row_upper, lower <= x <= upper.

    Attributes
    ----------
    starts, rows, coefficients
        A by columns, (column + 1,), (entry,), (entry,).
    integer
        Columns that must be whole, (column,).
    rank
        When heuristics round a whole column, by its family in ``ROUNDING_RANK``: each rank
        makes room for those before it, (column,).
    slot
        Slot of each column, the first of those that share it, ``FLEET`` for the fleet's,
        (column,).
    """

    starts: NDArray[np.int64]
    rows: NDArray[np.int64]
    coefficients: Floats
    row_lower: Floats
    row_upper: Floats
    lower: Floats
    upper: Floats
    integer: NDArray[np.bool_]
    cost: Floats
    offset: float
    rank: NDArray[np.int64]
    slot: NDArray[np.int64]

    @property
    def columns_count(self) -> int:
        """Number of columns."""
        return len(self.cost)

    @property
    def rows_count(self) -> int:
        """Number of rows."""
        return len(self.row_lower)

    @property
    def entry_columns(self) -> NDArray[np.int64]:
        """Column of each entry of A, (entry,)."""
        return np.repeat(np.arange(self.columns_count), np.diff(self.starts))

    def activities(self, values: Floats) -> Floats:
        """A x, (row,)."""
        weights = self.coefficients * values[self.entry_columns]
        return np.bincount(self.rows, weights=weights, minlength=self.rows_count)

    def reduced_costs(self, duals: Floats) -> Floats:
        """Cost less A' y, (column,)."""
        weights = self.coefficients * duals[self.rows]
        return self.cost - np.bincount(
            self.entry_columns, weights=weights, minlength=self.columns_count
        )

    def objective(self, values: Floats) -> float:
        """Cost of a point, cost·x + offset."""
        return float(self.cost @ values) + self.offset

    def fixed(self, columns: NDArray, values: Floats) -> Arrays:
        """Return the program with some columns held at values."""
        lower, upper = self.lower.copy(), self.upper.copy()
        lower[columns] = values
        upper[columns] = values
        return replace(self, lower=lower, upper=upper)

    def relaxed(self) -> Arrays:
        """Return the program with no column whole."""
        return replace(self, integer=np.zeros_like(self.integer))


def arrays_of(program: Program) -> Arrays:
    """Arrays of a program, checked; explicit zeros of the matrix are left out."""
    rank, slot = _marks(program.columns, len(program.cost))
    matrix = program.matrix
    arrays = Arrays(
        starts=np.asarray(matrix.indptr),
        rows=np.asarray(matrix.indices),
        coefficients=np.asarray(matrix.data),
        row_lower=np.asarray(program.row_lower),
        row_upper=np.asarray(program.row_upper),
        lower=np.asarray(program.column_lower),
        upper=np.asarray(program.column_upper),
        integer=np.asarray(program.integer),
        cost=np.asarray(program.cost),
        offset=program.offset,
        rank=rank,
        slot=slot,
    )
    if matrix.format != "csc" or matrix.shape != (arrays.rows_count, arrays.columns_count):
        raise MalformedProgram(
            f"matrix is {matrix.format} {matrix.shape}, expected csc "
            f"({arrays.rows_count}, {arrays.columns_count})"
        )
    check(arrays)
    return without_zeros(arrays)


def check(arrays: Arrays) -> None:
    """Raise :class:`MalformedProgram` unless the arrays are a program; name every fault."""
    faults = _wrong_shapes(arrays) or [
        *_wrong_entries(arrays),
        *_wrong_numbers(arrays),
    ]
    if faults:
        raise MalformedProgram("; ".join(faults))


def without_zeros(arrays: Arrays) -> Arrays:
    """Return the same program without explicit zeros in its matrix."""
    kept = arrays.coefficients != 0
    if kept.all():
        return arrays
    counts = np.bincount(arrays.entry_columns[kept], minlength=arrays.columns_count)
    return replace(
        arrays,
        starts=np.concatenate([[0], np.cumsum(counts)]),
        rows=arrays.rows[kept],
        coefficients=arrays.coefficients[kept],
    )


def _marks(layouts: Mapping[str, Layout], columns: int) -> tuple[NDArray, NDArray]:
    rank, slot = np.zeros(columns, dtype=np.int64), np.full(columns, NO_SLOT)
    for family, layout in layouts.items():
        positions = np.asarray(layout.positions)
        if positions.size and (positions.min() < 0 or positions.max() >= columns):
            raise MalformedProgram("a layout names columns that do not exist")
        rank[positions] = ROUNDING_RANK.get(family, 0)
        if positions.ndim == 2:
            labels, slots = positions.shape
            np.minimum.at(slot, positions.ravel(), np.tile(np.arange(slots), labels))
    return rank, np.where(slot == NO_SLOT, FLEET, slot)


def _wrong_shapes(arrays: Arrays) -> list[str]:
    columns, rows = arrays.columns_count, arrays.rows_count
    expected = {
        "starts": columns + 1,
        "rows": len(arrays.coefficients),
        "row_upper": rows,
        "lower": columns,
        "upper": columns,
        "integer": columns,
    }
    faults = [
        f"{name} has shape {getattr(arrays, name).shape}, expected ({length},)"
        for name, length in expected.items()
        if getattr(arrays, name).shape != (length,)
    ]
    kinds = {"starts": "iu", "rows": "iu", "integer": "b"}
    faults += [
        f"{field.name} has type {getattr(arrays, field.name).dtype}"
        for field in fields(arrays)
        if field.name != "offset"
        and getattr(arrays, field.name).dtype.kind not in kinds.get(field.name, "iuf")
    ]
    return faults


def _wrong_entries(arrays: Arrays) -> list[str]:
    starts, rows, entries = arrays.starts, arrays.rows, len(arrays.coefficients)
    if starts[0] != 0 or starts[-1] != entries or (np.diff(starts) < 0).any():
        return ["starts do not rise from 0 to the number of entries"]
    if entries == 0:
        return []
    if rows.min() < 0 or rows.max() >= arrays.rows_count:
        return [f"rows {rows.min()} to {rows.max()}, expected 0 to {arrays.rows_count - 1}"]
    same_column = np.diff(arrays.entry_columns) == 0
    if (same_column & (np.diff(rows) <= 0)).any():
        return ["rows within a column are not sorted, or appear twice"]
    return []


def _wrong_numbers(arrays: Arrays) -> list[str]:
    faults = [
        f"{name} has {bad} numbers that are not finite"
        for name in ("coefficients", "cost")
        if (bad := int((~np.isfinite(getattr(arrays, name))).sum()))
    ]
    if not np.isfinite(arrays.offset):
        faults.append("offset is not finite")
    for name, low, high in (
        ("columns", arrays.lower, arrays.upper),
        ("rows", arrays.row_lower, arrays.row_upper),
    ):
        wrong = ~(low <= high) | (low == np.inf) | (high == -np.inf)
        if wrong.any():
            first = int(np.argmax(wrong))
            faults.append(
                f"{int(wrong.sum())} {name} without room between their bounds, the first "
                f"{first}: [{low[first]}, {high[first]}]"
            )
    return faults
