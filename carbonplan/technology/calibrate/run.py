"""From a folder of measurements to the tables of ``data/calibration/``.

Links, single kernels and clocks are fitted first, then serving: times, then power. Every pair
of accelerator and LLM is then left out once; what the models say of it tells how far off they
are, and gives the pooled coefficients their bands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.tables import read_table, refuse
from carbonplan.catalogue.writing import table_text, write_whole
from carbonplan.technology.calibrate.accuracy import (
    Judgement,
    error_rows,
    judged,
    plausible,
    write_errors,
)
from carbonplan.technology.calibrate.bands import with_bands
from carbonplan.technology.calibrate.clock_rows import coefficient_rows as clock_rows
from carbonplan.technology.calibrate.clocks import fit_clocks, predicted_ratio, values_of
from carbonplan.technology.calibrate.kernels import KernelRow, kernel_rows, write_kernels
from carbonplan.technology.calibrate.levels import CHOICES
from carbonplan.technology.calibrate.links import fit_links, link_rows
from carbonplan.technology.calibrate.measurements import measurements, pairs
from carbonplan.technology.calibrate.names import read_names
from carbonplan.technology.calibrate.prediction import RATIOS
from carbonplan.technology.calibrate.serving import (
    Known,
    ServingFit,
    cross_validated,
    fit_serving,
    read_known,
)
from carbonplan.technology.calibration import (
    FACTORS,
    UNKNOWN,
    WIDENING,
    Calibration,
    CoefficientRow,
)
from carbonplan.technology.coefficients import COMMUNICATION, NAMES

if TYPE_CHECKING:
    import pandas as pd

DIGITS = 4
SOURCES = {
    "performance.csv": "carbonplan-fit-serving-2026",
    "communication.csv": "carbonplan-fit-nccl-2026",
    "power.csv": "carbonplan-fit-power-2026",
    "loads.csv": "carbonplan-fit-power-2026",
}
NEEDED = (  # serving, clocks and links; other tables are taken where they are
    *("mlenergy_v3_vllm", "inferencex_silicon_ttft_tpot"),
    *("dvfs_llm_l20_qwen2_5_7b", "dvfs_gemm_clock_lock_h100_b200"),
    "collectives_nccl_latency",
)
POWER = ("power_share", "voltage_", "memory_core")
NEW_WITH_ACCELERATOR = ("architecture", "accelerator", "architecture-engine")


@dataclass(frozen=True)
class Calibrated:
    """What a fit writes: coefficients by table, what kernels reach, and how far it is off."""

    tables: dict[str, tuple[CoefficientRow, ...]]
    kernels: tuple[KernelRow, ...]
    judgement: Judgement


@dataclass(frozen=True)
class Before:
    """What is fitted before serving: kernels, and coefficients of clocks and links."""

    kernels: tuple[KernelRow, ...]
    rows: tuple[CoefficientRow, ...]


def calibrate(folder: Path, data: Path, date: str) -> Calibrated:
    """Fit every coefficient, and leave every pair out once.

    Parameters
    ----------
    folder
        Of performance tables.
    data
        Folder of the catalogue's tables, ``assumed.csv`` of the calibration among them.
    date
        Written beside every coefficient, ISO 8601.

    Raises
    ------
    InvalidInput
        If a table is missing without which nothing can be fitted.
    """
    refuse_without_tables(folder)
    known = read_known(data)
    found = plausible(measurements(folder, read_names(data)), known)
    first = fitted_before_serving(folder, known, found.rows, date)
    given = [*assumed_rows(data), *first.rows]
    serving = fit_serving(found.rows, known, completed(given))
    left_out = left_out_once(found.rows, known, serving, first.kernels)
    fitted = with_bands(serving.rows, found.rows, left_out)
    finished = [_finished(row, date) for row in (*first.rows, *fitted, *_unknown(fitted))]
    calibration = completed([*assumed_rows(data), *finished])
    loads = [row for row in finished if row.coefficient not in NAMES]
    judgement = judged(found, known, calibration, loads, left_out)
    return Calibrated(_tables(finished), first.kernels, judgement)


def refuse_without_tables(folder: Path) -> None:
    """Every needed table that a folder does not hold is named."""
    missing = [stem for stem in NEEDED if not any(folder.glob(f"{stem}.csv*"))]
    refuse(folder, [f"holds no {stem}.csv, which a refit needs" for stem in missing])


def left_out_once(
    rows: pd.DataFrame, known: Known, whole: ServingFit, kernels: Sequence[KernelRow]
) -> NDArray[np.float64]:
    """What fits without a row's pair of accelerator and LLM say of it, (row,)."""
    served = cross_validated(rows, known, whole)
    ratio = rows["quantity"].isin(RATIOS).to_numpy()
    values = np.where(ratio, np.nan, served)
    values[ratio] = _left_out_ratios(rows[ratio].reset_index(drop=True), known, kernels)
    return values


