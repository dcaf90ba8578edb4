"""The fit to measured serving: times first, then power with the times that were found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.cards import card_names, cards
from carbonplan.catalogue.records import Accelerator, AcceleratorPower, ModelCard
from carbonplan.catalogue.tables import read_keyed, read_table
from carbonplan.technology.calibrate.fit import Fit, Parameter, Task, fit, make_task, spreads
from carbonplan.technology.calibrate.held_up import held_up, slow_prompts
from carbonplan.technology.calibrate.levels import CHOICES, POWERS, TIMES, Choice
from carbonplan.technology.calibrate.measurements import MeasuredLlm, combinations, pairs
from carbonplan.technology.calibrate.prediction import POWERS as POWER_QUANTITIES
from carbonplan.technology.calibrate.prediction import QUANTITIES, predicted, with_calibration
from carbonplan.technology.calibrate.prediction import TIMES as TIME_QUANTITIES
from carbonplan.technology.calibrate.runs import Load, load_of
from carbonplan.technology.calibration import Calibration, CoefficientRow

if TYPE_CHECKING:
    import pandas as pd

NOT_FITTED = ("freesh", "single-gpu")  # transcribed, or of unknown load: judged only
NOISE_OF_TIMES, NOISE_OF_POWER = 0.27, 0.08  # of one group, in logarithms
FOLD_STEPS = 10  # of a fit that starts where the whole one ended


@dataclass(frozen=True)
class Known:
    """Records of what was measured, by catalogue name."""

    llms: Mapping[str, ModelCard]
    accelerators: Mapping[str, tuple[Accelerator, AcceleratorPower]]


def read_known(data: Path) -> Known:
    """Shipped records, and the shapes of LLMs that were measured but have no card."""
    measured = read_table(data / "calibration" / "measured_llms.csv", MeasuredLlm)
    shipped = cards(card_names())
    accelerators = read_keyed(data / "hardware" / "accelerators.csv", Accelerator)
    power = read_keyed(data / "hardware" / "accelerator_power.csv", AcceleratorPower)
    return Known(
        {**{row.llm: row.card() for row in measured}, **{card.llm: card for card in shipped}},
        {name: (record, power[name]) for name, record in accelerators.items()},
    )


@dataclass(frozen=True)
class Half:
    """Rows of times or of power, as a task."""

    rows: pd.DataFrame
    load: Load
    task: Task

    @cached_property
    def pair(self) -> NDArray[np.str_]:
        return pairs(self.rows).to_numpy(str)

    @property
    def all(self) -> NDArray[np.bool_]:
        return np.ones(len(self.rows), dtype=bool)

    def without(self, pair: str) -> NDArray[np.bool_]:
        return self.pair != pair


@dataclass(frozen=True)
class ServingFit:
    """Both fits over all rows.

    Attributes
    ----------
    base
        Calibration with what is not fitted here.
    times, powers
        Rows and tasks; those of power with the fitted times.
    """

    base: Calibration
    times: Half
    powers: Half
    times_fit: Fit
    powers_fit: Fit

    @property
    def rows(self) -> list[CoefficientRow]:
        """All parameters, with the spread that the fits leave them."""
        return [
            row
            for half, found in ((self.times, self.times_fit), (self.powers, self.powers_fit))
            for row in coefficient_rows(half.task, found, spreads(half.task, found, half.all))
        ]

    @property
    def calibration(self) -> Calibration:
        return self.base.with_rows(self.rows)


def fit_serving(rows: pd.DataFrame, known: Known, base: Calibration) -> ServingFit:
    """Times and power of all rows that can teach something."""
    rows = rows[teaching(rows, known)].reset_index(drop=True)
    times = make_half(rows, TIME_QUANTITIES, known, base, TIMES)
    times_fit = fit(times.task, times.all)
    timed = _calibration(base, (times.task, times_fit))
    powers = make_half(rows, POWER_QUANTITIES, known, timed, POWERS)
    powers_fit = fit(powers.task, powers.all)
    return ServingFit(base, times, powers, times_fit, powers_fit)


def cross_validated(rows: pd.DataFrame, known: Known, whole: ServingFit) -> NDArray[np.float64]:
    """Predictions of every row by a fit without its pair of accelerator and LLM, (row,).

    NaN where the models do not know a row's quantity.
    """
    values = np.full(len(rows), np.nan)
    served = np.flatnonzero((rows["llm"] != "").to_numpy())
    some = rows.iloc[served]
    load = load_of(some, known.llms, known.accelerators)
    pair = pairs(some).to_numpy(str)
    for one in np.unique(pair):
        held_out = np.flatnonzero(pair == one)
        part = load[held_out]
        if np.isin(part.quantity, list(QUANTITIES)).any():
            values[served[held_out]] = with_calibration(part, _without(whole, one))
    return values


def teaching(rows: pd.DataFrame, known: Known) -> NDArray[np.bool_]:
    """Rows of GPUs at full clock that the models predict and nothing held up, (row,)."""
    kind = rows["accelerator"].map(lambda name: known.accelerators[name][0].kind)
    quantity = rows["quantity"].isin([*TIME_QUANTITIES, *POWER_QUANTITIES])
    plain = (rows["clock_fraction"] == 1.0) & (rows["power_limit_fraction"] >= 1.0)
    whole = (rows["llm"] != "") & (kind == "gpu") & ~rows["dataset"].isin(NOT_FITTED)
    return (quantity & plain & whole).to_numpy() & ~held_up(rows) & ~slow_prompts(rows)


def make_half(
    rows: pd.DataFrame,
    quantities: Iterable[str],
    known: Known,
    base: Calibration,
    choices: Mapping[str, Choice],
) -> Half:
    """Rows of some quantities as a task, with what is not fitted from a calibration."""
    part = rows[rows["quantity"].isin(list(quantities))].reset_index(drop=True)
    load = load_of(part, known.llms, known.accelerators)
    groups = (combinations(part) + "|" + part["quantity"]).to_numpy(str)
    task = make_task(
        choices,
        load.subjects,
        base.coefficients(load.subjects),
        part["value"].to_numpy(float),
        groups,
        lambda coefficients: predicted(load, coefficients),
        NOISE_OF_POWER if choices is POWERS else NOISE_OF_TIMES,
    )
    return Half(part, load, task)


def _without(whole: ServingFit, pair: str) -> Calibration:
    """The calibration that a fit without a pair gives; the whole one where it has no row."""
    times, powers = whole.times, whole.powers
    times_fit, powers_fit = whole.times_fit, whole.powers_fit
    if not times.without(pair).all():
        times_fit = fit(times.task, times.without(pair), times_fit.theta, FOLD_STEPS)
    timed = _calibration(whole.base, (times.task, times_fit))
    if not powers.without(pair).all():
        task = _regiven(powers, timed)
        powers_fit = fit(task, powers.without(pair), powers_fit.theta, FOLD_STEPS)
    return _calibration(timed, (powers.task, powers_fit))


def _regiven(half: Half, calibration: Calibration) -> Task:
    """A task with other values of what it does not fit."""
    return replace(half.task, given=calibration.coefficients(half.load.subjects))


def _calibration(base: Calibration, *fits: tuple[Task, Fit]) -> Calibration:
    rows = (row for task, found in fits for row in coefficient_rows(task, found))
    return base.with_rows(rows)


def coefficient_rows(
    task: Task, found: Fit, spread: NDArray[np.float64] | None = None
) -> list[CoefficientRow]:
    """Parameters as rows of a calibration, their bands the fit's own spread."""
    errors = np.abs(np.expm1(task.logs(found.theta) - np.log(task.measured)))
    spread = np.zeros(len(found.theta)) if spread is None else spread
    return [
        _row(task.parameters[number], found.theta[number], spread[number], errors[held])
        for design, place in task.designs.values()
        for column, number in enumerate(place)
        for held in [design[:, column].nonzero()[0]]
    ]


def _row(
    parameter: Parameter, theta: float, spread: float, errors: NDArray[np.float64]
) -> CoefficientRow:
    exponent = parameter.level == "shape"
    ends = (theta - spread, theta, theta + spread)
    low, value, high = (float(end if exponent else np.exp(end)) for end in ends)
    pooled = parameter.level == "kind"
    return CoefficientRow(
        coefficient=parameter.coefficient,
        level=parameter.level,
        name=parameter.name,
        value=value,
        low=low,
        high=high,
        unit=CHOICES[parameter.coefficient].unit if pooled else "1",
        rows=len(errors),
        median_abs_error=float(np.median(errors)) if len(errors) else None,
        evidence="derived",
        source="",
        date="",
    )
