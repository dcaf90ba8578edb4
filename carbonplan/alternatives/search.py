"""A search under way: what is known of near-optimal plans, and how it is added to."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from carbonplan.alternatives import ranges as known
from carbonplan.alternatives.groups import Group
from carbonplan.alternatives.ranges import Mark, Range
from carbonplan.alternatives.records import Found, found_plan
from carbonplan.program import Program
from carbonplan.program.records import Floats
from carbonplan.solve.limits import Limits
from carbonplan.solve.protocol import solve
from carbonplan.solve.solution import Solution, Status

ROOM = 1e-8  # of the objective, that rounding may take
SHORTEST_S = 0.5  # a question gets at least so long, or is not asked

Say = Callable[[str], object]


@dataclass(frozen=True)
class Side:
    """A question of a group: at most (sign 1) or at least (sign -1) so many servers."""

    at: int  # position of the group
    sign: int
    limit: int

    @property
    def marks(self) -> bool:
        """Whether the answer says if there are any servers at all."""
        return self.limit == (0 if self.sign > 0 else 1)

    def question(self, group: Group) -> str:
        """The question in words."""
        if self.sign > 0:
            few = f"at most {self.limit}" if self.limit else "no"
            return f"{few} {group.title}"
        return f"at least {self.limit} {group.title}"


@dataclass
class Search:
    """Questions under way: what is known, and the time that is left.

    Attributes
    ----------
    program, near
        With its own objective; and with a row, so that every plan of it is near-optimal.
    at_most
        Objective up to which a plan counts as near-optimal, room for rounding included.
    usual_s
        What a solve usually takes [s].
    steps
        How far beyond what was found is asked next, by position and sign of a side.
    """

    program: Program
    near: Program
    slack: float
    at_most: float
    groups: tuple[Group, ...]
    limits: Limits
    say: Say
    isolated: bool
    usual_s: float
    end: float
    plans: list[Found]
    ranges: list[Range]
    solved: int = 0
    interrupted_by: str | None = None
    tried: set[Side] = field(default_factory=set)
    steps: dict[tuple[int, int], int] = field(default_factory=dict)

    @property
    def seconds_left(self) -> float:
        """Until questions must end [s]."""
        return self.end - time.monotonic()

    @property
    def is_over(self) -> bool:
        """Whether no further question may be asked."""
        return self.interrupted_by is not None or self.seconds_left < SHORTEST_S

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Questions that a signal ends; what is known by then stays known."""
        try:
            yield
        except KeyboardInterrupt:
            self.interrupted_by = "a signal"

    @property
    def servers(self) -> NDArray[np.float64]:
        """Of each pair, or group where there are no pairs, in each plan, (plan, pair)."""
        return np.array([one.servers for one in self.plans], dtype=float)[:, self.pairs]

    @property
    def pairs(self) -> list[int]:
        """Positions of the groups that tell one fleet from another."""
        found = [at for at, group in enumerate(self.groups) if group.is_pair]
        return found or list(range(len(self.groups)))

    def learn(self, question: str, solution: Solution) -> None:
        """Count a question that was answered by a solve, and keep its plan if near-optimal."""
        self.solved += 1
        if solution.status is Status.INTERRUPTED:
            self.interrupted_by = solution.interrupted_by or "a signal"
        if solution.values is not None:
            plan = found_plan(question, self.program, self.groups, solution.values)
            if plan.objective <= self.at_most:
                self.take(plan)

    def excludes(self, solution: Solution) -> bool:
        """Whether a restricted program is proved to have no near-optimal plan."""
        if solution.status is Status.INFEASIBLE:
            return True
        room = ROOM * abs(self.plans[0].objective)
        return solution.bound is not None and solution.bound > self.at_most + room

    def price(self, solution: Solution) -> float | None:
        """Least that the objective rises in a restricted program, as a share of it."""
        if solution.status is Status.INFEASIBLE:
            return math.inf
        best = self.plans[0].objective
        if solution.bound is None or not best:
            return None
        return (solution.bound - best) / abs(best)

    def prove(self, at: int, sign: int, least: int, price: float | None = None) -> None:
        """Take it that a group, or its negative, is at least so many."""
        one = self.ranges[at]
        if sign > 0:
            one = known.proved(one, least, one.most_proven)
        else:
            one = known.proved(one, one.least_proven, -least)
        if price is not None and one.mark in (Mark.MUST, Mark.NEVER) and one.price is None:
            one = replace(one, price=price)
        self.ranges[at] = one
        self.ranges = known.added_up(self.ranges)

    def is_answered(self, side: Side) -> bool:
        """Whether a question of a side is found or excluded."""
        one = self.ranges[side.at]
        if side.sign > 0:
            return one.least_found <= side.limit or one.least_proven > side.limit
        return one.most_found >= side.limit or one.most_proven < side.limit

    def ask(
        self, question: str, cost: Floats, offset: float, gap: float, seconds: float
    ) -> Solution:
        """Minimise something over the near-optimal plans, from the known plan best in it."""
        start = min(self.plans, key=lambda one: float(cost @ one.values))
        limits = replace(
            self.limits, gap=gap, time_limit_s=max(seconds, SHORTEST_S), allow_range=True
        )
        program = replace(self.near, cost=cost, offset=offset)
        solution = solve(program, limits, start=start.values, isolated=self.isolated)
        self.learn(question, solution)
        return solution

    def take(self, plan: Found) -> None:
        """Keep a plan unless one with the same servers and objective is known."""
        self.ranges = known.widened(self.ranges, plan.servers)
        same = (
            other.servers == plan.servers
            and math.isclose(other.objective, plan.objective, rel_tol=1e-6)
            for other in self.plans
        )
        if not any(same):
            self.plans.append(plan)