def write(calibrated: Calibrated, folder: Path, date: str) -> None:
    """All tables as CSV, the same bytes for the same fit."""
    for name, rows in calibrated.tables.items():
        write_whole(folder / name, table_text(rows, list(CoefficientRow.model_fields)))
    write_kernels(calibrated.kernels, folder)
    source = SOURCES["performance.csv"]
    write_errors(error_rows(calibrated.judgement.rows), folder, source, date)


def fitted_before_serving(folder: Path, known: Known, rows: pd.DataFrame, date: str) -> Before:
    kernels = kernel_rows(folder, known)
    clocks = clock_rows(fit_clocks(rows, known, kernels), known, date)
    return Before(kernels, (*link_rows(fit_links(folder)), *clocks))


def assumed_rows(data: Path) -> list[CoefficientRow]:
    return list(read_table(data / "calibration" / "assumed.csv", CoefficientRow))


def completed(rows: Iterable[CoefficientRow]) -> Calibration:
    """A calibration whose missing coefficients are one: those are about to be fitted."""
    found = {row.key: row for row in rows if row.coefficient in NAMES}
    neutral = next(iter(found.values())).model_copy(
        update={"level": "kind", "name": "gpu", "value": 1.0, "low": 1.0, "high": 1.0}
    )
    for name in NAMES:
        row = neutral.model_copy(update={"coefficient": name})
        found.setdefault(row.key, row)
    return Calibration(found)


def _left_out_ratios(
    rows: pd.DataFrame, known: Known, kernels: Sequence[KernelRow]
) -> NDArray[np.float64]:
    """Effects of clocks and limits by fits without the pair, nor its board's kernels."""
    pair = pairs(rows).to_numpy(str)
    values = np.full(len(rows), np.nan)
    for one in np.unique(pair):
        held = pair == one
        boards = set(rows["accelerator"][held])
        others = [row for row in kernels if row.accelerator not in boards]
        fitted = fit_clocks(rows[~held].reset_index(drop=True), known, others)
        part = rows[held].reset_index(drop=True)
        values[held] = predicted_ratio(part, known, values_of(fitted))
    return values


def _unknown(fitted: Sequence[CoefficientRow]) -> list[CoefficientRow]:
    """Rows of names that nobody measured: the factor one, as wide as the choice was."""
    return [
        next(row for row in fitted if row.coefficient == name).model_copy(
            update={
                "level": level,
                "name": UNKNOWN,
                "value": 1.0,
                "low": float(np.exp(-spread)),
                "high": float(np.exp(spread)),
                "unit": "1",
                "rows": 0,
                "median_abs_error": None,
            }
        )
        for name, choice in CHOICES.items()
        for level in WIDENING
        if level in choice.factors
        for spread in [_spread_of_new(choice.factors)]
    ]


def _spread_of_new(factors: dict[str, float]) -> float:
    """Of the factors that an accelerator of a new architecture has none of."""
    new = (spread for level, spread in factors.items() if level in NEW_WITH_ACCELERATOR)
    return float(np.sqrt(sum(spread**2 for spread in new)))


def _finished(row: CoefficientRow, date: str) -> CoefficientRow:
    """With rounded numbers, source and date."""
    value, low, high = (_rounded(each) for each in (row.value, row.low, row.high))
    error = row.median_abs_error
    return row.model_copy(
        update={
            "value": value,
            "low": min(low, value),
            "high": max(high, value),
            "median_abs_error": None if error is None else _rounded(error),
            "source": row.source or SOURCES[_table(row.coefficient)],
            "date": date,
        }
    )


def _tables(rows: Sequence[CoefficientRow]) -> dict[str, tuple[CoefficientRow, ...]]:
    order = {name: place for place, name in enumerate((*NAMES, *_loads(rows)))}
    levels = {level: place for place, level in enumerate(("kind", *FACTORS, "shape"))}
    placed = sorted(rows, key=lambda row: (order[row.coefficient], levels[row.level], row.name))
    return {
        name: tuple(row for row in placed if _table(row.coefficient) == name)
        for name in SOURCES
    }


def _loads(rows: Iterable[CoefficientRow]) -> list[str]:
    return sorted({row.coefficient for row in rows} - set(NAMES))


def _table(coefficient: str) -> str:
    if coefficient not in NAMES:
        return "loads.csv"
    if coefficient in COMMUNICATION:
        return "communication.csv"
    return "power.csv" if any(word in coefficient for word in POWER) else "performance.csv"


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
