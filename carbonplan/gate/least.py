r"""The least of an impact that is not what the scenario minimises.

Of many plans that are equally good in the objective C, a solver returns any: what it emits
besides is chance, and proves nothing. What a scenario does have is the least of an impact F
among all plans whose objective is within a slack s of the least,

.. math:: F^*(s) = \min \{F(x) : C(x) \le z + s |z|\}, \qquad z = \min C

It falls as s grows. z is known to lie in [b, o], so one solve that minimises F with
:math:`C(x) \le A` says two things of it, with :math:`A = o + s |o|`:

- its bound is at least proven for F*(s), since no plan within s of z is shut out
  (:math:`z \le o`);
- its value is attained within :math:`s' = (A - b) / |b|` of z, so it is no less than F*(s').

A baseline keeps its value :math:`v_0` with its s'. A new plan is held against it with
:math:`s_1 \ge s'_0`: where the bound found for :math:`F^*_1(s_1)` exceeds :math:`v_0` and what
is allowed, so does :math:`F^*_1(s'_0) \ge F^*_1(s_1)`, and the rise is proven; of an unchanged
scenario :math:`F^*_1(s_1) \le F^*_0(s'_0) \le v_0`, so it is never called dearer. A value
within what is allowed is attained by a plan within s' of the new least objective.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carbonplan.gate.decision import ROUNDING, Interval
from carbonplan.program.restricting import minimising, objective_within
from carbonplan.solve import solve
from carbonplan.solve.limits import Limits, Progress
from carbonplan.solve.solution import Solution, Status
from carbonplan.steps import unless_interrupted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from carbonplan.program import Program

Report = Callable[[Progress], None]
LEAST_SLACK = 1e-4
"""Of the objective: without any room, rounding could shut out the very plan that was found."""


@dataclass(frozen=True)
class Known:
    """What is known of an impact of a plan.

    Attributes
    ----------
    at_least
        Proven; None where nothing is.
    within
        Slack of the objective that the value's plan is certainly within [1]: zero for the
        objective itself, None where nothing is proven.
    """

    unit: str
    value: float
    at_least: float | None
    within: float | None

    @property
    def interval(self) -> Interval:
        """The same as an interval."""
        return Interval(self.at_least, self.value)


def reach(objective: float, slack: float) -> float:
    """The most that an objective within a slack of the least may be."""
    return objective + slack * abs(objective)


def slack_within(at_most: float, bound: float | None) -> float | None:
    """Slack of the least objective that a value is within, by its bound; None: none is proven.

    Below zero a slack of one would reach everything.
    """
    if bound is None:
        return None
    if at_most <= bound:
        return 0.0
    slack = (at_most - bound) / abs(bound) if bound else None
    if slack is None or (bound < 0 and slack >= 1):
        return None
    return slack + ROUNDING


def least(
    program: Program,
    impact: str,
    objective: Interval,
    slack: float,
    limits: Limits,
    *,
    start: NDArray[np.float64] | None = None,
    found: float,
    on_progress: Report | None = None,
) -> tuple[Interval, float | None]:
    """The least of an impact within a slack of the least objective, and what it is within.

    Parameters
    ----------
    program
        It minimises the objective.
    objective
        What is known of it.
    start
        The plan that was found, (column,).
    found
        The impact of that plan: where no better one turns up, it stays.
    """
    at_most = reach(objective.value, slack)
    asked = minimising(objective_within(program, at_most), impact)
    solution = unless_interrupted(solve(asked, limits, on_progress=on_progress, start=start))
    value = found if solution.objective is None else min(found, solution.objective)
    bound = min(solution.bound, value) if _proves(solution) else None
    return Interval(bound, value), slack_within(at_most, objective.at_least)


def _proves(solution: Solution) -> bool:
    """Whether a bound is one: the plan that was found is a plan of the question."""
    answered = solution.status in (Status.OPTIMAL, Status.FEASIBLE, Status.NO_PLAN)
    return answered and solution.bound is not None and math.isfinite(solution.bound)
