r"""Confirm that a program is infeasible before anybody is told so.

Every row may give way at a price of one per unit of the scaled row,

.. math:: \min \sum_i (u_i + v_i), \quad b^- - u \le A x \le b^+ + v, \quad u, v \ge 0

solved without presolve. A positive optimum confirms the claim and names the rows; an optimum of
zero is a plan, and contradicts it. For the continuous relaxation the optimum is proved by its
duals with :func:`carbonplan.solve.bounds.safe_bound`, without trust in the solver.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from carbonplan.solve.arrays import FLEET, Arrays, Floats
from carbonplan.solve.bounds import safe_bound
from carbonplan.solve.faults import answer_faults
from carbonplan.solve.highs import Model, Settings
from carbonplan.solve.status import Answer, Claim
from carbonplan.solve.watching import Watcher

SHORTFALL = 1e-5  # total violation below which a program counts as feasible


@dataclass(frozen=True)
class Confirmation:
    """Result of the elastic solve: rows that gave way, or a plan, or neither in time."""

    relaxed_rows: tuple[tuple[int, float], ...] | None
    values: Floats | None
    step: str


def confirm(
    arrays: Arrays, settings: Settings, watcher: Watcher, seconds: Callable[[], float]
) -> Confirmation:
    """Check a claim of infeasibility, first without whole numbers, then with them."""
    settings = replace(settings, presolve=False, gap=0.0, absolute_gap=SHORTFALL / 10)
    elastic = elastic_arrays(arrays)
    if _crossed(arrays):
        return Confirmation((), None, "no whole number lies between the bounds of a column")
    answer = _solved(elastic.relaxed(), settings, watcher, seconds())
    if _proved_by_duals(elastic, answer):
        rows = _relaxed_rows(arrays, answer)
        return Confirmation(
            rows, None, "infeasible by its continuous relaxation, proved by duals"
        )
    if not arrays.integer.any():
        return _verdict(arrays, answer)
    return _verdict(arrays, _solved(elastic, settings, watcher, seconds()))


def _solved(arrays: Arrays, settings: Settings, watcher: Watcher, seconds: float) -> Answer:
    answer = Model(arrays, settings).run(watcher, time_limit_s=seconds)
    return answer.discarded() if answer_faults(arrays, answer) else answer


def elastic_arrays(arrays: Arrays) -> Arrays:
    """Return the program in which rows may give way and nothing else costs."""
    below = np.flatnonzero(np.isfinite(arrays.row_lower))
    above = np.flatnonzero(np.isfinite(arrays.row_upper))
    count = len(below) + len(above)
    largest = _largest_violation(arrays)
    return replace(
        arrays,
        starts=np.concatenate([arrays.starts, arrays.starts[-1] + 1 + np.arange(count)]),
        rows=np.concatenate([arrays.rows, below, above]),
        coefficients=np.concatenate(
            [arrays.coefficients, np.ones(len(below)), -np.ones(len(above))]
        ),
        lower=np.concatenate([arrays.lower, np.zeros(count)]),
        upper=np.concatenate([arrays.upper, largest[below], largest[above]]),
        integer=np.concatenate([arrays.integer, np.zeros(count, dtype=bool)]),
        cost=np.concatenate([np.zeros(arrays.columns_count), np.ones(count)]),
        offset=0.0,
        rank=np.concatenate([arrays.rank, np.zeros(count, dtype=np.int64)]),
        slot=np.concatenate([arrays.slot, np.full(count, FLEET)]),
    )


def _largest_violation(arrays: Arrays) -> Floats:
    """How far a row can be from its bounds at any point between the columns' bounds."""
    reach = np.maximum(np.abs(arrays.lower), np.abs(arrays.upper))[arrays.entry_columns]
    activity = np.bincount(
        arrays.rows, weights=np.abs(arrays.coefficients) * reach, minlength=arrays.rows_count
    )
    bounds = [
        np.where(np.isfinite(b), np.abs(b), 0) for b in (arrays.row_lower, arrays.row_upper)
    ]
    return activity + np.maximum(*bounds)


def _crossed(arrays: Arrays) -> bool:
    whole = arrays.integer
    return bool((np.ceil(arrays.lower[whole]) > np.floor(arrays.upper[whole])).any())


def _proved_by_duals(elastic: Arrays, answer: Answer) -> bool:
    return answer.duals is not None and safe_bound(elastic, answer.duals) > SHORTFALL


def _verdict(arrays: Arrays, answer: Answer) -> Confirmation:
    if answer.values is not None and (answer.objective or 0.0) <= SHORTFALL:
        values = answer.values[: arrays.columns_count]
        return Confirmation(None, values, "called infeasible, but the elastic solve has a plan")
    if (
        answer.bound is not None
        and answer.bound > SHORTFALL
        and answer.claim
        in (
            Claim.PROVED,
            Claim.STOPPED,
        )
    ):
        step = f"infeasible, confirmed: rows must give way by {answer.bound:.3g} in all"
        return Confirmation(_relaxed_rows(arrays, answer), None, step)
    return Confirmation(
        None, None, f"infeasibility not confirmed: the elastic solve ended {answer.claim}"
    )


def _relaxed_rows(arrays: Arrays, answer: Answer) -> tuple[tuple[int, float], ...]:
    """Rows and amounts by which they are violated, largest first."""
    if answer.values is None:
        return ()
    activity = arrays.activities(answer.values[: arrays.columns_count])
    amounts = np.maximum(arrays.row_lower - activity, activity - arrays.row_upper)
    rows = np.flatnonzero(amounts > SHORTFALL / 10)
    return tuple(
        (int(row), float(amounts[row]))
        for row in rows[np.argsort(-amounts[rows], kind="stable")]
    )
