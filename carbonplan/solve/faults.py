"""Recompute what a solver claims, with numpy alone."""

from __future__ import annotations

import math

import numpy as np

from carbonplan.solve.arrays import Arrays, Floats
from carbonplan.solve.status import Answer, Claim

TOLERANCE = 1e-6  # of rows and bounds of the scaled program, and relative of objectives
RAW_INTEGRALITY = 1e-5  # what a solver may leave between a whole column and its number
ROUNDING = 1e-14  # share of the sum of a row's terms that may be rounding


def agree(one: float, other: float) -> bool:
    """Whether two objectives or bounds are the same number to the tolerance."""
    return abs(one - other) <= TOLERANCE * max(1.0, abs(one), abs(other))


def plan_faults(arrays: Arrays, values: Floats, *, integrality: float = 0.0) -> tuple[str, ...]:
    """What is wrong with a plan; empty if it meets rows, bounds and whole numbers."""
    if values.shape != (arrays.columns_count,):
        return (f"{values.shape} values for {arrays.columns_count} columns",)
    if not np.isfinite(values).all():
        return ("values that are not finite",)
    whole = values[arrays.integer]
    amounts = {
        "row": _row_violation(arrays, values),
        "column bound": _excess(values, arrays.lower, arrays.upper) - TOLERANCE,
        "whole number": np.abs(whole - np.round(whole)) - integrality,
    }
    return tuple(
        f"{int((amount > 0).sum())} violated: {what}, by up to {float(amount.max()):.1e}"
        for what, amount in amounts.items()
        if (amount > 0).any()
    )


def claim_faults(
    arrays: Arrays, values: Floats, objective: float | None, bound: float | None
) -> tuple[str, ...]:
    """What is wrong with an objective and a bound beside the plan that they belong to."""
    faults = []
    actual = arrays.objective(values)
    if objective is None or not math.isfinite(objective) or not agree(objective, actual):
        faults.append(f"objective {objective} claimed, {actual:.9g} recomputed")
    if bound is not None and math.isnan(bound):
        faults.append("bound is not a number")
    elif bound is not None and bound > actual and not agree(bound, actual):
        faults.append(f"bound {bound:.9g} above the objective {actual:.9g} of a plan")
    return tuple(faults)


def answer_faults(arrays: Arrays, answer: Answer) -> tuple[str, ...]:
    """What is wrong with an answer of HiGHS, before its whole numbers are rounded."""
    if answer.values is None:
        if answer.claim is Claim.PROVED:
            return ("called optimal without a plan",)
        return ("bound is not finite",) if _is_broken(answer.bound) else ()
    return plan_faults(arrays, answer.values, integrality=RAW_INTEGRALITY) or claim_faults(
        arrays, answer.values, answer.objective, answer.bound
    )


def _is_broken(bound: float | None) -> bool:
    return bound is not None and not math.isfinite(bound)


def _row_violation(arrays: Arrays, values: Floats) -> Floats:
    """Violation of each row beyond the tolerance; positive is a fault, (row,)."""
    excess = _excess(arrays.activities(values), arrays.row_lower, arrays.row_upper)
    terms = np.abs(arrays.coefficients * values[arrays.entry_columns])
    sizes = np.bincount(arrays.rows, weights=terms, minlength=arrays.rows_count)
    return excess - TOLERANCE - ROUNDING * sizes


def _excess(values: Floats, lower: Floats, upper: Floats) -> Floats:
    return np.maximum(lower - values, values - upper)
