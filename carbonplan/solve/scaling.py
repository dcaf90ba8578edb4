r"""Powers of two that bring a program into the range in which HiGHS is reliable.

With factors r of rows, s of continuous columns and f of the objective,

.. math:: x = s x', \quad A' = r A s, \quad c' = f c s, \quad l' = l / s, \quad b' = r b

A power of two changes the exponent of a floating-point number and nothing else, so the scaled
program is the same program, exactly. Whole columns keep s = 1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from carbonplan.solve.arrays import Arrays, Floats

LARGEST_EXPONENT = 16  # 2**16 = 65,536 stays below the 1e5 that the audit allows
COMFORTABLE = (1e-3, 1e4)  # coefficients in this range are left as they are
COMFORTABLE_BOUND = 1e5
COST_EXPONENT = 10  # the largest cost is brought near 2**10
PASSES = 4

Exponents = NDArray[np.int64]


@dataclass(frozen=True)
class Scaling:
    """Factors, all powers of two: rows (row,), columns (column,), objective."""

    rows: Floats
    columns: Floats
    objective: float

    def apply(self, arrays: Arrays) -> Arrays:
        """Return the scaled program."""
        factors = self.rows[arrays.rows] * self.columns[arrays.entry_columns]
        return replace(
            arrays,
            coefficients=arrays.coefficients * factors,
            row_lower=arrays.row_lower * self.rows,
            row_upper=arrays.row_upper * self.rows,
            lower=arrays.lower / self.columns,
            upper=arrays.upper / self.columns,
            cost=arrays.cost * self.columns * self.objective,
            offset=arrays.offset * self.objective,
        )

    def original_values(self, values: Floats) -> Floats:
        """Values of the program's own columns."""
        return values * self.columns

    def scaled_values(self, values: Floats | None) -> Floats | None:
        """Values of the scaled program's columns; None for values of another program."""
        if values is None or values.shape != self.columns.shape:
            return None
        return values / self.columns


def scaling_of(arrays: Arrays) -> Scaling:
    """Factors for a program; ones for rows and columns whose numbers are comfortable."""
    if _is_comfortable(arrays):
        rows = np.zeros(arrays.rows_count, dtype=np.int64)
        columns = np.zeros(arrays.columns_count, dtype=np.int64)
    else:
        rows, columns = _exponents(arrays)
    largest = np.max(np.abs(arrays.cost) * np.exp2(columns), initial=0.0)
    objective = COST_EXPONENT - int(np.ceil(np.log2(largest))) if largest > 0 else 0
    return Scaling(np.exp2(rows), np.exp2(columns), float(np.exp2(objective)))


def _is_comfortable(arrays: Arrays) -> bool:
    sizes = np.abs(arrays.coefficients)
    bounds = np.concatenate([arrays.lower, arrays.upper, arrays.row_lower, arrays.row_upper])
    bounds = np.abs(bounds[np.isfinite(bounds)])
    return bool(
        (sizes >= COMFORTABLE[0]).all()
        and (sizes <= COMFORTABLE[1]).all()
        and (bounds <= COMFORTABLE_BOUND).all()
    )


def _exponents(arrays: Arrays) -> tuple[Exponents, Exponents]:
    """Geometric equilibration, then shifts that keep every number below 2**16."""
    entries = np.log2(np.abs(arrays.coefficients))
    of_column = arrays.entry_columns
    rows = np.zeros(arrays.rows_count)
    columns = np.zeros(arrays.columns_count)
    column_floor = _log2_of_bounds(arrays.lower, arrays.upper) - LARGEST_EXPONENT
    row_ceiling = LARGEST_EXPONENT - _log2_of_bounds(arrays.row_lower, arrays.row_upper)
    for _ in range(PASSES):
        rows = -_middle(entries + columns[of_column], arrays.rows, arrays.rows_count)
        rows = np.minimum(rows, row_ceiling)
        columns = -_middle(entries + rows[arrays.rows], of_column, arrays.columns_count)
        columns = np.maximum(columns, column_floor)
        columns[arrays.integer] = 0.0
    columns = np.ceil(columns)
    scaled = entries + columns[of_column]
    rows = -_middle(scaled, arrays.rows, arrays.rows_count)
    room = LARGEST_EXPONENT - _largest(scaled, arrays.rows, arrays.rows_count)
    rows = np.floor(np.minimum(rows, np.minimum(room, row_ceiling)))
    return rows.astype(np.int64), columns.astype(np.int64)


def _log2_of_bounds(lower: Floats, upper: Floats) -> Floats:
    finite = [np.where(np.isfinite(bound), np.abs(bound), 0.0) for bound in (lower, upper)]
    with np.errstate(divide="ignore"):
        return np.log2(np.maximum(*finite))  # -inf where no bound limits the factor


def _largest(exponents: Floats, groups: NDArray, count: int) -> Floats:
    largest = np.full(count, -np.inf)
    np.maximum.at(largest, groups, exponents)
    return largest


def _middle(exponents: Floats, groups: NDArray, count: int) -> Floats:
    """Half-way between smallest and largest of each group; 0 for empty groups."""
    largest = _largest(exponents, groups, count)
    smallest = -_largest(-exponents, groups, count)
    middle = np.zeros(count)
    filled = np.isfinite(largest)
    middle[filled] = (largest[filled] + smallest[filled]) / 2
    return middle
