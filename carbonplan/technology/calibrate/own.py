r"""Refit of a few coefficients of an accelerator to its user's own measurements.

A factor :math:`e^{\theta_g}` scales each group g of coefficients of an accelerator: how near it
comes to its peaks, and what launching a step and admitting a prompt cost. The factors minimise

.. math::

    \sum_i \rho\bigl(\ln \hat y_i(\theta) - \ln y_i\bigr)
    + \sum_g \rho\bigl(\sqrt{n_g}\,\theta_g\bigr)

so that the shipped value counts as much as :math:`n_g` rows that follow the group in full: one
row of one's own closes some of its gap, fifty leave little of it. Overheads differ
between engines by more than efficiencies do, so they are held less. :math:`\rho` grows linearly
for large errors, so that a few odd rows do not rule. A group that no row feels keeps its
shipped value and is not written.
Times are fitted first, power after them with the times that were found. Collectives between
accelerators are a matter of their link and stay as shipped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.measurements import Measurement
from carbonplan.technology.calibrate.own_prediction import Case, repeats_as_one
from carbonplan.technology.calibration import Calibration, CoefficientRow, Known
from carbonplan.technology.coefficients import MOST, Coefficients
from carbonplan.technology.figures import taken

LARGE_ERROR = 0.2  # in logarithms: from here on an error counts linearly
FELT = 0.05  # least change of a row, in logarithms, for one of a group to be felt
FURTHEST = 20.0  # factor between a shipped coefficient and a refitted one
DIGITS = 4
POWER = "power_w"  # ending of the quantities that are power


@dataclass(frozen=True)
class Group:
    """Coefficients with one factor, and how many rows their shipped values count as."""

    names: tuple[str, ...]
    shipped_rows: float


EFFICIENCY_ROWS, OVERHEAD_ROWS, SHARE_ROWS = 2.0, 0.5, 2.0
TIME_GROUPS = (
    Group(("compute_efficiency",), EFFICIENCY_ROWS),
    Group(("bandwidth_efficiency",), EFFICIENCY_ROWS),
    Group(("step_overhead_ms", "layer_overhead_us", "expert_overhead_us"), OVERHEAD_ROWS),
    Group(("sequence_overhead_us",), OVERHEAD_ROWS),
    Group(
        ("request_overhead_ms", "prefill_layer_overhead_us", "prefill_expert_overhead_us"),
        OVERHEAD_ROWS,
    ),
)
POWER_GROUPS = (
    Group(("compute_power_share", "prompt_power_share"), SHARE_ROWS),
    Group(("memory_power_share", "cache_power_share"), SHARE_ROWS),
    Group(("sequence_power_share", "active_power_share"), SHARE_ROWS),
)


@dataclass(frozen=True)
class QuantityError:
    """Median error of a quantity on an accelerator, before the refit and after it [1]."""

    accelerator: str
    quantity: str
    rows: int
    before: float
    after: float


@dataclass(frozen=True)
class Refit:
    """Refitted coefficients, and what they do to the errors."""

    coefficients: tuple[CoefficientRow, ...]
    errors: tuple[QuantityError, ...]


@dataclass(frozen=True)
class _Scaled:
    """A group with its factor, and the rows that feel it, (row,)."""

    group: Group
    factor: float
    feel: NDArray[np.bool_]


def refit(
    measurements: Sequence[Measurement], calibration: Calibration, *, source: str, date: str
) -> Refit:
    """Coefficients of every accelerator that was measured.

    Parameters
    ----------
    calibration
        What the refit starts from and is drawn to.
    source, date
        Written beside every coefficient; the date in ISO 8601.
    """
    accelerators = dict.fromkeys(row.accelerator for row in measurements)
    parts = [
        _refit_one(
            [row for row in measurements if row.accelerator == name],
            calibration,
            {"source": source, "date": date},
        )
        for name in accelerators
    ]
    return Refit(
        tuple(row for part in parts for row in part.coefficients),
        tuple(error for part in parts for error in part.errors),
    )


def _refit_one(
    measurements: Sequence[Measurement], calibration: Calibration, stamp: Mapping[str, str]
) -> Refit:
    """One accelerator: times, then power."""
    case = Case.of(repeats_as_one(measurements), calibration)
    power = case.rows["quantity"].str.endswith(POWER).to_numpy()
    times = _fit(case.where(~power), TIME_GROUPS)
    timed = _scaled(case.coefficients, times)
    powers = _fit(case.where(power).starting_from(_part(timed, power)), POWER_GROUPS)
    errors = np.abs(case.relative_errors(_scaled(timed, powers)))
    shipped = calibration.evidence(case.accelerator)
    rows = [
        *_rows(case.accelerator.accelerator, times, errors[~power], shipped, stamp),
        *_rows(case.accelerator.accelerator, powers, errors[power], shipped, stamp),
    ]
    refitted = case.under(calibration.with_rows(rows))
    before, after = (np.abs(one.relative_errors(one.coefficients)) for one in (case, refitted))
    return Refit(tuple(rows), _errors(case, before, after))


def _part(coefficients: Coefficients, rows: NDArray[np.bool_]) -> Coefficients:
    return taken(coefficients, np.flatnonzero(rows))


def _fit(case: Case, groups: Sequence[Group]) -> tuple[_Scaled, ...]:
    """Factors of the groups that the rows of a case feel."""
    from scipy.optimize import least_squares

    felt = [one for one in (_unscaled(case, group) for group in groups) if one.feel.any()]
    if not felt:
        return ()
    pull = np.sqrt([one.group.shipped_rows for one in felt])

    def at(logs: NDArray[np.float64]) -> list[_Scaled]:
        factors = np.exp(logs).tolist()
        return [replace(one, factor=factor) for one, factor in zip(felt, factors, strict=True)]

    def residuals(logs: NDArray[np.float64]) -> NDArray[np.float64]:
        errors = np.log1p(case.relative_errors(_scaled(case.coefficients, at(logs))))
        return np.concatenate([errors, pull * logs])

    most = np.log([_most(case.coefficients, one.group) for one in felt])
    bounds = (np.full(len(felt), -np.log(FURTHEST)), most)
    found = least_squares(
        residuals, np.zeros(len(felt)), bounds=bounds, loss="soft_l1", f_scale=LARGE_ERROR
    )
    return tuple(at(found.x))


def _unscaled(case: Case, group: Group) -> _Scaled:
    """A group as shipped, with the rows whose predictions follow it."""
    step = 1.1
    moved = _scaled(case.coefficients, [_Scaled(group, step, np.array([]))])
    start = 1.0 + case.relative_errors(case.coefficients)
    change = np.log((1.0 + case.relative_errors(moved)) / start) / np.log(step)
    return _Scaled(group, 1.0, np.abs(change) >= FELT)


def _most(coefficients: Coefficients, group: Group) -> float:
    """Largest factor that keeps every coefficient of a group plausible; above 1."""
    room = [
        float(MOST[name] / getattr(coefficients, name).max())
        for name in group.names
        if name in MOST
    ]
    return max(min([FURTHEST, *room]), 1.0 + 1e-6)


def _scaled(coefficients: Coefficients, groups: Sequence[_Scaled]) -> Coefficients:
    return replace(
        coefficients,
        **{
            name: getattr(coefficients, name) * one.factor
            for one in groups
            for name in one.group.names
        },
    )


def _rows(
    accelerator: str,
    groups: Sequence[_Scaled],
    errors: NDArray[np.float64],
    shipped: Mapping[str, Known],
    stamp: Mapping[str, str],
) -> list[CoefficientRow]:
    """Rows of the table, a factor for each coefficient of the groups."""
    return [
        CoefficientRow(
            coefficient=name,
            level="own",
            name=accelerator,
            **_factor_and_band(shipped[name], one, errors[one.feel]),
            unit="1",
            evidence="derived",
            **stamp,
        )
        for one in groups
        for name in one.group.names
    ]


def _factor_and_band(
    shipped: Known, one: _Scaled, errors: NDArray[np.float64]
) -> dict[str, float | int]:
    """Factor, and the band of the residuals or what few rows leave of the shipped band."""
    value, error = _rounded(one.factor), float(np.median(errors))
    left = one.group.shipped_rows / (one.group.shipped_rows + len(errors))
    spread = max(error, left * (shipped.high / shipped.value - 1.0))
    return {
        "value": value,
        "low": min(_rounded(value / (1.0 + spread)), value),
        "high": max(_rounded(value * (1.0 + spread)), value),
        "rows": len(errors),
        "median_abs_error": _rounded(error),
    }


def _errors(
    case: Case, before: NDArray[np.float64], after: NDArray[np.float64]
) -> tuple[QuantityError, ...]:
    quantities = case.rows["quantity"].to_numpy(str)
    return tuple(
        QuantityError(
            case.accelerator.accelerator,
            str(name),
            int((quantities == name).sum()),
            float(np.median(before[quantities == name])),
            float(np.median(after[quantities == name])),
        )
        for name in dict.fromkeys(quantities)
    )


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
