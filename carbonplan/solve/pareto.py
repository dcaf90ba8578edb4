r"""Pareto sets by limits on impacts, on one program that stays in memory (AUGMECON).

One impact is minimised while the others have limits,

.. math:: \min F_1 + \delta \sum_{i>1} \frac{r_1}{r_i} F_i
   \quad \text{subject to} \quad F_i \le \varepsilon_i, \; i > 1

with r the ranges of the pay-off table; the small share of the others keeps plans out that
another plan betters in one impact and equals in the rest. The pay-off table minimises each
impact in turn, the others with the same small share. From one run to the next only right-hand
sides and costs change. Whole numbers are found as in any solve: the fleet of the relaxation is
rounded up, and where that leaves more than the gap, all strategies are tried within the limits;
inside the front of a large program, which is sifted, the gap is left open and said. What a
plan's impacts come to, not the limits that led to it, is what is proved of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.errors import NoPlanExists
from carbonplan.solve.arrays import Arrays, Floats
from carbonplan.solve.criteria import Criteria, criteria_of
from carbonplan.solve.faults import answer_faults, plan_faults
from carbonplan.solve.front import Front, Point, best_of, in_words, judged
from carbonplan.solve.highs import Model, Settings, Watcher
from carbonplan.solve.job import Job, Listener
from carbonplan.solve.limits import Limits, Progress
from carbonplan.solve.planes import Plane, plane_of_bound, plane_of_duals
from carbonplan.solve.rounding import rounded
from carbonplan.solve.search import Search
from carbonplan.solve.sifting import Sifted, continuous_model
from carbonplan.solve.signals import Flag, caught_signals
from carbonplan.solve.solution import Status
from carbonplan.solve.start import Method
from carbonplan.solve.status import Answer, Claim
from carbonplan.solve.strategy import attempt
from carbonplan.solve.targets import limit_grid, next_limit

if TYPE_CHECKING:
    from carbonplan.program import Program

Report = Callable[[Progress], None]

SHARE_OF_OTHERS = 1e-3  # of a step of each other impact, in the impact minimised
LEFT_OPEN = 20.0  # hundredths of the gap that a sifted relaxation may leave open
MOST_WANTED = 5_000
ALREADY_WHOLE = 1e-6
SHORTEST_ATTEMPT_S = 0.5


def front(
    program: Program,
    names: Sequence[str],
    points: int,
    limits: Limits,
    *,
    on_progress: Report | None = None,
) -> Front:
    """Find plans between which there is only a choice of impacts.

    Parameters
    ----------
    names
        Two or three impacts; the first is minimised within limits on the others.
    points
        How many plans to look for, those of the pay-off table included.
    limits
        The time limit is that of the whole front, the gap that of each point.

    NoPlanExists is raised where no plan was found even without limits on impacts.
    """
    with caught_signals() as flag:
        sweep = Sweep(criteria_of(program, names), limits, flag, on_progress)
        sweep.pay_off()
        if not sweep.points:
            raise NoPlanExists("the front", ["no plan was found, with or without limits"])
        sweep.visit(points)
    return sweep.front()


class Sweep:
    """A front under way: the program in memory, the points and planes found so far."""

    def __init__(
        self, criteria: Criteria, limits: Limits, flag: Flag, on_progress: Report | None
    ) -> None:
        self.criteria = criteria
        self.limits = limits
        self.flag = flag
        self.on_progress = on_progress
        self.points: list[Point] = []
        self.planes: list[Plane] = []
        self.infeasible = 0
        self.steps: list[str] = []
        self._started = time.monotonic()
        self.settings = Settings(
            time_limit_s=limits.time_limit_s,
            gap=LEFT_OPEN * limits.gap,
            threads=limits.threads,
            seed=limits.seed,
        )
        self.model = continuous_model(criteria.arrays.relaxed(), self.settings)
        if isinstance(self.model, Sifted):
            self.model.again = Method.INTERIOR
            self.model.most_rounds = 1
            self.model.most_wanted = MOST_WANTED

    @property
    def seconds(self) -> float:
        """Time since the sweep began [s]."""
        return time.monotonic() - self._started

    @property
    def seconds_left(self) -> float:
        """Time that the limit leaves [s]."""
        return max(self.limits.time_limit_s - self.seconds, 0.0)

    @property
    def _watcher(self) -> Watcher:
        return Watcher(lambda: bool(self.flag))

    @property
    def is_over(self) -> bool:
        """Whether no further point may be looked for."""
        return bool(self.flag) or self.seconds_left == 0.0

    def pay_off(self) -> None:
        """Find the plans that are least in each impact."""
        count = len(self.criteria.names)
        for impact in range(count):
            if self.is_over:
                return
            shares = np.where(np.arange(count) == impact, 1.0, SHARE_OF_OTHERS)
            weights = self.criteria.weighed(shares * self.criteria.units)
            if isinstance(self.model, Sifted):
                self.model.set_costs(weights @ self.criteria.vectors)
                self.model.widen(self._watcher, time_limit_s=self.seconds_left)
            self._seek(impact, weights, np.full(count, np.inf), count - impact)

    def visit(self, points: int) -> None:
        """Find plans within limits until there are enough, or nothing new is to be found."""
        table = np.array([point.impacts for point in self.points])
        ideal, nadir = table.min(axis=0), table.max(axis=0)
        grid = limit_grid(ideal, nadir, points)
        span = np.where(nadir > ideal, nadir - ideal, np.inf)
        shares = SHARE_OF_OTHERS * (nadir[0] - ideal[0]) / span
        shares[0] = 1.0
        weights = self.criteria.weighed(shares)
        while len(grid) and not self.is_over:
            missing = points - len(best_of(self.points))
            if missing <= 0:
                break
            chosen = next_limit(grid, self.points, self.planes, ideal, nadir, self.limits.gap)
            if chosen is None:
                break
            limit = grid[chosen]
            if not self._seek(0, weights, limit, missing):
                self.infeasible += 1
                grid = grid[~(grid <= limit).all(axis=1)]
            else:
                grid = np.delete(grid, chosen, axis=0)

    def front(self) -> Front:
        """Return what was found, without what was found again or is bettered."""
        table = np.array([point.impacts for point in self.points])
        kept = best_of(
            [
                judged(point, self.criteria.names, self.planes, self.limits.gap)
                for point in self.points
            ]
        )
        return Front(
            names=self.criteria.names,
            points=kept,
            ideal=table.min(axis=0),
            nadir=np.array([point.impacts for point in kept]).max(axis=0),
            infeasible=self.infeasible,
            repeated=len(self.points) - len(kept),
            seconds=self.seconds,
            steps=tuple(self.steps),
            interrupted_by=self.flag.name,
        )

    def _seek(self, impact: int, weights: Floats, at_most: Floats, missing: int) -> bool:
        """Look for the plan of least weighted impacts within limits; whether there is one."""
        started, known = self.seconds, len(self.points)
        relaxed = self._relaxed(weights, at_most)
        if relaxed.claim is Claim.INFEASIBLE:
            return False
        plans = self._rounded(relaxed, weights, at_most, impact)
        is_brief = isinstance(self.model, Sifted) and bool(np.isfinite(at_most).any())
        if not any(
            is_brief or self._is_enough(plan, relaxed, weights, at_most, impact)
            for plan in plans
        ):
            seconds = max(self.seconds_left / max(missing, 1), SHORTEST_ATTEMPT_S)
            plans += self._attempted(weights, at_most, seconds)
        for plan in plans:
            self._keep(plan, impact, self.seconds - started)
        return len(self.points) > known

    def _relaxed(self, weights: Floats, at_most: Floats) -> Answer:
        """Solve without whole numbers, and keep the plane that the duals prove."""
        asked = self.criteria.limited(weights, at_most)
        self.model.set_bounds(asked.lower, asked.upper)
        answer = self._run(asked)
        if answer.claim is Claim.PROVED and answer.duals is not None:
            self.planes.append(plane_of_duals(self.criteria, weights, answer.duals))
        return answer

    def _rounded(
        self, relaxed: Answer, weights: Floats, at_most: Floats, impact: int
    ) -> list[Floats]:
        """Plans with the whole columns of the relaxation rounded up, as far as they are sound.

        First nothing else changes; where that costs more than the gap, or stocks do not hold
        it, the rest is solved again, within limits that leave room for whole numbers.
        """
        arrays, whole = self.criteria.arrays, np.flatnonzero(self.criteria.arrays.integer)
        if relaxed.claim is not Claim.PROVED:
            return []
        plan = np.clip(relaxed.values, arrays.lower, arrays.upper)
        plan[whole] = np.minimum(np.ceil(plan[whole] - ALREADY_WHOLE), arrays.upper[whole])
        reached = np.maximum(at_most, self.criteria.impacts(plan))
        plans = [] if plan_faults(arrays, plan) else [plan]
        if not plans:
            search = Search(arrays, self._job(self.seconds_left), Listener(), self.settings)
            plan[whole] = rounded(search, whole, relaxed.values)
        elif self._is_enough(plan, relaxed, weights, at_most, impact):
            return plans
        asked = self.criteria.limited(weights, reached).fixed(whole, plan[whole])
        self.model.set_bounds(asked.lower, asked.upper)
        answer = self._run(asked)
        if answer.claim is not Claim.PROVED:
            return plans
        better = np.clip(answer.values, asked.lower, asked.upper)
        return plans if plan_faults(arrays, better) else [*plans, better]

    def _attempted(self, weights: Floats, at_most: Floats, seconds: float) -> list[Floats]:
        """Plans that all strategies of an ordinary solve find within limits."""
        asked = self.criteria.limited(weights, at_most)
        outcome = attempt(asked, self._job(seconds), Listener(lambda: bool(self.flag)))
        if outcome.bound is not None and not outcome.faults:
            self.planes.append(plane_of_bound(self.criteria, weights, outcome.bound, at_most))
        if outcome.values is None or plan_faults(asked, outcome.values):
            return []
        return [outcome.values]

    def _job(self, seconds: float) -> Job:
        return Job(seconds, self.limits.gap, self.limits.threads, self.limits.seed)

    def _run(self, asked: Arrays) -> Answer:
        """Run the program in memory with other costs and limits; broken answers are dropped."""
        self.model.set_costs(asked.cost)
        self.model.set_rows(asked.row_lower, asked.row_upper)
        answer = self.model.run(self._watcher, time_limit_s=self.seconds_left)
        if answer_faults(self.model.arrays, answer):
            if isinstance(self.model, Model):
                self.model.forget()
            return answer.discarded()
        return answer

    def _is_enough(
        self, plan: Floats, relaxed: Answer, weights: Floats, at_most: Floats, impact: int
    ) -> bool:
        """Whether a plan is within the gap of the relaxation, or of the best with its impacts.

        Without limits the latter proves nothing of the least that the impact can be.
        """
        lost = float(weights @ self.criteria.vectors @ plan) - relaxed.objective
        if lost <= self.limits.gap * abs(relaxed.objective):
            return True
        is_limited = bool(np.isfinite(at_most).any())
        return is_limited and self._point(plan, impact, 0.0).status is Status.OPTIMAL

    def _keep(self, plan: Floats, impact: int, seconds: float) -> None:
        point = self._point(plan, impact, seconds)
        self.points.append(point)
        self.steps.append(in_words(self.criteria.names, point))
        if self.on_progress is not None:
            at = float(point.impacts[0])
            phase = f"point {len(self.points)}"
            self.on_progress(Progress(self.seconds, at, point.bound, point.gap, 0, phase))

    def _point(self, plan: Floats, impact: int, seconds: float) -> Point:
        values = self.criteria.scaling.original_values(plan)
        point = Point(
            impacts=self.criteria.impacts(plan),
            values=values,
            minimised=self.criteria.names[impact],
            status=Status.FEASIBLE,
            bound=None,
            gap=None,
            seconds=seconds,
        )
        return judged(point, self.criteria.names, self.planes, self.limits.gap)
