"""Coefficients fitted to own measurements, which go before those that are shipped."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path

from carbonplan.catalogue.measurements import accelerator_records
from carbonplan.catalogue.tables import read_table, refuse
from carbonplan.errors import nearest
from carbonplan.technology.calibration import (
    Calibration,
    CoefficientRow,
    Coefficients,
    families,
    load_calibration,
)


def calibration_with(own: Path | None) -> Calibration:
    """The shipped calibration, the rows of a user's file before it.

    Raises
    ------
    InvalidInput
        If the file names a coefficient or a family that the models do not know.
    """
    shipped = load_calibration()
    if own is None:
        return shipped
    rows = read_coefficients(own)
    mine = {(row.coefficient, row.accelerator_family): row for row in rows}
    return replace(shipped, rows={**shipped.rows, **mine})


def read_coefficients(path: Path) -> tuple[CoefficientRow, ...]:
    """Rows of a table of coefficients, checked against what the models know."""
    rows = read_table(path, CoefficientRow)
    refuse(path, list(_problems(rows)))
    return rows


def _problems(rows: Sequence[CoefficientRow]) -> Iterator[str]:
    names = [field.name for field in fields(Coefficients)]
    accelerators = accelerator_records().values()
    seen: set[tuple[str, str]] = set()
    for row in rows:
        key = (row.coefficient, row.accelerator_family)
        where = f"{row.coefficient}[{row.accelerator_family}]"
        if row.coefficient not in names:
            yield f"{where}: no coefficient of the models{nearest(row.coefficient, names)}"
            continue
        known = {name for one in accelerators for name in families(row.coefficient, one)}
        yield from _family_problems(where, row, known)
        if key in seen:
            yield f"{where} is given twice"
        seen.add(key)


def _family_problems(where: str, row: CoefficientRow, known: Collection[str]) -> Iterator[str]:
    if row.accelerator_family not in known:
        yield (
            f"{where}: no accelerator, architecture or link of the catalogue"
            f"{nearest(row.accelerator_family, known)}"
        )
    if not row.low <= row.value <= row.high:
        yield f"{where}: {row.value:g} is outside {row.low:g} to {row.high:g}"
