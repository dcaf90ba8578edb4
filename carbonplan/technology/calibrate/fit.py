r"""Fit of pooled values and factors, on the logarithms of predicted over measured values.

.. math::

    \min_\theta \sum_i w_i^2\,\rho\bigl(\ln \hat y_i(\theta) - \ln y_i\bigr)
    + \sigma^2 \sum_j \Bigl(\frac{\theta_j - \mu_j}{s_j}\Bigr)^2, \qquad
    \rho(r) = 2 c^2 \Bigl(\sqrt{1 + (r / c)^2} - 1\Bigr)

:math:`\theta` are logarithms of pooled values and factors, :math:`\mu_j` and :math:`s_j` what
is expected of them and how far they may reach (:mod:`levels`). Rows of one dataset, quantity,
accelerator and LLM err together: however many they are, they count no more than
``MOST_ROWS`` of them. Large errors count linearly.

A prediction depends on a row's coefficients, and these linearly (in logarithms) on the
parameters; so one evaluation for each coefficient gives the whole Jacobian, and a few damped
Gauss-Newton steps the fit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.technology.calibrate.levels import Choice
from carbonplan.technology.coefficients import Coefficients, bounded
from carbonplan.technology.subjects import Subjects

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = NDArray[np.float64]
Predict = Callable[[Coefficients], Floats]

LARGE = 0.15  # c: from here on an error counts linearly
MOST_ROWS = 64.0  # that a group counts as
PROBE = 1e-3  # relative step of a coefficient for the Jacobian
DAMPING = (1e-3, 1e-8, 10.0)  # at first, at least, and what it grows by
DAMPINGS = 9  # tries before a step is given up
LONGEST_STEP = 1.0  # of a parameter, in logarithms
TOLERANCE = 1e-8  # of the objective


@dataclass(frozen=True)
class Parameter:
    """One fitted number: a pooled value, a factor, or a shape's exponent."""

    coefficient: str
    level: str
    name: str
    expected: float  # logarithm; of an exponent, the exponent
    spread: float


@dataclass(frozen=True)
class Task:
    """What is fitted to what.

    Attributes
    ----------
    parameters
        All of them.
    designs
        By fitted coefficient, which of its parameters hold for every row, (row, parameter),
        and their places among all.
    known
        Of coefficients on which only factors are fitted, what they multiply, (row,).
    given
        Coefficients that are not fitted here, over rows.
    measured, weights
        Values and square roots of weights, (row,).
    predict
        Values as the models see them, from coefficients over rows.
    noise
        Sigma: of one group's measurements, in logarithms.
    """

    parameters: tuple[Parameter, ...]
    designs: Mapping[str, tuple[csr_matrix, NDArray[np.int64]]]
    known: Mapping[str, Floats]
    given: Coefficients
    measured: Floats
    weights: Floats
    predict: Predict
    noise: float

    def coefficients(self, theta: Floats) -> Coefficients:
        """Coefficients over rows."""
        fitted = {name: self.values(name, theta) for name in self.designs}
        return replace(self.given, **fitted)

    def values(self, name: str, theta: Floats, factor: float = 1.0) -> Floats:
        """One coefficient over rows, times a factor before it is held below its most."""
        design, place = self.designs[name]
        free = np.exp(design @ theta[place]) * self.known.get(name, 1.0)
        return bounded(name, factor * free)

    def logs(self, theta: Floats) -> Floats:
        """Logarithm of the predictions, (row,)."""
        return np.log(self.predict(self.coefficients(theta)))

    @property
    def expected(self) -> Floats:
        return np.array([one.expected for one in self.parameters])

    @property
    def spreads(self) -> Floats:
        return np.array([one.spread for one in self.parameters])


def make_task(
    choices: Mapping[str, Choice],
    subjects: Subjects,
    given: Coefficients,
    measured: Floats,
    groups: NDArray[np.str_],
    predict: Predict,
    noise: float,
) -> Task:
    """A task over rows; rows of one group count together."""
    parameters: list[Parameter] = []
    designs = {}
    for name, choice in choices.items():
        columns = list(_columns(name, choice, subjects))
        if not columns:
            continue
        first = len(parameters)
        parameters += [parameter for parameter, _ in columns]
        designs[name] = (
            _sparse([values for _, values in columns]),
            np.arange(first, len(parameters)),
        )
    _, group, count = np.unique(groups, return_inverse=True, return_counts=True)
    weights = np.sqrt(np.minimum(count, MOST_ROWS) / count)[group]
    known = {
        name: getattr(given, name)
        for name, choice in choices.items()
        if choice.expected is None
    }
    return Task(tuple(parameters), designs, known, given, measured, weights, predict, noise)


