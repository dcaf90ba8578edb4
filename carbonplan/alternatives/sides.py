"""How few and how many servers of a group near-optimal plans have: questions and proofs.

A question is the program with at most, or at least, so many of them: its best plan is
near-optimal, or its bound says that none is.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from carbonplan.alternatives import ranges as known
from carbonplan.alternatives.groups import Group, are_whole
from carbonplan.alternatives.ranges import Mark, Range
from carbonplan.alternatives.records import Found
from carbonplan.alternatives.search import SHORTEST_S, Search, Side
from carbonplan.program import Program
from carbonplan.program.restricting import held_at, with_row
from carbonplan.solve.extents import least_of
from carbonplan.solve.protocol import solve
from carbonplan.solve.solution import Solution, Status

WHOLE = 1e-6  # room below a whole number within which a bound still counts as it
FINE_GAP = 1e-6
MOST_RELAXED_COLUMNS = 50_000
RELAXED_SHARE = 0.3  # of the time, at most, for bounds of the relaxation
MOST_SHARE = 0.25  # of the time that is left, for a question that needs long
USUAL_TIMES = 3.0  # what a solve usually takes, for a question


def first_ranges(program: Program, groups: Sequence[Group], first: Found) -> list[Range]:
    """Ranges with the best plan alone, as wide as the bounds of the columns."""
    found = []
    for group, planned in zip(groups, first.servers, strict=True):
        most = float(program.column_upper[group.vector != 0].sum())
        least = float(program.column_lower[group.vector != 0].sum())
        most = math.floor(most + WHOLE) if math.isfinite(most) else 10**9
        held = math.ceil(max(least, 0.0) - WHOLE)
        one = replace(known.range_of(group, planned, max(most, planned)), held=held)
        found.append(known.proved(one, held, most))
    return known.added_up(found)


def relax(search: Search) -> None:
    """Bounds of the relaxation, rounded where servers are whole."""
    sides = [(at, sign) for at in range(len(search.groups)) for sign in (1, -1)]
    sides = [(at, sign) for at, sign in sides if _width(search.ranges[at], sign) > 0]
    if search.is_over or len(search.program.cost) > MOST_RELAXED_COLUMNS:
        return
    vectors = [sign * search.groups[at].vector for at, sign in sides]
    limits = replace(search.limits, time_limit_s=RELAXED_SHARE * search.seconds_left)
    bounds = least_of(search.near, vectors, limits)
    for (at, sign), bound in zip(sides, bounds, strict=True):
        if math.isfinite(bound):
            is_whole = are_whole(search.program, search.groups[at])
            search.prove(at, sign, math.ceil(bound - WHOLE) if is_whole else math.floor(bound))


def decide(search: Search, wanted: Callable[[Search], list[Side]]) -> None:
    """Ask of groups until nothing wanted is left that was not asked, or no time."""
    while not search.is_over:
        sides = [side for side in wanted(search) if side not in search.tried]
        if not sides:
            return
        side = max(sides, key=lambda one: _width(search.ranges[one.at], one.sign))
        search.tried.add(side)
        usual_s = min(USUAL_TIMES * search.usual_s, MOST_SHARE * search.seconds_left)
        _ask_side(search, side, max(search.seconds_left / len(sides), usual_s))


def _ask_side(search: Search, side: Side, seconds: float) -> None:
    """The best plan with at most, or at least, so many servers of a group."""
    group = search.groups[side.at]
    program = _restricted(search.program, group, side)
    end = time.monotonic() + max(seconds, 2 * SHORTEST_S)
    for gap in (search.slack / 2, FINE_GAP):  # a plan well within the slack is enough
        left = end - time.monotonic()
        if left < SHORTEST_S:
            return
        limits = replace(search.limits, gap=gap, time_limit_s=left, allow_range=True)
        solution = solve(program, limits, isolated=search.isolated)
        search.learn(side.question(group), solution)
        if search.excludes(solution):
            price = search.price(solution) if side.marks else None
            search.prove(side.at, side.sign, side.sign * side.limit + 1, price)
        if solution.status is not Status.OPTIMAL or search.is_answered(side):
            break
    key = (side.at, side.sign)
    one = search.ranges[side.at]
    reached = one.least_found <= side.limit if side.sign > 0 else one.most_found >= side.limit
    if not side.marks:
        search.steps[key] = 2 * search.steps.get(key, 1) if reached else 1
    search.say(f"{side.question(group)}: {_answer(search, side, solution)}")


def _restricted(program: Program, group: Group, side: Side) -> Program:
    """The program with so few or so many servers of a group."""
    if side.sign > 0 and side.limit == 0:
        return held_at(program, group.vector)
    bound = {"upper": float(side.limit)} if side.sign > 0 else {"lower": float(side.limit)}
    return with_row(program, "servers_of_question", (group.title,), group.vector, **bound)


def unmarked(search: Search) -> list[Side]:
    """Sides that decide a mark: none of what all plans have, one of what none has."""
    return [
        Side(at, 1, 0) if one.most_found > 0 else Side(at, -1, 1)
        for at, one in enumerate(search.ranges)
        if one.mark is Mark.OPEN
    ]


def open_sides(search: Search) -> list[Side]:
    """A step beyond what was found, twice as far after each plan that took it."""
    sides = []
    for at, one in enumerate(search.ranges):
        if one.open_least > 0:
            step = min(search.steps.get((at, 1), 1), one.open_least)
            sides.append(Side(at, 1, one.least_found - step))
        if one.open_most > 0:
            step = min(search.steps.get((at, -1), 1), one.open_most)
            sides.append(Side(at, -1, one.most_found + step))
    return sides


def _width(one: Range, sign: int) -> int:
    """Numbers that are neither found nor excluded on a side."""
    return one.open_least if sign > 0 else one.open_most


def _answer(search: Search, side: Side, solution: Solution) -> str:
    """What came of a question, in words."""
    if solution.status is Status.INFEASIBLE:
        return "no plan at all"
    if search.plans[-1].question == side.question(search.groups[side.at]):
        return f"a plan, {_percent(search.plans[-1].objective, search)}"
    if search.excludes(solution):
        return f"none within the slack: at least {_percent(solution.bound, search)}"
    return "neither found nor excluded"


def _percent(objective: float, search: Search) -> str:
    best = search.plans[0].objective
    return f"{(objective - best) / abs(best):+.2%}" if best else f"{objective:.6g}"
