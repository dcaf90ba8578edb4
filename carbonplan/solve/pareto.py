r"""Pareto sets by limits on impacts, on one program that stays in memory (AUGMECON).

One impact is minimised while the others have limits,

.. math:: \min F_1 + \delta \sum_{i>1} \frac{r_1}{r_i} F_i
   \quad \text{subject to} \quad F_i \le \varepsilon_i, \; i > 1

with r the ranges of the pay-off table; the small share of the others keeps plans out that
another plan betters in one impact and equals in the rest. The pay-off table minimises each
impact in turn, the others with the same small share. Programs are solved whole
(:mod:`carbonplan.solve.whole_program`); large ones, from the first point on whose fleet takes
more than rounding, in the columns that points share (:mod:`carbonplan.solve.shared`). What a
plan's impacts come to, not the limits that led to it, is what is proved of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.errors import NoPlanExists
from carbonplan.solve.arrays import Floats
from carbonplan.solve.criteria import Criteria, criteria_of
from carbonplan.solve.finder import Finder, Means, Relaxed
from carbonplan.solve.front import Front, Point, best_of, covers, in_words, judged
from carbonplan.solve.limits import Limits, Progress
from carbonplan.solve.shared import SharedColumns, is_shared
from carbonplan.solve.signals import Flag, caught_signals
from carbonplan.solve.solution import Status
from carbonplan.solve.status import Claim
from carbonplan.solve.targets import limit_grid, next_limit
from carbonplan.solve.whole_program import WholeProgram

if TYPE_CHECKING:
    from carbonplan.program import Program

Report = Callable[[Progress], None]

SHARE_OF_OTHERS = 1e-3  # of a step of each other impact, in the impact minimised
MET = 1e-6  # relative excess up to which a limit is met


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
        self.infeasible = 0
        self.reached = np.full(len(criteria.names), np.inf)
        self.steps: list[str] = []
        self._started = time.monotonic()
        means = Means(limits, flag, lambda: self.seconds_left)
        self.planes = means.planes
        whole = WholeProgram(criteria, means)
        self.finder: Finder = whole
        self.shared = SharedColumns(criteria, means) if is_shared(criteria) else None
        self.shares_at_once = whole.is_sifted

    @property
    def seconds(self) -> float:
        """Time since the sweep began [s]."""
        return time.monotonic() - self._started

    @property
    def seconds_left(self) -> float:
        """Time that the limit leaves [s]."""
        return max(self.limits.time_limit_s - self.seconds, 0.0)

    @property
    def is_over(self) -> bool:
        """Whether no further point may be looked for."""
        return bool(self.flag) or self.seconds_left == 0.0

    def pay_off(self) -> None:
        """Find the plans that are least in each impact."""
        count = len(self.criteria.names)
        if self.shared is not None and self.shares_at_once:
            self._share_columns()
        for impact, weights in enumerate(self._weights_of_ends()):
            if self.is_over:
                return
            self._seek(impact, weights, np.full(count, np.inf), count - impact)

    def visit(self, points: int) -> None:
        """Find plans within limits until there are enough, or nothing new is to be found.

        Where limits are elastic a run always ends at a plan, known ones among them: there are
        no more runs than points asked for.
        """
        table = np.array([point.impacts for point in self.points])
        ideal, nadir = table.min(axis=0), table.max(axis=0)
        grid = limit_grid(ideal, nadir, points)
        span = np.where(nadir > ideal, nadir - ideal, np.inf)
        shares = SHARE_OF_OTHERS * (nadir[0] - ideal[0]) / span
        shares[0] = 1.0
        weights = self.criteria.weighed(shares)
        tries = points if self.finder.is_elastic else len(grid)
        while len(grid) and tries and not self.is_over:
            tries -= 1
            missing = points - len(best_of(self.points))
            if missing <= 0:
                break
            chosen = next_limit(grid, self.points, self.planes, ideal, nadir, self.limits.gap)
            if chosen is None:
                break
            limit = grid[chosen]
            if self._seek(0, weights, limit, missing):
                grid = grid[~((grid >= self.reached) & (grid <= limit)).all(axis=1)]
            else:
                self.infeasible += 1
                grid = grid[~(grid <= limit).all(axis=1)]

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

    def _weights_of_ends(self) -> list[Floats]:
        """Weights of scaled impacts of which each end of the front is least, by impact."""
        shares = np.where(np.eye(len(self.criteria.names)) > 0, 1.0, SHARE_OF_OTHERS)
        return [self.criteria.weighed(one * self.criteria.units) for one in shares]

    def _share_columns(self) -> None:
        """Go on in the columns that points share, from those of the ends."""
        self.finder, self.shared = self.shared, None
        for weights in self._weights_of_ends():
            self.finder.widen(weights)

    def _seek(self, impact: int, weights: Floats, at_most: Floats, missing: int) -> bool:
        """Look for the plan of least weighted impacts; whether limits that tight can be met."""
        started, known = self.seconds, len(self.points)
        relaxed, found = self._found(impact, weights, at_most, missing)
        if found is None:
            self._share_columns()
            relaxed, found = self._found(impact, weights, at_most, missing)
        if relaxed.claim is Claim.INFEASIBLE:
            return False
        if self.finder.is_elastic and found:
            found = [self._best(found, impact)]
            at = self.criteria.impacts(found[0])
            if any(covers(point.impacts, at) for point in self.points):
                self.reached = np.minimum(self.reached, at)
        for plan in found:
            self._keep(plan, impact, self.seconds - started)
        is_conclusive = len(self.points) > known or self.finder.is_elastic
        return is_conclusive and bool((self.reached <= at_most + MET * np.abs(at_most)).all())

    def _found(
        self, impact: int, weights: Floats, at_most: Floats, missing: int
    ) -> tuple[Relaxed, list[Floats] | None]:
        """The relaxation and plans, the last good enough; None where columns are to be shared.

        That is where a large program's fleet takes more than rounding.
        """
        relaxed = self.finder.relaxed(impact, weights, at_most)
        self.reached = self._reached(relaxed, at_most)
        found: list[Floats] = []
        if relaxed.claim is Claim.INFEASIBLE:
            return relaxed, found
        for plan in self.finder.plans(relaxed, weights, at_most):
            found.append(plan)
            if self._is_enough(plan, relaxed, weights, at_most, impact):
                return relaxed, found
        if self.shared is not None:
            return relaxed, None
        found += self.finder.more_plans(found, weights, at_most, missing)
        return relaxed, found

    def _best(self, plans: Sequence[Floats], impact: int) -> Floats:
        """The plan of which most is proved; the last, which took most work, of equal ones."""
        gaps = [self._point(plan, impact, 0.0).gap for plan in plans]
        known = [np.inf if gap is None else gap for gap in gaps]
        return plans[len(plans) - 1 - int(np.argmin(known[::-1]))]

    def _reached(self, relaxed: Relaxed, at_most: Floats) -> Floats:
        """How tight limits can be with the same relaxation; only where they are elastic."""
        if relaxed.values is None or not self.finder.is_elastic:
            return at_most
        at = self.criteria.impacts(relaxed.values)
        return np.where(np.isfinite(at_most), at, -np.inf)

    def _is_enough(
        self, plan: Floats, relaxed: Relaxed, weights: Floats, at_most: Floats, impact: int
    ) -> bool:
        """Whether a plan is within the gap of the relaxation, or of the best with its impacts.

        Without limits the latter proves nothing of the least that the impact can be.
        """
        lost = float(weights @ self.criteria.vectors @ plan) - relaxed.least
        if lost <= self.limits.gap * abs(relaxed.least) and np.isfinite(relaxed.least):
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
