"""A program as sparse arrays, with names for its rows and columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Layout:
    """Where a family of rows or columns lies.

    Attributes
    ----------
    dims
        What each element of a label names: ``("configuration", "region")``, say.
    labels
        Index tuples of the family without the slot, in order, e.g. ``(configuration, region)``.
    positions
        Row or column numbers: (label,) for the fleet's, (label, slot) for the operations'.
    """

    dims: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    positions: NDArray[np.int64]


@dataclass(frozen=True)
class Program:
    """min cost @ x + offset  subject to  row_lower <= matrix @ x <= row_upper and bounds on x.

    Attributes
    ----------
    impacts
        Coefficients of each impact over the columns, and its constant.
    columns, rows
        Layout of each decision and constraint family by its name in EQUATIONS.md.
    losses
        Coefficients of the objective in each future; empty without futures.
    """

    matrix: sp.csc_array
    row_lower: Floats
    row_upper: Floats
    column_lower: Floats
    column_upper: Floats
    integer: NDArray[np.bool_]
    cost: Floats
    offset: float
    impacts: Mapping[str, tuple[Floats, float]]
    columns: Mapping[str, Layout]
    rows: Mapping[str, Layout]
    losses: Mapping[str, Floats] = field(default_factory=dict)

    def row_name(self, row: int) -> str:
        """Name of a row as infeasibility reports print it, ``family[label,...,slot]``."""
        return _name(self.rows, row)

    def column_name(self, column: int) -> str:
        """Name of a column, ``Decision[label,...,slot]``."""
        return _name(self.columns, column)


def _name(layouts: Mapping[str, Layout], position: int) -> str:
    for family, layout in layouts.items():
        found = np.argwhere(layout.positions == position)
        if len(found):
            label, *slot = found[0]
            return f"{family}[{','.join((*layout.labels[label], *map(str, slot)))}]"
    raise IndexError(position)
