r"""Fit of what a lower clock or power limit does, on serving, kernels and training.

Time and power over those at full clock and limit are predicted by ``technology.clocks`` for the
loads of ``loads``. The logarithms of predicted over measured ratios are made small, every data
set and quantity with the same weight:

.. math::

    \min_x \sum_i \rho\bigl(w_i (\ln \hat y_i(x) - \ln y_i)\bigr)
    + \sum_j \rho\bigl(s\,(\ln x_j - \ln x^0_j) / \sigma_j\bigr)

A pooled coefficient is drawn towards a plausible value, one of an architecture, accelerator or
network towards the pooled one; what was never measured has that. Knees stand in MHz: so they
hold on boards whose boost clocks differ by a factor of two.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.technology.calibrate.clock_priors import PRIORS, ClockFit
from carbonplan.technology.calibrate.kernels import KernelRow
from carbonplan.technology.calibrate.loads import (
    POOLED,
    SUSTAINED,
    Described,
    Values,
    architecture,
    described,
    loads_of,
    response,
)
from carbonplan.technology.calibrate.serving import Known
from carbonplan.technology.calibrate.sustained import sustained_clocks
from carbonplan.technology.clocks import held_clock, relative_power, relative_time

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
Key = tuple[str, str]  # coefficient and family

TIME, POWER = "relative_time", "relative_power"
SAME_LOAD = (  # columns; rows that agree in them differ in the quantity alone
    *("dataset", "accelerator", "llm", "task", "precision", "batch", "input_tokens"),
    *("output_tokens", "clock_fraction", "power_limit_fraction", "compute_active"),
    *("memory_active",),
)
NOISE = 0.1  # of a measured ratio, in logarithms [1]
WEIGHT = 20.0  # measurements that a data set and quantity count for
STEPS = 60  # of the search; it settles in some forty
FELT = 1e-6  # slope of a weighted error from which a row is said to speak of a coefficient
TOLD = 0.7  # of the plausible spread: narrower, and rows say more than was plausible anyway


@dataclass(frozen=True)
class _Task:
    """Measured ratios, their loads, each once, and where the load of each row stands."""

    loads: Described
    load: NDArray[np.int64]
    is_time: NDArray[np.bool_]
    measured: Array
    weight: Array
    keys: tuple[Key, ...]

    def values(self, logs: Array) -> Values:
        return dict(zip(self.keys, np.exp(logs).tolist(), strict=True))

    def errors(self, logs: Array) -> Array:
        """Logarithm of predicted over measured, (row,)."""
        time, power = _ratios(self.loads, self.values(logs))
        predicted = np.where(self.is_time, time[self.load], power[self.load])
        return np.log(predicted) - np.log(self.measured)

    def distances(self, logs: Array) -> Array:
        """From pooled values, and of those from plausible ones, in logarithms."""
        at = dict(zip(self.keys, logs, strict=True))
        centre = [
            at[key[0], POOLED] if _is_drawn(key) else np.log(PRIORS[key[0]].value)
            for key in self.keys
        ]
        return logs - np.array(centre)

    def pulls(self, logs: Array) -> Array:
        """The distances in spreads, weighted as measurements are."""
        return NOISE * self.distances(logs) / np.array([_spread(key) for key in self.keys])


def fit_clocks(
    rows: pd.DataFrame, known: Known, kernels: Iterable[KernelRow] = ()
) -> tuple[ClockFit, ...]:
    """Coefficients of time and power against clock and limit, and of the loads measured.

    Parameters
    ----------
    rows
        Measurements; those of relative time and power are taken.
    kernels
        What single kernels reach: multiplications at the limit tell the clock that it leaves.
    """
    from scipy.optimize import least_squares

    rows = rows[rows["quantity"].isin([TIME, POWER])].reset_index(drop=True)
    task = _task(rows, known)

    def residuals(logs: Array) -> Array:
        return np.concatenate([task.weight * task.errors(logs), task.pulls(logs)])

    priors = [PRIORS[name] for name, _ in task.keys]
    bounds = np.log([[one.least for one in priors], [one.most for one in priors]])
    start = np.log([one.value for one in priors])
    found = least_squares(
        residuals, start, bounds=bounds, loss="soft_l1", f_scale=NOISE, max_nfev=STEPS
    )
    fitted = _fitted(task, found.x, found.jac)
    return (*fitted, *sustained_clocks(fitted, kernels, known))


def predicted_ratio(rows: pd.DataFrame, known: Known, values: Values) -> Array:
    """Relative time or power of every row, whichever its quantity is, (row,) [1].

    Parameters
    ----------
    values
        Coefficients by name and family, ``values_of`` a fit.
    """
    time, power = _ratios(described(rows, known), values)
    return np.where(rows["quantity"] == TIME, time, power)


def values_of(fitted: Iterable[ClockFit]) -> Values:
    """Values by coefficient and family."""
    return {(one.coefficient, one.family): one.value for one in fitted}


def _ratios(loads: Described, values: Values) -> tuple[Array, Array]:
    """Relative time and power of loads at their clock and limit."""
    load, board = loads_of(loads, values), response(loads, values)
    clock = held_clock(load, board, loads.clock_fraction, loads.power_limit_fraction)
    return relative_time(load, board, clock), relative_power(load, board, clock)


def _task(rows: pd.DataFrame, known: Known) -> _Task:
    load = rows.groupby(list(SAME_LOAD), dropna=False, sort=False).ngroup().to_numpy()
    _, first = np.unique(load, return_index=True)
    return _Task(
        described(rows.iloc[first], known),
        load,
        (rows["quantity"] == TIME).to_numpy(),
        rows["value"].to_numpy(float),
        _weights(rows),
        _keys(rows, known),
    )


def _weights(rows: pd.DataFrame) -> Array:
    """Every data set and quantity alike; in it every accelerator and kind of kernel."""
    together = rows["dataset"] + "|" + rows["quantity"]
    kernel = rows["task"].where(rows["compute_active"].notna(), "")
    groups = together + "|" + rows["accelerator"] + "|" + kernel
    of_row = groups.map(groups.value_counts())
    in_set = groups.groupby(together).transform("nunique")
    return np.sqrt(WEIGHT / (of_row * in_set)).to_numpy(float)


def _keys(rows: pd.DataFrame, known: Known) -> tuple[Key, ...]:
    """Pooled coefficients, then those of families that were measured."""
    active = rows["compute_active"].notna()
    training = rows[(rows["llm"] == "") & ~active]
    matrix = rows[(rows["compute_active"] == 1.0) & (rows["memory_active"] == 0.0)]
    architectures = rows["accelerator"].map(lambda name: architecture(name, known))
    families = {
        "voltage_floor": architectures,
        "voltage_knee_mhz": architectures,
        "memory_clock_knee_mhz": architectures,
        "training_duty": training["task"],
        "training_half_batch": training["task"],
        "training_power_share": training["accelerator"],
        SUSTAINED: matrix["accelerator"],
    }
    pooled = [(name, POOLED) for name in PRIORS if name != SUSTAINED]
    own = [(name, one) for name, some in families.items() for one in sorted(set(some))]
    return (*pooled, *own)


def _is_drawn(key: Key) -> bool:
    """Whether a coefficient has a pooled value that it is drawn towards."""
    return key[1] != POOLED and key[0] != SUSTAINED


def _spread(key: Key) -> float:
    prior = PRIORS[key[0]]
    return prior.family_spread if _is_drawn(key) else prior.spread


def _fitted(task: _Task, logs: Array, slopes: Array) -> tuple[ClockFit, ...]:
    r"""Values and bands; families that the rows tell nothing of are left to the pooled value.

    The spread of a coefficient is :math:`s \sqrt{(J^T J)^{-1}_{jj}}` at the minimum, with pulls
    among the residuals: where no row speaks it is the spread about the plausible value.
    """
    spreads = NOISE * np.sqrt(np.diag(np.linalg.inv(slopes.T @ slopes)))
    moved = np.abs(task.distances(logs)) > spreads
    errors = np.abs(np.expm1(task.errors(logs)))
    felt = np.abs(slopes[: len(errors)]) > FELT
    names = np.array([name for name, _ in task.keys])
    fitted = []
    for at, (key, spread) in enumerate(zip(task.keys, spreads, strict=True)):
        same = names == key[0] if key[1] == POOLED else np.arange(len(names)) == at
        rows = felt[:, same].any(axis=1)
        if moved[at] or spread < TOLD * _spread(key):
            fitted.append(_told(key, logs[at], spread, errors[rows]))
        elif key[1] == POOLED:
            fitted.append(_told(key, logs[at], spread, errors[:0]))
    return tuple(fitted)


def _told(key: Key, log: float, spread: float, errors: Array) -> ClockFit:
    prior = PRIORS[key[0]]
    low, value, high = np.exp([log - spread, log, log + spread]).tolist()
    band = (max(low, prior.least), min(high, prior.most))
    error = float(np.median(errors)) if len(errors) else None
    return ClockFit(*key, value, *band, prior.unit, len(errors), error)