def _columns(
    coefficient: str, choice: Choice, subjects: Subjects
) -> Iterator[tuple[Parameter, Floats]]:
    """Parameters of a coefficient with what they multiply, (row,)."""
    if choice.expected is not None:
        expected = float(np.log(choice.expected))
        pooled = Parameter(coefficient, "kind", "gpu", expected, choice.spread)
        yield pooled, np.ones(len(subjects))
    for level, spread in choice.factors.items():
        names = subjects.level(level)
        for name in np.unique(names):
            if name:
                holds = (names == name).astype(float)
                yield Parameter(coefficient, level, str(name), 0.0, spread), holds
    for feature, spread in choice.shapes.items():
        parameter = Parameter(coefficient, "shape", feature, 0.0, spread)
        yield parameter, subjects.features[feature]


def _sparse(columns: list[Floats]) -> csr_matrix:
    from scipy.sparse import csr_matrix

    return csr_matrix(np.column_stack(columns))


@dataclass(frozen=True)
class Fit:
    """Parameters that a fit found, as ``Task.parameters``."""

    theta: Floats


def fit(
    task: Task, rows: NDArray[np.bool_], start: Floats | None = None, steps: int = 300
) -> Fit:
    """The best parameters for some rows; the same inputs give the same bits.

    Parameters
    ----------
    rows
        Which rows count, (row,).
    start
        Parameters to start from; without, what is expected.
    steps
        Most Gauss-Newton steps.
    """
    theta = task.expected.copy() if start is None else start.copy()
    damping = DAMPING[0]
    state = _State.at(task, theta, rows)
    for _ in range(steps):
        better, damping = _step(task, state, rows, damping)
        if better is None:
            break
        done = state.objective - better.objective < TOLERANCE * state.objective
        state = better
        if done:
            break
    return Fit(state.theta)


def spreads(task: Task, found: Fit, rows: NDArray[np.bool_]) -> Floats:
    """Standard deviation of every parameter, from the curvature at the optimum."""
    curvature, _ = _normal_equations(task, _State.at(task, found.theta, rows), rows)
    return task.noise * np.sqrt(np.diag(np.linalg.inv(curvature)))


@dataclass(frozen=True)
class _State:
    """Where a fit stands."""

    theta: Floats
    logs: Floats  # of all rows
    residuals: Floats  # of those that count
    objective: float

    @classmethod
    def at(cls, task: Task, theta: Floats, rows: NDArray[np.bool_]) -> _State:
        logs = task.logs(theta)
        residuals = (logs - np.log(task.measured))[rows]
        large = np.sqrt(1.0 + (residuals / LARGE) ** 2) - 1.0
        errors = float((task.weights[rows] ** 2 * 2.0 * LARGE**2 * large).sum())
        pull = float((((theta - task.expected) / task.spreads) ** 2).sum())
        return cls(theta, logs, residuals, errors + task.noise**2 * pull)


def _step(
    task: Task, state: _State, rows: NDArray[np.bool_], damping: float
) -> tuple[_State | None, float]:
    """A damped Gauss-Newton step that lowers the objective, and the damping after it."""
    curvature, slope = _normal_equations(task, state, rows)
    for _ in range(DAMPINGS):
        damped = curvature + damping * np.diag(np.diag(curvature))
        move = -np.linalg.solve(damped, slope)
        theta = state.theta + np.clip(move, -LONGEST_STEP, LONGEST_STEP)
        tried = _State.at(task, theta, rows)
        if tried.objective < state.objective:
            return tried, max(damping / DAMPING[2] * 2.0, DAMPING[1])
        damping *= DAMPING[2]
    return None, damping


def _normal_equations(
    task: Task, state: _State, rows: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Curvature and slope of the objective, (parameter, parameter) and (parameter,)."""
    from scipy.sparse import diags, hstack

    coefficients = task.coefficients(state.theta)
    columns, places = [], []
    for name, (design, place) in task.designs.items():
        moved = replace(coefficients, **{name: task.values(name, state.theta, 1.0 + PROBE)})
        slope = (np.log(task.predict(moved)) - state.logs) / np.log1p(PROBE)
        columns.append(diags(slope[rows]) @ design[rows])
        places.append(place)
    jacobian = hstack(columns).tocsr()
    weight = task.weights[rows] ** 2 / np.sqrt(1.0 + (state.residuals / LARGE) ** 2)
    pull = task.noise**2 / task.spreads**2
    curvature = (jacobian.T @ diags(weight) @ jacobian).toarray()
    slope = jacobian.T @ (weight * state.residuals) + pull * (state.theta - task.expected)
    return curvature + np.diag(pull), slope
