"""Coefficients fitted to own measurements: factors on those that are shipped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from carbonplan.catalogue.measurements import accelerator_records
from carbonplan.catalogue.tables import read_table, refuse
from carbonplan.errors import nearest
from carbonplan.technology.calibration import (
    Calibration,
    CoefficientRow,
    load_calibration,
    row_problems,
    told,
)

OWN = "own"  # the level of such factors


def calibration_with(own: Path | None) -> Calibration:
    """The shipped calibration, with the factors of a user's file.

    Raises
    ------
    InvalidInput
        If the file names a coefficient or an accelerator that the models do not know.
    """
    shipped = _shipped()
    return shipped if own is None else shipped.with_rows(read_coefficients(own))


@cache
def _shipped() -> Calibration:
    """The shipped calibration, read once."""
    return load_calibration()


def read_coefficients(path: Path) -> tuple[CoefficientRow, ...]:
    """Rows of a table of coefficients, checked against what the models know."""
    rows = read_table(path, CoefficientRow)
    refuse(path, [*row_problems(rows), *_strangers(rows)])
    return rows


def _strangers(rows: Sequence[CoefficientRow]) -> Iterator[str]:
    """Rows that are no factors of an accelerator."""
    accelerators = accelerator_records()
    for row in rows:
        if row.level != OWN:
            yield f'{told(row)}: level "{row.level}"; own factors have "{OWN}"'
        elif row.name not in accelerators:
            yield (
                f"{told(row)}: no accelerator of the catalogue{nearest(row.name, accelerators)}"
            )
