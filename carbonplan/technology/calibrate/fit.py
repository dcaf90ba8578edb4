r"""Least squares on the logarithms of predicted over measured values.

A coefficient is fitted for all accelerators together, and where that is useful for their
architectures too; those are drawn towards the pooled value, so that few measurements move it
little:

.. math::

    \min_x \sum_i w_i\, \rho\bigl(\ln \hat y_i(x) - \ln y_i\bigr)
    + \sum_{a} \rho\bigl(s\,(x_a - x_{pooled}) / \sigma\bigr)

Rows of one dataset, accelerator, LLM and quantity share one unit of weight, because they err
together. Overheads belong to an engine: those of a current serving engine are kept, those of
others are fitted beside them and dropped. The band of a coefficient is the median error of the
rows that it rests on, as if all of that error were its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from carbonplan.technology.calibration import Coefficients

PRIOR_SPREAD = 0.3  # of an architecture about the pooled value, in logarithms [1]
NOISE = 0.2  # of one combination's measurements, in logarithms [1]


@dataclass(frozen=True)
class Parameter:
    """One fitted number: a coefficient of a family, or of an engine that is dropped."""

    coefficient: str
    family: str
    start: float
    least: float
    most: float
    unit: str
    drawn: bool = False  # towards the pooled value: an architecture


@dataclass(frozen=True)
class Fitted:
    """A parameter's value with its band, and the rows that it rests on."""

    parameter: Parameter
    value: float
    low: float
    high: float
    rows: int
    median_abs_error: float


Predict = Callable[[Coefficients], NDArray[np.float64]]


@dataclass(frozen=True)
class Task:
    """What is to be fitted to what.

    Attributes
    ----------
    parameters
        All fitted numbers.
    position, fixed
        By coefficient, which parameter holds for every row, (row,), or a value that is known.
    measured, group
        Values, and the name that rows which err together share, (row,).
    predict
        The measured quantities as the models see them, from coefficients over rows.
    """

    parameters: tuple[Parameter, ...]
    position: dict[str, NDArray[np.int64]]
    fixed: dict[str, NDArray[np.float64]]
    measured: NDArray[np.float64]
    group: NDArray[np.str_]
    predict: Predict

    def coefficients(self, logs: NDArray[np.float64]) -> Coefficients:
        """Coefficients over rows."""
        values = np.exp(logs)
        return Coefficients(
            *(
                values[self.position[field.name]]
                if field.name in self.position
                else self.fixed[field.name]
                for field in fields(Coefficients)
            )
        )

    def errors(self, logs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Logarithm of predicted over measured, (row,)."""
        return np.log(self.predict(self.coefficients(logs))) - np.log(self.measured)

    def weights(self) -> NDArray[np.float64]:
        """One unit for each group, shared by its rows, (row,)."""
        _, group, count = np.unique(self.group, return_inverse=True, return_counts=True)
        return 1.0 / np.sqrt(count[group])

    def pulls(self, logs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distances of architectures from their pooled value, in spreads."""
        pooled = {p.coefficient: i for i, p in enumerate(self.parameters) if p.family == "gpu"}
        return np.array(
            [
                NOISE * (logs[i] - logs[pooled[p.coefficient]]) / PRIOR_SPREAD
                for i, p in enumerate(self.parameters)
                if p.drawn
            ]
        )


def fit(task: Task) -> tuple[Fitted, ...]:
    """Values and bands of all parameters of a task; the same inputs give the same bits."""
    from scipy.optimize import least_squares

    weights = task.weights()

    def residuals(logs: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.concatenate([weights * task.errors(logs), task.pulls(logs)])

    bounds = np.log([[p.least for p in task.parameters], [p.most for p in task.parameters]])
    start = np.log([p.start for p in task.parameters])
    found = least_squares(residuals, start, bounds=bounds, loss="soft_l1", f_scale=0.1)
    errors = np.abs(np.expm1(task.errors(found.x)))
    return tuple(
        _fitted(task, number, float(np.exp(found.x[number])), errors)
        for number in range(len(task.parameters))
    )


def _fitted(task: Task, number: int, value: float, errors: NDArray[np.float64]) -> Fitted:
    parameter = task.parameters[number]
    rows = task.position[parameter.coefficient] == number
    if not rows.any():  # pooled, while every row has an architecture of its own
        rows = np.ones_like(rows)
    error = float(np.median(errors[rows]))
    low, high = value / (1.0 + error), value * (1.0 + error)
    bounded = (max(low, parameter.least), min(high, parameter.most))
    return Fitted(parameter, value, *bounded, int(rows.sum()), error)


def positions(
    parameters: Sequence[Parameter],
    coefficient: str,
    architectures: NDArray[np.str_],
    engines: NDArray[np.str_],
) -> NDArray[np.int64]:
    """Which parameter of a coefficient holds for every row: engine, architecture, pooled."""
    number = {(p.coefficient, p.family): i for i, p in enumerate(parameters)}
    pooled = number[coefficient, "gpu"]
    return np.array(
        [
            number.get((coefficient, engine), number.get((coefficient, architecture), pooled))
            for architecture, engine in zip(architectures, engines, strict=True)
        ]
    )
