r"""Programs whose levers give way, or are gone.

A lever that gives way is one column: the amount by which its value changes, whole where it
counts servers or replicas, at a cost of its weight by that amount relative to the value,

.. math:: \min \sum_l w_l \frac{x_l}{\max(v_l, \underline v_l)}, \qquad
   A y - \sum_l a_l x_l \le b

with a what a unit of the value adds to the sides of its rows. A lever that is gone has rows
without that side.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from carbonplan.diagnose.giving_way import SMALL
from carbonplan.diagnose.levers import Lever
from carbonplan.program import Layout, Program
from carbonplan.solve import Limits, Solution, Status, solve

ROUGHLY = 0.01  # gap at which the cheapest relaxation is known well enough
LARGEST_SHARE = 1000.0  # a value is raised to at most this many times itself
MOST_WHOLE = 10_000.0
NOTICEABLE = 1e-7
RELAXED = "Relaxed"


def without(program: Program, gone: Collection[Lever]) -> Program:
    """The program in which some levers limit nothing."""
    lower, upper = program.row_lower.copy(), program.row_upper.copy()
    for lever in gone:
        if lever.is_upper:
            upper[lever.rows] = np.inf
        elif lever.is_demand:
            lower[lever.rows] = np.minimum(0.0, lower[lever.rows])
        else:
            lower[lever.rows] = -np.inf
    return replace(program, row_lower=lower, row_upper=upper)


def elastic(program: Program, levers: Sequence[Lever]) -> Program:
    """The program that relaxes its levers as cheaply as can be; nothing else costs."""
    rows, count = program.matrix.shape
    unit = np.array([1.0 if lever.whole else lever.size for lever in levers])
    entries = [
        sp.csc_array(
            (
                -lever.per_unit * u * (1.0 if lever.rises else -1.0),
                (lever.rows, np.zeros(len(lever.rows), dtype=np.int64)),
            ),
            shape=(rows, 1),
        )
        for lever, u in zip(levers, unit, strict=True)
    ]
    costs = [lever.weight * u / lever.size for lever, u in zip(levers, unit, strict=True)]
    most = [_most(lever, u) for lever, u in zip(levers, unit, strict=True)]
    added = len(levers)
    columns = {
        RELAXED: Layout(
            ("lever",), tuple((lever.path,) for lever in levers), count + np.arange(added)
        )
    }
    return replace(
        program,
        matrix=sp.csc_array(sp.hstack([program.matrix, *entries])),
        column_lower=np.concatenate([program.column_lower, np.zeros(added)]),
        column_upper=np.concatenate([program.column_upper, most]),
        integer=np.concatenate([program.integer, [lever.whole for lever in levers]]),
        cost=np.concatenate([np.zeros(count), costs]),
        impacts={},
        losses={},
        columns={**program.columns, **columns},
    )


def cheapest(
    program: Program, levers: Sequence[Lever], limits: Limits
) -> tuple[Mapping[str, float] | None, Solution]:
    """By how much levers change at the least cost, by path; None where that does not help."""
    if not levers:
        solution = plan_of(program, limits)
        return ({} if solution.values is not None else None), solution
    asked = elastic(program, levers)
    solution = solved(asked, replace(limits, gap=ROUGHLY))
    if solution.values is None:
        return None, solution
    amounts = solution.values[asked.columns[RELAXED].positions]
    return {
        lever.path: float(x) * (1.0 if lever.whole else lever.size)
        for lever, x in zip(levers, amounts, strict=True)
        if x > NOTICEABLE
    }, solution


def plan_of(program: Program, limits: Limits) -> Solution:
    """Any plan of a program: nothing costs."""
    free = replace(program, cost=np.zeros_like(program.cost), offset=0.0)
    return solved(free, limits)


def has_plan(solution: Solution) -> bool | None:
    """Whether a program has a plan; None where that was not found out."""
    if solution.values is not None:
        return True
    return False if solution.status is Status.INFEASIBLE else None


def solved(program: Program, limits: Limits) -> Solution:
    """The program's solution, in this process where it is small."""
    limits = replace(limits, allow_range=True)  # relaxed as no user would, it may span more
    return solve(program, limits, isolated=len(program.cost) > SMALL)


def _most(lever: Lever, unit: float) -> float:
    """Most that a lever changes, in units of its column."""
    if not lever.rises:
        return lever.value / unit
    return MOST_WHOLE if lever.whole else LARGEST_SHARE
