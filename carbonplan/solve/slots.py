"""Whole replicas slot by slot, for fleets so small that rounding up is no answer.

The fleet is chosen first, with whole servers and continuous replicas: a relaxation, so that its
bound is one of the program. Then slots are made whole one after the other, the fullest first;
slots beside the one in hand stay continuous, and the fleet may still grow. Branch and bound
starts from the plan that this gives.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from carbonplan.solve.arrays import FLEET, Arrays, Floats
from carbonplan.solve.highs import Model
from carbonplan.solve.parts import (
    Columns,
    fleet_only,
    of_slots,
    restricted,
    slots_count,
    window,
    with_neighbours,
)
from carbonplan.solve.search import Search
from carbonplan.solve.status import Claim

# whole columns in slots: with fewer, branch and bound needs no help; with many, it is none
FEWEST_WHOLE, MANY_WHOLE = 50, 1000
FLEET_SHARE, SLOTS_SHARE = 0.15, 0.5  # of the time limit
FLEET_GAP = 3e-3
PRECISION = 2e-3  # of parts, in shares of what a slot costs on average
SHORTEST_S = 0.5  # that a part may take
EVERYWHERE = 10**6
# slots on either side that stay continuous; whether server types may be added; patience
WIDENING = ((1, False, 1.0), (EVERYWHERE, True, 3.0))
UNUSED = 1e-6


def has_whole_slots(search: Search, fewest: int = FEWEST_WHOLE) -> bool:
    """Whether enough columns of the slots must be whole for these heuristics to matter."""
    arrays = search.arrays
    whole_in_slots = arrays.integer & (arrays.slot != FLEET)
    return int(whole_in_slots.sum()) >= fewest and slots_count(arrays) > 1


def plan_slots(search: Search) -> None:
    """Offer a plan built slot by slot."""
    if not has_whole_slots(search):
        return
    point = _fleet_first(search)
    if point is None:
        return
    plan = _made_whole(search, point)
    if plan is not None and search.offer(plan):
        search.say(f"slot by slot: {search.stand()} after {search.seconds:.1f} s")


def _fleet_first(search: Search) -> Floats | None:
    """Point with a whole fleet and continuous replicas: rounded up, or by branch and bound."""
    search.phase = "fleet"
    rounded = _fleet_rounded_up(search)
    settings = replace(search.settings, gap=max(search.job.gap, FLEET_GAP))
    model = Model(fleet_only(search.arrays), settings)
    answer = search.probe(model, search.job.seconds * FLEET_SHARE)
    if answer.claim in (Claim.PROVED, Claim.STOPPED):
        search.raise_bound(answer.bound)
    points = [point for point in (rounded, answer.values) if point is not None]
    return min(points, key=search.arrays.objective, default=None)


def _fleet_rounded_up(search: Search) -> Floats | None:
    if search.relaxed is None:
        return None
    fleet = np.flatnonzero(fleet_only(search.arrays).integer)
    servers = np.minimum(np.ceil(search.relaxed[fleet] - UNUSED), search.arrays.upper[fleet])
    answer = search.solve_fixed(fleet, servers, seconds=search.seconds_left, watched=True)
    return answer.values if answer.claim is Claim.PROVED else None


def _made_whole(search: Search, point: Floats) -> Floats | None:
    """Make slot after slot whole, the fullest first; new server types only if there must be."""
    search.phase = "slots"
    arrays, slots = search.arrays, slots_count(search.arrays)
    done = np.zeros(slots, dtype=bool)
    end = search.seconds + search.job.seconds * SLOTS_SHARE
    for slot in _fullest_first(arrays, point):
        seconds = max((end - search.seconds) / (slots - done.sum()), SHORTEST_S)
        moved = _whole_slot(search, slot, done, point, seconds)
        if moved is None or search.is_over:
            search.say(f"slot by slot: no plan, stopped at slot {slot}")
            return None
        point = moved
        done[slot] = True
    return point


def _whole_slot(
    search: Search, slot: int, done: NDArray[np.bool_], point: Floats, seconds: float
) -> Floats | None:
    """Make a slot whole with what lies near it, or else with new types and all slots.

    Where a power limit binds, servers that one slot needs take power from all the others.
    """
    arrays = search.arrays
    for reach, with_new_types, patience in WIDENING:
        near = window(arrays, slot - reach, 2 * reach + 1)
        whole_later = arrays.integer & near & ~window(arrays, slot, 1) & ~of_slots(arrays, done)
        softened = replace(arrays, integer=arrays.integer & ~whole_later)
        free = with_neighbours(arrays, near & (~softened.integer | window(arrays, slot, 1)))
        allowed = softened if with_new_types else _without_new_types(softened, point)
        moved = solved_part(search, allowed, free, point, seconds * patience)
        if moved is not None or search.is_over:
            return moved
    return None


def solved_part(
    search: Search,
    arrays: Arrays,
    free: Columns,
    point: Floats,
    seconds: float,
) -> Floats | None:
    """Return the point with its free columns solved for; None if that gave nothing."""
    part = restricted(arrays, free, point)
    settings = replace(search.settings, gap=0.0, absolute_gap=slot_precision(arrays, point))
    values = search.probe(Model(part, settings), seconds).values
    if values is None:
        return None
    moved = point.copy()
    moved[free] = np.where(part.integer, np.round(values), values)
    return moved


def slot_precision(arrays: Arrays, point: Floats) -> float:
    """Difference in cost that is not worth the time to prove for a single slot."""
    return PRECISION * abs(arrays.objective(point)) / slots_count(arrays)


def _without_new_types(arrays: Arrays, point: Floats) -> Arrays:
    """Return the program without the fleet's columns that a point leaves unused."""
    unused = (arrays.slot == FLEET) & (point <= arrays.lower + UNUSED)
    return replace(arrays, upper=np.where(unused, arrays.lower, arrays.upper))


def _fullest_first(arrays: Arrays, point: Floats) -> list[int]:
    """Slots by the sum of their whole columns at a point, largest first."""
    whole = arrays.integer & (arrays.slot != FLEET)
    fullness = np.bincount(
        arrays.slot[whole], weights=point[whole], minlength=slots_count(arrays)
    )
    return np.argsort(-fullness, kind="stable").tolist()
