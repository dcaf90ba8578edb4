r"""Impacts in an order: each is least among the plans that are good enough in those before.

.. math:: \min F_i \quad \text{subject to} \quad
   F_j \le F_j^* + (s_j + g) |F_j^*|, \quad j < i

with F* what the plan of a level came to, s the slack of the level and g the gap: that far a
plan may be from its optimum at every level, so the levels after it may use it too, and whole
numbers leave room for them. A level that ends without a plan of its own keeps the plan of the
level before, which is within all limits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from carbonplan.solve.limits import Limits, Progress
from carbonplan.solve.protocol import solve
from carbonplan.solve.solution import Solution, Status

if TYPE_CHECKING:
    from carbonplan.program import Program

Report = Callable[[Progress], None]
ROWS = "earlier_levels_hold"


@dataclass(frozen=True)
class Level:
    """What came of one level, in its impact's unit.

    Attributes
    ----------
    value, bound, gap
        Of the level's own plan; the final plan may have up to ``at_most``.
    at_most
        What the levels after it may make of its impact; None for the last.
    """

    impact: str
    slack: float
    status: Status
    value: float
    bound: float | None
    gap: float | None
    at_most: float | None


@dataclass(frozen=True)
class Ordered:
    """The plan of the last level, the program that it solves, and all levels."""

    program: Program
    solution: Solution
    levels: tuple[Level, ...]


def solve_in_order(
    program: Program,
    order: Sequence[tuple[str, float]],
    limits: Limits,
    *,
    on_progress: Report | None = None,
    isolated: bool = True,
) -> Ordered:
    """Minimise impacts in an order of (impact, slack); the time limit is that of all together.

    A solution without values is that of the first level: it has no plan at all.
    """
    from carbonplan.program.restricting import minimising

    end = time.monotonic() + limits.time_limit_s
    levels: list[Level] = []
    solution: Solution | None = None
    for position, (impact, slack) in enumerate(order):
        program = _limited(minimising(program, impact), levels)
        left = max(end - time.monotonic(), limits.time_limit_s / (10 * len(order)))
        level_limits = replace(limits, time_limit_s=left)
        found = solve(program, level_limits, on_progress=on_progress, isolated=isolated)
        solution = found if solution is None else _kept(solution, found, program)
        if solution.values is None:
            break
        levels.append(_level(solution, impact, slack, limits.gap, position + 1 == len(order)))
        if found.status is Status.INTERRUPTED:
            break
    return Ordered(program, solution, tuple(levels))


def _limited(program: Program, levels: Sequence[Level]) -> Program:
    """Return the program with a row for the newest of the levels, after those before it."""
    from carbonplan.program.restricting import with_row

    if not levels:
        return program
    last = levels[-1]
    vector, constant = program.impacts[last.impact]
    upper = last.at_most - constant
    return with_row(program, ROWS, (last.impact,), vector, upper=upper, dims=("impact",))


def _kept(before: Solution, found: Solution, program: Program) -> Solution:
    """Return what was found, or else the plan of the level before, as a plan of this one."""
    if found.values is not None:
        return found
    step = f"this level found no plan of its own ({found.status}): that of the last is kept"
    status = Status.INTERRUPTED if found.status is Status.INTERRUPTED else Status.FEASIBLE
    return replace(
        found,
        status=status,
        values=before.values,
        objective=float(program.cost @ before.values) + program.offset,
        bound=None,
        gap=None,
        violated_rows=(),
        steps=(*found.steps, step),
    )


def _level(solution: Solution, impact: str, slack: float, gap: float, is_last: bool) -> Level:
    value = solution.objective
    at_most = None if is_last else value + (slack + gap) * abs(value)
    return Level(impact, slack, solution.status, value, solution.bound, solution.gap, at_most)
