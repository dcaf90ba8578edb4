"""From a folder of measurements to the tables of ``data/calibration/``."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from carbonplan.catalogue.tables import read_table
from carbonplan.technology.calibrate.clocks import fit_clocks
from carbonplan.technology.calibrate.fit import Fitted, fit
from carbonplan.technology.calibrate.links import fit_links
from carbonplan.technology.calibrate.measurements import read_measurements
from carbonplan.technology.calibrate.names import read_names
from carbonplan.technology.calibrate.serving import power_task, read_known, split, times_task
from carbonplan.technology.calibration import (
    COMMUNICATION,
    Calibration,
    CoefficientRow,
    Coefficients,
)

DIGITS = 4
SOURCES = {
    "performance.csv": "carbonplan-fit-serving-2026",
    "communication.csv": "carbonplan-fit-nccl-2026",
    "power.csv": "carbonplan-fit-power-2026",
}
POWER = ("power_share", "voltage_", "memory_core")


@dataclass(frozen=True)
class Calibrated:
    """Rows of each table."""

    tables: dict[str, tuple[CoefficientRow, ...]]


def calibrate(measurements: Path, data: Path, date: str) -> Calibrated:
    """Fit every coefficient: links and clocks first, then times, then power.

    Parameters
    ----------
    measurements
        Folder of performance tables.
    data
        Folder of the catalogue's tables, ``assumed.csv`` of the calibration among them.
    date
        Written beside every coefficient, ISO 8601.
    """
    known = read_known(data)
    names = read_names(data)
    assumed = read_table(data / "calibration" / "assumed.csv", CoefficientRow)
    times, power = split(read_measurements(measurements, names), known)

    first = _rows([*fit_links(measurements), *fit_clocks(measurements)], date)
    fitted_times = fit(times_task(times, known, _calibration([*assumed, *first])))
    fitted_power = fit(power_task(power, fitted_times, known, _calibration([*assumed, *first])))
    families = {known.architecture(name) for name in known.accelerators} | {"gpu"}
    kept = [one for one in (*fitted_times, *fitted_power) if one.parameter.family in families]
    return Calibrated(_tables([*first, *_rows(kept, date)]))


def write(calibrated: Calibrated, folder: Path) -> None:
    """The tables as CSV, the same bytes for the same coefficients."""
    columns = list(CoefficientRow.model_fields)
    for name, rows in calibrated.tables.items():
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(
                [_cell(getattr(row, column)) for column in columns] for row in rows
            )


def _rows(fitted: Iterable[Fitted], date: str) -> list[CoefficientRow]:
    return [
        CoefficientRow(
            coefficient=one.parameter.coefficient,
            accelerator_family=one.parameter.family,
            value=_rounded(one.value),
            low=min(_rounded(one.low), _rounded(one.value)),
            high=max(_rounded(one.high), _rounded(one.value)),
            unit=one.parameter.unit,
            rows=one.rows,
            median_abs_error=_rounded(one.median_abs_error),
            evidence="derived",
            source=SOURCES[_table(one.parameter.coefficient)],
            date=date,
        )
        for one in fitted
    ]


def _tables(rows: Sequence[CoefficientRow]) -> dict[str, tuple[CoefficientRow, ...]]:
    return {
        name: tuple(row for row in rows if _table(row.coefficient) == name) for name in SOURCES
    }


def _table(coefficient: str) -> str:
    if coefficient in COMMUNICATION:
        return "communication.csv"
    return "power.csv" if any(word in coefficient for word in POWER) else "performance.csv"


def _calibration(rows: Iterable[CoefficientRow]) -> Calibration:
    """A calibration whose missing coefficients are one: those are about to be fitted."""
    found = {(row.coefficient, row.accelerator_family): row for row in rows}
    neutral = next(iter(found.values())).model_copy(update={"value": 1.0})
    for field in fields(Coefficients):
        found.setdefault((field.name, "gpu"), neutral)
    return Calibration(found)


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _cell(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else "" if value is None else str(value)
