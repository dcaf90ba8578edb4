"""Columns of numbers out of a request log, a rate series or a histogram."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.cells import parsed_numbers, read_fields
from carbonplan.catalogue.tables import refuse
from carbonplan.errors import nearest

LIMIT_BYTES = 2_000_000_000


def read_columns(
    path: Path, columns: Sequence[str], only: Mapping[str, str] | None = None
) -> dict[str, NDArray[np.float64]]:
    """Numbers of some columns of a CSV file (plain or gzip), by column.

    Parameters
    ----------
    columns
        The columns wanted; others are left alone.
    only
        Text that other columns must hold for a row to count, by column.
    """
    only = only or {}
    fields = read_fields(path, LIMIT_BYTES)
    missing = [name for name in (*columns, *only) if name not in fields.header]
    refuse(
        path, [f'column "{name}" is missing{nearest(name, fields.header)}' for name in missing]
    )
    tests = [(fields.header.index(name), text) for name, text in only.items()]
    chosen = [
        row for row, cells in enumerate(fields.rows) if all(cells[i] == t for i, t in tests)
    ]
    wanted = " and ".join(f'{name} "{text}"' for name, text in only.items())
    refuse(path, [] if chosen else [f"no row with {wanted}"])
    cells = fields.columns(columns)
    values, problems = parsed_numbers(
        [fields.places[row] for row in chosen], columns, [cells[row] for row in chosen]
    )
    refuse(path, problems)
    return dict(zip(columns, values.T, strict=True))
