"""The state of one attempt: the best plan, the bound, and what was done."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from carbonplan.solve.arrays import Arrays, Floats
from carbonplan.solve.bounds import safe_bound
from carbonplan.solve.faults import answer_faults, plan_faults
from carbonplan.solve.highs import Model, Settings
from carbonplan.solve.job import Incumbent, Job, Listener, Outcome
from carbonplan.solve.limits import Progress, relative_gap
from carbonplan.solve.sifting import Sifted, continuous_model
from carbonplan.solve.status import Answer, Claim
from carbonplan.solve.watching import Node, Watcher

TIGHT, LOOSER = 1e-9, 1e-7
POLISH_SHARE = 0.05  # of the time limit, set aside for the last step
SHORTEST_POLISH_S = 1.0
LEFT_OPEN = 10.0  # hundredths of the gap that a relaxation may leave open, if it is sifted
ENOUGH = 0.5  # of the gap: a plan as close as this to the relaxation need not be priced
CLOSED = 1e-9  # relative difference at which plan and bound are the same number


class Search:
    """One attempt under way; strategies read it and offer plans and bounds to it."""

    def __init__(
        self, arrays: Arrays, job: Job, listener: Listener, settings: Settings
    ) -> None:
        self.arrays = arrays
        self.job = job
        self.listener = listener
        self.settings = settings
        self.phase = "start"
        self.claim: Claim | None = None
        self.relaxed: Floats | None = None  # point of the continuous relaxation
        self.duals: Floats | None = None  # of its rows
        self.best: Floats | None = None
        self.unpolished: Floats | None = None
        self.bound: float | None = None
        self.safe_bound: float | None = None
        self.relaxed_rows: tuple[tuple[int, float], ...] | None = None
        self.lowest_seen: float | None = None  # objective of any plan, polished or not
        self.nodes = 0
        self.steps: list[str] = []
        self.faults: list[str] = []
        self._started = time.monotonic()

    @cached_property
    def continuous(self) -> Model | Sifted:
        """The program without whole numbers; keeps its basis from run to run."""
        settings = self.settings
        if len(self.whole):  # the rest of the gap is that of whole numbers
            settings = replace(settings, gap=LEFT_OPEN * settings.gap)
        return continuous_model(self.arrays.relaxed(), settings)

    @cached_property
    def whole(self) -> NDArray[np.int64]:
        """Columns that must be whole."""
        return np.flatnonzero(self.arrays.integer)

    @property
    def seconds(self) -> float:
        """Time since the attempt began [s]."""
        return time.monotonic() - self._started

    @property
    def seconds_left(self) -> float:
        """Time for finding plans; what polishing needs is set aside [s]."""
        return max(self.job.seconds * (1 - POLISH_SHARE) - self.seconds, 0.0)

    @property
    def objective(self) -> float | None:
        """Objective of the best plan."""
        return None if self.best is None else self.arrays.objective(self.best)

    @property
    def gap(self) -> float | None:
        """Relative gap of the best plan [1]."""
        return relative_gap(self.objective, self.bound)

    @property
    def is_closed(self) -> bool:
        """Whether the best plan is proved to be within the gap."""
        objective = self.objective
        if objective is None or self.bound is None:
            return False
        room = max(self.job.gap, CLOSED) * abs(objective)
        return objective - self.bound <= max(room, self.job.absolute_gap(self.arrays))

    @property
    def is_over(self) -> bool:
        """Whether no further strategy may start."""
        stopped = self.listener.interrupted() or self.seconds_left == 0
        return self.claim is not None or self.is_closed or stopped

    def say(self, step: str) -> None:
        """Add a line to the log of the attempt."""
        self.steps.append(step)

    def stand(self) -> str:
        """Say in words how the search stands."""
        if self.best is None:
            return "no plan"
        return "a plan" if self.gap is None else f"a plan with a gap of {self.gap:.2g}"

    def doubt(self, fault: str) -> None:
        """Note a contradiction; the attempt has failed."""
        self.faults.append(f"{self.phase}: {fault}")
        self.claim = Claim.FAILED

    def ask(
        self, model: Model | Sifted, *, seconds: float | None = None, is_program: bool = False
    ) -> Answer:
        """Run a model and return its answer; one that contradicts itself has failed.

        Parameters
        ----------
        is_program
            The model is the whole program, so that its plans and bounds are the attempt's.
        """
        limit = self.seconds_left if seconds is None else min(seconds, self.seconds_left)
        answer = model.run(self._watcher(is_program), time_limit_s=limit)
        self.nodes += answer.nodes
        faults = answer_faults(model.arrays, answer)
        if not faults:
            return answer
        self.doubt("; ".join(faults))
        return answer.discarded()

    def solve_fixed(
        self, columns: NDArray[np.int64], values: Floats, *, seconds: float, watched: bool
    ) -> Answer:
        """Solve the relaxation with some columns held at values, from the basis at hand."""
        fixed = self.arrays.fixed(columns, values)
        self.continuous.set_bounds(fixed.lower, fixed.upper)
        return self.probe(self.continuous, seconds, watched=watched)

    def probe(self, model: Model | Sifted, seconds: float, *, watched: bool = True) -> Answer:
        """Run a model that only helps; an answer that contradicts itself is dropped."""
        watcher = self._watcher(is_program=False) if watched else Watcher()
        limit = min(seconds, self.seconds_left) if watched else seconds
        answer = model.run(watcher, time_limit_s=limit)
        return answer.discarded() if answer_faults(model.arrays, answer) else answer

    def raise_bound(self, bound: float | None) -> None:
        """Take a proven bound if it is better than the one known."""
        if bound is not None and np.isfinite(bound):
            self.bound = bound if self.bound is None else max(bound, self.bound)
        self._stand()

    def raise_safe_bound(self, duals: Floats | None) -> None:
        """Take the bound that row duals of the relaxation prove."""
        if duals is None or duals.shape != (self.arrays.rows_count,):
            return
        bound = safe_bound(self.arrays, duals)
        if np.isfinite(bound) and (self.safe_bound is None or bound > self.safe_bound):
            self.safe_bound = bound
            self.raise_bound(bound)

    def settle(self) -> None:
        """From now on, plans close to the relaxation are not looked at for better ones."""
        if isinstance(self.continuous, Sifted) and self.bound is not None:
            room = ENOUGH * self.job.gap * abs(self.bound)
            self.continuous.enough = self.bound + room

    def offer(self, values: Floats) -> bool:
        """Polish a plan and keep it if it is better; say whether it was sound."""
        polished = self._polished(values)
        if polished is None:
            return False
        if self.best is None or self.arrays.objective(polished) < self.objective:
            self.best = polished
            self._keep(polished, Node(self.objective, self.bound, self.nodes))
        return True

    def offer_known(self, values: Floats) -> bool:
        """Keep a plan that was known before the attempt, polished if that succeeds."""
        known = np.clip(values, self.arrays.lower, self.arrays.upper)
        known[self.whole] = np.round(known[self.whole])
        if plan_faults(self.arrays, known):
            return False
        self.best = known
        self._keep(known, Node(self.objective, self.bound, self.nodes))
        self.offer(known)
        return True

    def outcome(self) -> Outcome:
        """Return the attempt as it stands."""
        if self.best is None and self.unpolished is not None:
            self.best = self.unpolished
            self.say("the plan is not polished: no time was left")
        claim = self.claim
        if claim is None and self.is_closed:
            claim = Claim.PROVED
        if claim is None:
            claim = Claim.INTERRUPTED if self.listener.interrupted() else Claim.STOPPED
        return Outcome(
            claim,
            self.best,
            self.objective,
            None if claim is Claim.INFEASIBLE else self.bound,
            self.safe_bound,
            self.nodes,
            self.relaxed_rows,
            tuple(self.steps),
            tuple(self.faults),
        )

    def _polished(self, values: Floats) -> Floats | None:
        """Whole columns rounded and fixed, the rest solved again at tight tolerances."""
        seconds = max(self.job.seconds - self.seconds, SHORTEST_POLISH_S)
        rounded = np.round(values[self.whole])
        for tolerance in (TIGHT, LOOSER):
            self.continuous.set_tolerance(tolerance)
            answer = self.solve_fixed(self.whole, rounded, seconds=seconds, watched=False)
            if answer.claim is Claim.PROVED:
                fixed = self.continuous.arrays
                polished = np.clip(answer.values, fixed.lower, fixed.upper)
                if not plan_faults(self.arrays, polished):
                    return polished
            self.continuous.forget()
        return None

    def _watcher(self, is_program: bool) -> Watcher:
        if is_program:
            return Watcher(self.listener.interrupted, self._improved, self._report)
        return Watcher(self.listener.interrupted, reached=lambda _node: self._stand())

    def _improved(self, values: Floats, node: Node) -> None:
        """Keep an improving plan of branch and bound at once, before it is polished."""
        rounded = np.where(self.arrays.integer, np.round(values), values)
        is_sound = not plan_faults(self.arrays, rounded)
        if is_sound:
            self.unpolished = rounded
        self._keep(rounded if is_sound else values, node)

    def _keep(self, values: Floats, node: Node) -> None:
        objective = self.arrays.objective(values)
        bounds = [bound for bound in (node.bound, self.bound) if bound is not None]
        bound = max(bounds, default=None)
        self.listener.incumbent(Incumbent(values, objective, bound, node.nodes, self.seconds))
        self._report(node)

    def _stand(self) -> None:
        self._report(Node(self.objective, self.bound, self.nodes))

    def _report(self, node: Node) -> None:
        seen = [value for value in (node.objective, self.lowest_seen) if value is not None]
        bounds = [value for value in (node.bound, self.bound) if value is not None]
        objective, bound = min(seen, default=None), max(bounds, default=None)
        self.lowest_seen = objective
        gap = relative_gap(objective, bound)
        self.listener.progress(
            Progress(self.seconds, objective, bound, gap, node.nodes, self.phase)
        )
