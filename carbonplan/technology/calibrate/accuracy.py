r"""How far the models are from what was measured, and two lines that they have to beat.

The error of a row is :math:`\hat y / y - 1`. Of the errors of a group of rows are told the
median and the 90th percentile of their size and, signed, their median; never over several data
sets or quantities at once. Beside the models stand the plain roofline and the nearest neighbour
(``roofline``, ``neighbours``), on the rows that the models predict.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.records import Count, Evidence, Record
from carbonplan.catalogue.shipped import data_root
from carbonplan.catalogue.tables import read_table
from carbonplan.catalogue.writing import table_text, write_whole
from carbonplan.technology.calibrate.clock_rows import values_from
from carbonplan.technology.calibrate.clocks import predicted_ratio
from carbonplan.technology.calibrate.habits import emulated
from carbonplan.technology.calibrate.measurements import Measurements, measurements
from carbonplan.technology.calibrate.names import read_names
from carbonplan.technology.calibrate.neighbours import neighbours
from carbonplan.technology.calibrate.prediction import RATIOS, with_calibration
from carbonplan.technology.calibrate.roofline import roofline, too_fast
from carbonplan.technology.calibrate.runs import load_of
from carbonplan.technology.calibrate.serving import Known, read_known
from carbonplan.technology.calibration import Calibration, CoefficientRow

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
Line = Literal["crossvalidated", "model", "roofline", "neighbour"]
Part = Literal["all", "accelerator", "llm", "engine", "task"]
LINES: tuple[Line, ...] = get_args(Line)
PARTS: tuple[Part, ...] = get_args(Part)
SHIPPED = Path("calibration") / "accuracy.csv"
LOADS = Path("calibration") / "loads.csv"
DIGITS = 4
NAMELESS = "none"  # kernels have no LLM, most tables no tasks
NOT_PREDICTED = "no model of this quantity"
TOO_FAST = "more than twice as fast as data sheets allow"
EMULATED = "in bf16, which the accelerator has no units for"


@dataclass(frozen=True)
class Goal:
    """What a quantity's errors should not pass in any data set."""

    quantities: tuple[str, ...]
    words: str
    median: float
    p90: float


GOALS = (
    Goal(("step_s", "tpot_s", "layer_s"), "decode step, time per output token", 0.15, 0.45),
    Goal(("prefill_s",), "prefill without queueing", 0.15, 0.35),
    Goal(("ttft_s",), "time to first token at low concurrency", 0.28, 0.85),
    Goal(
        ("output_tokens_per_s", "total_tokens_per_s"),
        "throughput at a given batch or concurrency",
        0.14,
        0.40,
    ),
    Goal(
        ("power_w", "prefill_power_w", "step_power_w"),
        "accelerator power under load",
        0.10,
        0.28,
    ),
    Goal(("energy_per_output_token_j",), "energy per output token", 0.14, 0.45),
    Goal(
        ("relative_time", "relative_power"), "effect of a clock or of a power limit", 0.08, 0.20
    ),
)
GOAL = {quantity: goal for goal in GOALS for quantity in goal.quantities}


class ErrorRow(Record):
    """Errors of one line over some rows.

    ``crossvalidated``: the pair of accelerator and LLM that a row is of was not in the fit;
    ``model``: coefficients as shipped; ``roofline``, ``neighbour``: the lines to beat.
    """

    dataset: str
    quantity: str
    part: Part
    name: str  # of the accelerator, LLM, engine or task; "all"
    line: Line
    rows: Count
    median: float  # of the size of the error [1]
    p90: float  # 90th percentile of the size [1]
    signed: float  # median with sign; below zero the prediction is too low [1]


