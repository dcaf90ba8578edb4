"""Fitted responses to clock and limit as rows of a calibration, and back.

A row of a family holds a factor on the pooled value; one of an accelerator stands on that of
its architecture.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from carbonplan.technology.calibrate.clock_priors import LOADS, ClockFit
from carbonplan.technology.calibrate.clocks import values_of
from carbonplan.technology.calibrate.loads import POOLED, SUSTAINED, Values, architecture
from carbonplan.technology.calibrate.serving import Known
from carbonplan.technology.calibration import CoefficientRow, Level

SOURCE, ESTIMATE = "carbonplan-fit-power-2026", "carbonplan-estimate"
UNHELD = 1.0  # sustained clock of an accelerator that was never seen at its limit
UNKNOWN = "*"
DIGITS = 4
SPREAD_OF = "architecture"
LEVELS: tuple[Level, ...] = ("kind", "architecture", "task", "accelerator")


def coefficient_rows(
    fitted: Iterable[ClockFit], known: Known, date: str
) -> tuple[CoefficientRow, ...]:
    """Rows of ``power.csv`` and ``performance.csv``; see :func:`is_of_load` for the others."""
    fitted = tuple(fitted)
    values = values_of(fitted) | {(SUSTAINED, POOLED): UNHELD}
    rows = [_row(one, values, known, date) for one in fitted]
    names = dict.fromkeys(one.coefficient for one in rows if one.level == SPREAD_OF)
    return (*rows, *(_unknown(name, rows, date) for name in names))


def is_of_load(row: CoefficientRow) -> bool:
    """Whether a row describes loads other than those that are planned: ``loads.csv``."""
    return row.coefficient in LOADS


def values_from(rows: Iterable[CoefficientRow], known: Known) -> Values:
    """Values by coefficient and family from rows, pooled ones for GPUs."""
    kept = [row for row in rows if row.name not in (UNKNOWN, "cpu")]
    values = {(SUSTAINED, POOLED): UNHELD}
    for level in LEVELS:
        for row in (one for one in kept if one.level == level):
            base = _base(row.coefficient, level, row.name, values, known)
            values[row.coefficient, row.name] = row.value * base
    return values


def _row(one: ClockFit, values: Values, known: Known, date: str) -> CoefficientRow:
    level = _level(one.family, known)
    base = _base(one.coefficient, level, one.family, values, known)
    error = one.median_abs_error
    low, value, high = (_rounded(each / base) for each in (one.low, one.value, one.high))
    return CoefficientRow(
        coefficient=one.coefficient,
        level=level,
        name=one.family,
        value=value,
        low=min(low, value),
        high=max(high, value),
        unit=one.unit if level == "kind" else "1",
        rows=one.rows,
        median_abs_error=None if error is None else _rounded(error),
        evidence="derived" if one.rows else "assumed",
        source=SOURCE if one.rows else ESTIMATE,
        date=date,
    )


def _unknown(coefficient: str, rows: Iterable[CoefficientRow], date: str) -> CoefficientRow:
    """Of an architecture that was not measured: none, with the spread of those that were."""
    some = [r for r in rows if (r.coefficient, r.level) == (coefficient, SPREAD_OF)]
    spread = float(np.exp(np.sqrt(np.mean(np.log([row.value for row in some]) ** 2))))
    return some[0].model_copy(
        update={
            "name": UNKNOWN,
            "value": 1.0,
            "low": _rounded(1.0 / spread),
            "high": _rounded(spread),
            "rows": sum(row.rows for row in some),
            "median_abs_error": None,
            "date": date,
        }
    )


def _level(family: str, known: Known) -> Level:
    if family == POOLED:
        return "kind"
    if family in known.accelerators:
        return "accelerator"
    architectures = {architecture(name, known) for name in known.accelerators}
    return "architecture" if family in architectures else "task"


def _base(coefficient: str, level: str, name: str, values: Values, known: Known) -> float:
    """What a row stands on: the architecture's value for an accelerator, else the pooled."""
    if level == "kind":
        return 1.0
    pooled = values[coefficient, POOLED]
    if level != "accelerator":
        return pooled
    return values.get((coefficient, architecture(name, known)), pooled)


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
