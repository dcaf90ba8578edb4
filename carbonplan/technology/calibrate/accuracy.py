"""How far the shipped coefficients are from measurements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carbonplan.technology.calibrate.prediction import figures_of, predicted
from carbonplan.technology.calibrate.serving import KEPT_ENGINE, Known
from carbonplan.technology.calibration import Calibration
from carbonplan.technology.figures import stacked

if TYPE_CHECKING:
    import pandas as pd


def with_predictions(
    rows: pd.DataFrame, known: Known, calibration: Calibration
) -> pd.DataFrame:
    """Rows with what the shipped models say and its relative error."""
    coefficients = stacked(
        [calibration.coefficients(known.accelerators[name][0]) for name in rows["accelerator"]]
    )
    figures = figures_of(rows, known.llms, known.accelerators, coefficients)
    values = predicted(rows, figures)
    return rows.assign(predicted=values, error=values / rows["value"] - 1.0)


def summary(judged: pd.DataFrame) -> pd.DataFrame:
    """Median, 90th-percentile and signed error of each dataset, quantity and engine [1].

    ``same_engine`` marks rows of the engine whose overheads are shipped; the others show what
    is lost by planning with it.
    """
    judged = judged.assign(same_engine=judged["engine"] == KEPT_ENGINE)
    errors = judged.groupby(["quantity", "dataset", "engine", "same_engine"])["error"]
    return errors.agg(
        rows="size",
        median=lambda error: np.median(np.abs(error)),
        p90=lambda error: np.quantile(np.abs(error), 0.9),
        bias="median",
    ).reset_index()