@dataclass(frozen=True)
class Judgement:
    """Rows with what every line says of them, and what was left out.

    Attributes
    ----------
    rows
        Rows of measurements with one column of predictions for each line.
    left_out
        ``dataset``, ``reason`` and number of ``rows``.
    tables
        Files that were read.
    """

    rows: pd.DataFrame
    left_out: pd.DataFrame
    tables: tuple[str, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines that rows were predicted with."""
        return tuple(line for line in LINES if line in self.rows)


def judge(folder: Path, calibration: Calibration) -> Judgement:
    """The given coefficients, as they are, against every table of a folder."""
    known = read_known(data_root())
    found = plausible(measurements(folder, read_names(data_root())), known)
    return judged(found, known, calibration, shipped_loads())


def plausible(found: Measurements, known: Known) -> Measurements:
    """Measurements without those that no model can explain."""
    import pandas as pd

    fast = too_fast(found.rows, known.llms, known.accelerators)
    detour = emulated(found.rows, known.accelerators) & ~fast
    reasons = [_counted(found.rows[fast], TOO_FAST), _counted(found.rows[detour], EMULATED)]
    rows = found.rows[~(fast | detour)].reset_index(drop=True)
    return replace(found, rows=rows, left_out=pd.concat([found.left_out, *reasons]))


def judged(
    found: Measurements,
    known: Known,
    calibration: Calibration,
    loads: Iterable[CoefficientRow],
    left_out: Array | None = None,
) -> Judgement:
    """Measurements with every line.

    Parameters
    ----------
    loads
        Coefficients of loads other than those that are planned.
    left_out
        What fits without a row's pair say of it, (row,); adds ``crossvalidated``.
    """
    import pandas as pd

    rows = with_lines(found.rows, known, calibration, loads)
    if left_out is not None:
        rows = rows.assign(crossvalidated=left_out)
    silent = rows["model"].isna()
    unpredicted = NOT_PREDICTED + " (" + rows["quantity"][silent] + ")"
    reasons = [found.left_out, _counted(rows[silent], unpredicted)]
    return Judgement(
        rows[~silent].reset_index(drop=True),
        pd.concat(reasons).sort_values(["dataset", "reason"], ignore_index=True),
        found.tables,
    )


def _counted(rows: pd.DataFrame, reason: str | pd.Series) -> pd.DataFrame:
    """How many rows of each data set are left out for a reason."""
    told = rows[["dataset"]].assign(reason=reason)
    return told.groupby(["dataset", "reason"]).size().rename("rows").reset_index()


def with_lines(
    rows: pd.DataFrame, known: Known, calibration: Calibration, loads: Iterable[CoefficientRow]
) -> pd.DataFrame:
    """Rows with the predictions of the model and of the two lines to beat."""
    return rows.assign(
        model=model_values(rows, known, calibration, loads),
        roofline=roofline(rows, known.llms, known.accelerators),
        neighbour=neighbours(rows, known.llms, known.accelerators),
    )


def model_values(
    rows: pd.DataFrame, known: Known, calibration: Calibration, loads: Iterable[CoefficientRow]
) -> Array:
    """What the models say of every row, (row,); NaN where they do not know its quantity."""
    values = np.full(len(rows), np.nan)
    served = (rows["llm"] != "").to_numpy()
    if served.any():
        load = load_of(rows[served], known.llms, known.accelerators)
        values[served] = with_calibration(load, calibration)
    ratio = rows["quantity"].isin(RATIOS).to_numpy()
    if ratio.any():
        response = values_from([*calibration.rows.values(), *loads], known)
        some = rows[ratio].reset_index(drop=True)
        values[ratio] = predicted_ratio(some, known, response)
    return values


def shipped_loads() -> tuple[CoefficientRow, ...]:
    """Coefficients of kernels and training, which are measured but not planned."""
    return read_table(data_root() / LOADS, CoefficientRow)


def errors(judged: pd.DataFrame, line: Line) -> Array:
    """Predicted over measured, less one, (row,) [1]."""
    return judged[line].to_numpy(float) / judged["value"].to_numpy(float) - 1.0


def error_rows(judged: pd.DataFrame, parts: Sequence[Part] = PARTS) -> tuple[ErrorRow, ...]:
    """Errors by data set, quantity and line, over all rows and by parts of them."""
    lines = [line for line in LINES if line in judged]
    return tuple(
        row for part in parts for line in lines for row in _error_rows(judged, part, line)
    )


def _error_rows(judged: pd.DataFrame, part: Part, line: Line) -> list[ErrorRow]:
    table = judged.assign(all="all", error=errors(judged, line)).dropna(subset=["error"])
    grouped = table.groupby(["dataset", "quantity", part], sort=True)["error"]
    return [
        ErrorRow(
            dataset=dataset,
            quantity=quantity,
            part=part,
            name=name or NAMELESS,
            line=line,
            rows=len(error),
            **_statistics(error.to_numpy(float)),
        )
        for (dataset, quantity, name), error in grouped
    ]


def _statistics(error: Array) -> dict[str, float]:
    """Rounded, so that a refit on another machine writes the same bytes."""
    size = np.abs(error)
    values = {
        "median": np.median(size),
        "p90": np.quantile(size, 0.9),
        "signed": np.median(error),
    }
    return {name: float(f"{value:.{DIGITS}g}") for name, value in values.items()}


class ShippedErrorRow(ErrorRow):
    """Errors of what is shipped; a row of ``data/calibration/accuracy.csv``."""

    evidence: Evidence
    source: str
    date: str


def shipped_errors() -> tuple[ShippedErrorRow, ...]:
    """Errors of the shipped coefficients on the measurements that they were fitted on."""
    return read_table(data_root() / SHIPPED, ShippedErrorRow)


def write_errors(rows: Iterable[ErrorRow], folder: Path, source: str, date: str) -> None:
    """``accuracy.csv`` in a folder of calibration tables; same errors, same bytes."""
    known = {"evidence": "derived", "source": source, "date": date}
    dated = (ShippedErrorRow(**row.model_dump(), **known) for row in rows)
    write_whole(folder / SHIPPED.name, table_text(dated, list(ShippedErrorRow.model_fields)))
