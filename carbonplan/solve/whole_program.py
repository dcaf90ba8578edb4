"""The plans of a front from the whole program, which stays in the solver.

From one run to the next only right-hand sides and costs change. Whole numbers are found as in
any solve: the fleet of the relaxation is rounded up, and where that leaves more than the gap,
all strategies are tried within the limits; inside the front of a program that is sifted, the
gap is left open.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from carbonplan.solve.arrays import Arrays, Floats
from carbonplan.solve.criteria import Criteria
from carbonplan.solve.faults import answer_faults, plan_faults
from carbonplan.solve.finder import Means, Relaxed, raised
from carbonplan.solve.highs import Model
from carbonplan.solve.job import Job, Listener
from carbonplan.solve.planes import plane_of_bound, plane_of_duals
from carbonplan.solve.rounding import rounded
from carbonplan.solve.search import Search
from carbonplan.solve.sifting import Sifted, continuous_model
from carbonplan.solve.start import Method
from carbonplan.solve.status import Answer, Claim
from carbonplan.solve.strategy import attempt

LEFT_OPEN = 20.0  # hundredths of the gap that a sifted relaxation may leave open
MOST_WANTED = 5_000
SHORTEST_ATTEMPT_S = 0.5


class WholeProgram:
    """The program in memory, all of its columns within reach."""

    is_elastic = False

    def __init__(self, criteria: Criteria, means: Means) -> None:
        self.criteria = criteria
        self.means = means
        self.settings = means.settings(LEFT_OPEN * means.limits.gap)
        self.model = continuous_model(criteria.arrays.relaxed(), self.settings)
        if isinstance(self.model, Sifted):
            self.model.again = Method.INTERIOR
            self.model.most_rounds = 1
            self.model.most_wanted = MOST_WANTED

    def relaxed(self, impact: int, weights: Floats, at_most: Floats) -> Relaxed:
        """Solve without whole numbers, and leave the plane that the duals prove."""
        del impact  # nothing is left open of any
        asked = self.criteria.limited(weights, at_most)
        if not np.isfinite(at_most).any():
            self.widen(weights)
        answer = self._run(asked)
        if answer.claim is not Claim.PROVED:
            return Relaxed(answer.claim)
        if answer.duals is not None:
            self.means.planes.append(plane_of_duals(self.criteria, weights, answer.duals))
        return Relaxed(answer.claim, answer.values, answer.objective)

    @property
    def is_sifted(self) -> bool:
        """Whether only some of the columns are in the solver."""
        return isinstance(self.model, Sifted)

    def widen(self, weights: Floats) -> None:
        """Take the columns that a coarse program with these costs uses, if any are left out."""
        if isinstance(self.model, Sifted):
            self.model.set_costs(weights @ self.criteria.vectors)
            self.model.widen(self.means.watcher, time_limit_s=self.means.seconds_left())

    def plans(self, relaxed: Relaxed, weights: Floats, at_most: Floats) -> Iterator[Floats]:
        """Plans with the whole columns of the relaxation rounded up, as far as they are sound.

        First nothing else changes; then the rest is solved again, within limits that leave room
        for whole numbers. Where stocks do not hold what is rounded up, less is.
        """
        if relaxed.values is None:
            return
        arrays, whole = self.criteria.arrays, np.flatnonzero(self.criteria.arrays.integer)
        plan = raised(arrays, relaxed.values)
        reached = np.maximum(at_most, self.criteria.impacts(plan))
        if not plan_faults(arrays, plan):
            yield plan.copy()
        else:
            search = Search(arrays, self._job(), Listener(), self.settings)
            plan[whole] = rounded(search, whole, relaxed.values)
        asked = self.criteria.limited(weights, reached).fixed(whole, plan[whole])
        answer = self._run(asked)
        if answer.claim is Claim.PROVED:
            better = np.clip(answer.values, asked.lower, asked.upper)
            if not plan_faults(arrays, better):
                yield better

    def more_plans(
        self, found: Sequence[Floats], weights: Floats, at_most: Floats, missing: int
    ) -> Sequence[Floats]:
        """Plans that all strategies of an ordinary solve find within limits.

        Inside the front of a program that is sifted what was found has to do.
        """
        if found and self.is_sifted and np.isfinite(at_most).any():
            return []
        seconds = max(self.means.seconds_left() / max(missing, 1), SHORTEST_ATTEMPT_S)
        asked = self.criteria.limited(weights, at_most)
        listener = Listener(lambda: bool(self.means.flag))
        outcome = attempt(asked, self._job(seconds), listener)
        if outcome.bound is not None and not outcome.faults:
            plane = plane_of_bound(self.criteria, weights, outcome.bound, at_most)
            self.means.planes.append(plane)
        if outcome.values is None or plan_faults(asked, outcome.values):
            return []
        return [outcome.values]

    def _job(self, seconds: float | None = None) -> Job:
        limits = self.means.limits
        left = self.means.seconds_left() if seconds is None else seconds
        return Job(left, limits.gap, limits.threads, limits.seed)

    def _run(self, asked: Arrays) -> Answer:
        """Run the program in memory with other costs and limits; broken answers are dropped."""
        self.model.set_bounds(asked.lower, asked.upper)
        self.model.set_costs(asked.cost)
        self.model.set_rows(asked.row_lower, asked.row_upper)
        answer = self.model.run(self.means.watcher, time_limit_s=self.means.seconds_left())
        if answer_faults(self.model.arrays, answer):
            if isinstance(self.model, Model):
                self.model.forget()
            return answer.discarded()
        return answer
