r"""Questions about the near-optimal plans of a program, the cheap ones first.

With z the objective of the best plan and s the slack, every plan asked for keeps

.. math:: c^\top x \le z + s |z|

1. The relaxation bounds how few and how many servers of each group there can be; counts are
   whole, so bounds are rounded. In large programs that takes too long.
2. Where it is open whether all plans or none have servers of a group, the best plan without
   any, or with one, is searched for: it is near-optimal, or its bound says that none is.
3. The least of every other impact.
4. Plans unlike all known ones.
5. What time is left goes into how few and how many servers of each group there can be, by the
   best plans with no more, or no fewer, than half-way between what is found and what is proved.
6. The plans that are returned are, with the servers that they have, the best by the objective.

Every plan that any question finds counts for all other questions: most are never asked.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from carbonplan.alternatives.different import away_from, most_different
from carbonplan.alternatives.groups import groups_of
from carbonplan.alternatives.records import Alternatives, Extreme, Found, found_plan
from carbonplan.alternatives.search import SHORTEST_S, Say, Search
from carbonplan.alternatives.sides import decide, first_ranges, open_sides, relax, unmarked
from carbonplan.program import Program
from carbonplan.program.restricting import minimising, objective_within
from carbonplan.solve.limits import Limits
from carbonplan.solve.protocol import solve
from carbonplan.solve.solution import Solution

ROOM = 1e-9  # of the objective, for rounding in the row that holds it
SETTLING_SHARE = 0.15  # of the time, set aside for the plans that are returned
IMPACTS_SHARE = 0.5  # of the time left, for the least of all impacts together
MOST_SMALL_COLUMNS = 2_000  # up to here a worker process takes longer than the solve
LEAST = "least "
IMPACTS = ("carbon", "cost", "energy", "water", "latency")


def explore(
    program: Program,
    best: Solution,
    limits: Limits,
    *,
    slack: float,
    count: int,
    say: Say = lambda _words: None,
    isolated: bool | None = None,
) -> Alternatives:
    """Find near-optimal plans in different directions, and what all of them have.

    Parameters
    ----------
    best
        The plan of the program, with values.
    limits
        Its time limit is that of all questions together.
    slack
        How far above the best plan's objective another may be, as a share of it [1].
    count
        The most plans to return.
    say
        Told what each solve found, in a line.
    isolated
        Whether to solve in worker processes; None: programs that are not small.
    """
    search = _begun(program, best, limits, slack, say, isolated)
    end = search.end
    search.end -= SETTLING_SHARE * limits.time_limit_s
    extremes: list[Extreme] = []
    with search.interruptible():
        relax(search)
        decide(search, unmarked)
        extremes.extend(_least_impacts(search))
        _differ(search, count)
        decide(search, open_sides)
        search.tried -= set(unmarked(search))  # once more, with all the time that is left
        decide(search, unmarked)
    search.end = end
    plans = tuple(_settled(search, search.plans[at]) for at in _chosen(search, count))
    return _known(search, best, extremes, plans)


def _begun(
    program: Program,
    best: Solution,
    limits: Limits,
    slack: float,
    say: Say,
    isolated: bool | None,
) -> Search:
    """A search that knows the best plan alone."""
    groups = groups_of(program)
    at_most = best.objective + (slack + ROOM) * abs(best.objective)
    first = found_plan("best plan", program, groups, best.values)
    return Search(
        program=program,
        near=objective_within(program, at_most),
        slack=slack,
        at_most=at_most + ROOM * abs(at_most),
        groups=groups,
        limits=limits,
        say=say,
        isolated=len(program.cost) > MOST_SMALL_COLUMNS if isolated is None else isolated,
        usual_s=best.seconds,
        end=time.monotonic() + limits.time_limit_s,
        plans=[first],
        ranges=first_ranges(program, groups, first),
    )


def _known(
    search: Search, best: Solution, extremes: Sequence[Extreme], plans: tuple[Found, ...]
) -> Alternatives:
    """What the search came to."""
    asked = {(side.at, side.sign) for side in search.tried}
    numbers = [
        (at, sign, width)
        for at, one in enumerate(search.ranges)
        for sign, width in ((1, one.open_least), (-1, one.open_most))
    ]
    return Alternatives(
        objective=best.objective,
        bound=best.bound,
        slack=search.slack,
        at_most=search.at_most,
        groups=search.groups,
        ranges=tuple(search.ranges),
        extremes=tuple(
            replace(one, found=min(plan.impacts[one.impact] for plan in search.plans))
            for one in extremes
        ),
        plans=plans,
        known=len(search.plans),
        solved=search.solved,
        unsolved=sum(not width and (at, sign) not in asked for at, sign, width in numbers),
        open=sum(width > 0 for _, _, width in numbers),
        interrupted_by=search.interrupted_by,
    )


def _least_impacts(search: Search) -> Iterator[Extreme]:
    """The least of every impact that the objective is not already."""
    program = search.program
    names = [name for name in IMPACTS if _is_another(program, name)]
    for at, name in enumerate(names):
        planned = search.plans[0].impacts[name]
        asked = minimising(search.near, name)
        bound = None
        if not search.is_over:
            seconds = IMPACTS_SHARE * search.seconds_left / (len(names) - at)
            question = f"{LEAST}{name}"
            solution = search.ask(
                question, asked.cost, asked.offset, search.limits.gap, seconds
            )
            bound = solution.bound
            search.say(_words(question, solution))
        found = min(plan.impacts[name] for plan in search.plans)
        yield Extreme(name, planned, found, None if bound is None else min(bound, found))


def _is_another(program: Program, impact: str) -> bool:
    """Whether an impact is in the program and is not its objective, but for a factor."""
    if impact not in program.impacts:
        return False
    vector, _ = program.impacts[impact]
    size = float(np.linalg.norm(vector) * np.linalg.norm(program.cost))
    return size > 0 and abs(float(vector @ program.cost)) < (1 - 1e-12) * size


def _differ(search: Search, count: int) -> None:
    """Plans unlike all known ones, until one that is known comes again."""
    vectors = [search.groups[at].vector for at in search.pairs]
    for number in range(1, count + 1):
        if search.is_over:
            return
        before = len(search.plans)
        cost = away_from(vectors, search.servers)
        seconds = search.seconds_left / (count + 1 - number) / 2
        question = "unlike the others"
        solution = search.ask(question, cost, 0.0, search.limits.gap, seconds)
        if len(search.plans) == before:
            return
        search.say(_words(question, solution))


def _chosen(search: Search, count: int) -> list[int]:
    impacts = [name for name in IMPACTS if name in search.program.impacts]
    table = np.array([[plan.impacts[name] for name in impacts] for plan in search.plans])
    return most_different(search.servers, table, count)


def _settled(search: Search, plan: Found) -> Found:
    """The best plan with the servers of one that was found for its servers alone."""
    if plan is search.plans[0] or plan.question.startswith(LEAST) or search.is_over:
        return plan
    held = np.concatenate([np.flatnonzero(group.vector) for group in search.groups])
    lower, upper = search.program.column_lower.copy(), search.program.column_upper.copy()
    lower[held] = upper[held] = np.round(plan.values[held])
    program = replace(search.program, column_lower=lower, column_upper=upper)
    seconds = max(search.seconds_left / len(search.plans), SHORTEST_S)
    limits = replace(search.limits, time_limit_s=seconds, allow_range=True)
    solution = solve(program, limits, start=plan.values, isolated=search.isolated)
    if solution.values is None or solution.objective >= plan.objective:
        return plan
    return found_plan(plan.question, search.program, search.groups, solution.values)


def _words(question: str, solution: Solution) -> str:
    found = "no plan" if solution.objective is None else f"{solution.objective:.6g}"
    bound = "" if solution.bound is None else f" (at least {solution.bound:.6g})"
    return f"{question}: {found}{bound}, {solution.seconds:.1f} s"
