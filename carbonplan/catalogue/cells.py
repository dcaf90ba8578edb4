"""Cells of CSV files that hold times and numbers: split, checked and converted in bulk.

Text that cannot be converted at once is gone through cell by cell, so that messages name the
line; no locale, no guess at a format, no default for what is missing.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.shipped import shown
from carbonplan.catalogue.tables import refuse, shortened
from carbonplan.catalogue.text import read_text
from carbonplan.errors import InvalidInput

PROBLEMS_OF_A_KIND = 5
UTC_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:00(\.0+)?)?(Z|\+00:00)")
ISO_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
MINUTE_CHARACTERS = len("2022-01-01T00:00")


@dataclass(frozen=True)
class Fields:
    """Header and rows of a CSV file; every row has as many fields as the header."""

    header: tuple[str, ...]
    places: Sequence[str]  # "line 2", one per row
    rows: Sequence[Sequence[str]]

    def column(self, name: str) -> list[str]:
        """Cells of one column."""
        at = self.header.index(name)
        return [row[at].strip() for row in self.rows]

    def columns(self, names: Sequence[str]) -> list[list[str]]:
        """Cells of some columns, row by row."""
        at = [self.header.index(name) for name in names]
        return [[row[i].strip() for i in at] for row in self.rows]


def read_fields(path: Path, limit_bytes: int) -> Fields:
    """Fields of a CSV file (plain or gzip); blank lines are passed over.

    Raises
    ------
    InvalidInput
        The file has no header or no rows, or rows whose number of fields is another.
    """
    reader = csv.reader(read_text(path, limit_bytes).splitlines(), strict=True)
    places, rows, wrong = [], [], []
    try:
        header = tuple(field.strip() for field in next(reader, []))
        for row in reader:
            if len(row) == len(header):
                rows.append(row)
                places.append(f"line {reader.line_num}")
            elif row:
                wrong.append(
                    f"line {reader.line_num}: {len(row)} fields found, {len(header)} expected; "
                    "a number has a decimal point and no thousands separator"
                )
    except csv.Error as error:
        raise InvalidInput(shown(path), [f"line {reader.line_num}: {error}"]) from None
    refuse(path, [] if header else ["is empty; expected a header"])
    refuse(path, told(wrong) or ([] if rows else ["no rows below the header"]))
    return Fields(header, places, rows)


def parsed_times(
    places: Sequence[str], cells: Sequence[str]
) -> tuple[NDArray[np.datetime64], list[str]]:
    """Times in UTC by the minute, and a line for each cell that is none."""
    if all(UTC_TIME.fullmatch(cell) for cell in cells):
        try:
            return _minutes(cells), []
        except ValueError:  # a day that no calendar holds: the slow way finds it
            pass
    wrong = [
        f'{place}: found "{shortened(cell)}"; {reason}'
        for place, cell in zip(places, cells, strict=True)
        if (reason := _time_problem(cell))
    ]
    return np.empty(0, "datetime64[m]"), told(wrong)


def parsed_numbers(
    places: Sequence[str],
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    gaps: bool = False,
) -> tuple[NDArray[np.float64], list[str]]:
    """Finite numbers (row, column), and a line for each cell that is none.

    Parameters
    ----------
    gaps
        An empty cell is a gap, NaN, instead of a problem.
    """
    if gaps:
        empty = np.array([[not cell for cell in row] for row in rows])
        rows = [[cell or "0" for cell in row] for row in rows]
    try:
        values = np.array(rows, dtype=np.float64)
        if np.isfinite(values).all() and not any("_" in cell for row in rows for cell in row):
            return (np.where(empty, np.nan, values) if gaps else values), []
    except ValueError:  # a cell that is no number: the slow way finds it
        pass
    wrong = [
        f"{place}, {column}: {_found(cell)}; expected a finite number with a decimal point"
        for place, row in zip(places, rows, strict=True)
        for column, cell in zip(columns, row, strict=True)
        if not _is_number(cell)
    ]
    return np.empty((0, len(columns))), told(wrong)


def told(problems: Sequence[str]) -> list[str]:
    """The first problems of a kind, and how many more there are."""
    more = len(problems) - PROBLEMS_OF_A_KIND
    rest = [f"and {more} more like these"] if more > 0 else []
    return [*problems[:PROBLEMS_OF_A_KIND], *rest]


def _minutes(cells: Sequence[str]) -> NDArray[np.datetime64]:
    return np.array([cell[:MINUTE_CHARACTERS] for cell in cells], dtype="datetime64[m]")


def _time_problem(cell: str) -> str:
    if not UTC_TIME.fullmatch(cell):
        if ISO_TIME.match(cell):
            return "expected UTC by the minute: a time that ends in Z, like 2022-01-01T00:00Z"
        return "expected ISO 8601 in UTC, like 2022-01-01T00:00Z"
    try:
        _minutes([cell])
    except ValueError:
        return "there is no such time"
    return ""


def _found(cell: str) -> str:
    return f'found "{shortened(cell)}"' if cell else "is empty"


def _is_number(cell: str) -> bool:
    try:
        return "_" not in cell and bool(np.isfinite(float(cell)))
    except ValueError:
        return False
