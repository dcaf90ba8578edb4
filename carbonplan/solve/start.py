"""How a run of a continuous program starts: by which method, and from which basis."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import highspy
import numpy as np
from numpy.typing import NDArray

from carbonplan.solve.parts import Columns, Rows

Statuses = NDArray[np.int8]
OF_NUMBER = {int(status): status for status in highspy.HighsBasisStatus.__members__.values()}
AT_LOWER = int(highspy.HighsBasisStatus.kLower)
BASIC = int(highspy.HighsBasisStatus.kBasic)


DEVEX = {"simplex_dual_edge_weight_strategy": 1}


class Method(Enum):
    """Options of HiGHS for an algorithm; the choice is its own.

    Simplex starts from a basis that it is given: with devex prices, as the steepest edges of
    such a basis take a linear solve for each row.
    """

    CHOICE = {"solver": "choose"}  # noqa: RUF012 - members, not defaults
    DUAL = {"solver": "simplex", "simplex_strategy": 1} | DEVEX
    PRIMAL = {"solver": "simplex", "simplex_strategy": 4} | DEVEX
    INTERIOR = {"solver": "ipm"}  # noqa: RUF012


@dataclass(frozen=True)
class Basis:
    """Status of every column and row as HiGHS numbers them, (column,) and (row,)."""

    columns: Statuses
    rows: Statuses

    def of(self, columns: Columns, rows: Rows) -> Basis:
        """Return the basis of a part of the program."""
        return Basis(self.columns[columns], self.rows[rows])

    def spread(self, columns: Columns, rows: Rows) -> Basis:
        """Return the basis of the program that this one's program is a part of."""
        all_columns = np.full(len(columns), AT_LOWER, dtype=np.int8)
        all_rows = np.full(len(rows), BASIC, dtype=np.int8)
        all_columns[columns], all_rows[rows] = self.columns, self.rows
        return Basis(all_columns, all_rows)

    def to_highs(self) -> highspy.HighsBasis:
        """Return the basis as HiGHS takes it."""
        basis = highspy.HighsBasis()
        basis.col_status = [OF_NUMBER[one] for one in self.columns.tolist()]
        basis.row_status = [OF_NUMBER[one] for one in self.rows.tolist()]
        basis.valid = True
        return basis


def basis_of(basis: highspy.HighsBasis) -> Basis:
    """Return the basis that HiGHS gives."""
    columns = np.array([one.value for one in basis.col_status], dtype=np.int8)
    rows = np.array([one.value for one in basis.row_status], dtype=np.int8)
    return Basis(columns, rows)
