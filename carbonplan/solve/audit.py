"""Refuse programs whose numbers lie outside the range in which HiGHS is reliable.

With bounds or coefficients of 1e7 and more HiGHS was measured to call wrong plans optimal and
feasible programs infeasible; inside the range below no wrong answer is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from carbonplan.solve.arrays import Arrays, Floats

LARGEST = 1e5
SMALLEST = 1e-6
LARGEST_RATIO = 1e7
NAMED = 10  # problems listed; the rest is counted


@dataclass(frozen=True)
class Names:
    """How a person calls a row and a column."""

    row: Callable[[int], str]
    column: Callable[[int], str]


def audit(original: Arrays, scaled: Arrays, names: Names) -> list[str]:
    """Problems of the scaled program in the numbers of the original one; empty if sound."""
    unbounded = np.isinf(original.lower) | np.isinf(original.upper)
    too_wide = _finite_size(scaled.lower, scaled.upper) > LARGEST
    wrong_rows = np.flatnonzero(_is_wrong_row(scaled))
    problems = chain(
        _columns_without_bounds(original, np.flatnonzero(unbounded), names),
        _large_column_bounds(original, np.flatnonzero(too_wide), names),
        _rows(original, scaled, wrong_rows, names),
    )
    named = list(islice(problems, NAMED))
    left_out = int(unbounded.sum() + too_wide.sum()) + len(wrong_rows) - len(named)
    return [*named, f"and {left_out} more of this kind"] if left_out else named


def _columns_without_bounds(
    original: Arrays, columns: NDArray[np.int64], names: Names
) -> Iterator[str]:
    for column in columns:
        yield (
            f"{names.column(column)}: bounds [{original.lower[column]:g}, "
            f"{original.upper[column]:g}], expected two finite ones"
        )


def _large_column_bounds(
    original: Arrays, columns: NDArray[np.int64], names: Names
) -> Iterator[str]:
    for column in columns:
        size = _finite_size(original.lower[column], original.upper[column])
        yield f"{names.column(column)}: bound {size:g}, expected at most {LARGEST:g}"


def _is_wrong_row(scaled: Arrays) -> NDArray[np.bool_]:
    """Rows with a number out of range, or with two coefficients that lie too far apart."""
    sizes = np.abs(scaled.coefficients)
    largest = np.zeros(scaled.rows_count)
    smallest = np.full(scaled.rows_count, np.inf)
    np.maximum.at(largest, scaled.rows, sizes)
    np.minimum.at(smallest, scaled.rows, sizes)
    sides = _finite_size(scaled.row_lower, scaled.row_upper)
    has_entries = largest > 0
    is_far_apart = has_entries & (largest > LARGEST_RATIO * smallest)
    is_large = has_entries & (np.maximum(largest, sides) > LARGEST)
    return is_large | (smallest < SMALLEST) | is_far_apart


def _rows(
    original: Arrays, scaled: Arrays, rows: NDArray[np.int64], names: Names
) -> Iterator[str]:
    sizes = np.abs(scaled.coefficients)
    sides = _finite_size(scaled.row_lower, scaled.row_upper)
    for row in rows:
        entries = np.flatnonzero(scaled.rows == row)
        low = entries[np.argmin(sizes[entries])]
        high = entries[np.argmax(sizes[entries])]
        side = _finite_size(original.row_lower[row], original.row_upper[row])
        is_side = sides[row] > sizes[high]
        above = f"right-hand side {side:g}" if is_side else _entry(original, high, names)
        yield (
            f"{names.row(row)}: {above} beside {_entry(original, low, names)}, expected "
            f"coefficients at most {LARGEST_RATIO:g} times apart, and every number between "
            f"{SMALLEST:g} and {LARGEST:g} after scaling"
        )


def _entry(original: Arrays, entry: int, names: Names) -> str:
    column = int(np.searchsorted(original.starts, entry, side="right")) - 1
    return f"{original.coefficients[entry]:g} of {names.column(column)}"


def _finite_size(lower: Floats, upper: Floats) -> Floats:
    sizes = [np.where(np.isfinite(bound), np.abs(bound), 0.0) for bound in (lower, upper)]
    return np.maximum(*sizes)
