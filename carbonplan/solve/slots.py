"""Whole replicas slot by slot, for fleets so small that rounding up is no answer.

The fleet is chosen first, with whole servers and continuous replicas: a relaxation, so that its
bound is one of the program. Then slots are made whole one after the other, the fullest first;
slots beside the one in hand stay continuous, and the fleet may still grow. Branch and bound
starts from the plan that this gives.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from carbonplan.solve.arrays import FLEET, Arrays, Floats
from carbonplan.solve.highs import Model
from carbonplan.solve.parts import Columns, fleet_only, restricted, with_neighbours
from carbonplan.solve.search import Search
from carbonplan.solve.status import Claim

FEWEST_WHOLE = 50  # whole columns in slots; with fewer, branch and bound needs no help
FLEET_SHARE, SLOTS_SHARE = 0.15, 0.5  # of the time limit
FLEET_GAP, PART_GAP = 3e-3, 1e-3
REACH = 1  # slots on either side that stay continuous
UNUSED = 1e-6


def has_whole_slots(search: Search) -> bool:
    """Whether enough columns of the slots must be whole for these heuristics to matter."""
    arrays = search.arrays
    whole_in_slots = arrays.integer & (arrays.slot != FLEET)
    return int(whole_in_slots.sum()) >= FEWEST_WHOLE and _slots_count(arrays) > 1


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
    """Point with a whole fleet and continuous replicas."""
    search.phase = "fleet"
    settings = replace(search.settings, gap=max(search.job.gap, FLEET_GAP))
    model = Model(fleet_only(search.arrays), settings)
    answer = search.probe(model, search.job.seconds * FLEET_SHARE)
    if answer.claim in (Claim.PROVED, Claim.STOPPED):
        search.raise_bound(answer.bound)
    return answer.values


def _made_whole(search: Search, point: Floats) -> Floats | None:
    """Make slot after slot whole, the fullest first; new server types only if there must be."""
    search.phase = "slots"
    arrays, slots = search.arrays, _slots_count(search.arrays)
    done = np.zeros(slots, dtype=bool)
    seconds = search.job.seconds * SLOTS_SHARE / slots
    for slot in _fullest_first(arrays, point):
        near = _window(arrays, slot - REACH, 2 * REACH + 1)
        whole_later = near & arrays.integer & (arrays.slot != slot) & ~_of_slots(arrays, done)
        free = with_neighbours(
            arrays, near & (~arrays.integer | whole_later | (arrays.slot == slot))
        )
        softened = replace(arrays, integer=arrays.integer & ~whole_later)
        moved = _solved_part(search, _without_new_types(softened, point), free, point, seconds)
        if moved is None:
            moved = _solved_part(search, softened, free, point, seconds)
        if moved is None or search.is_over:
            search.say(f"slot by slot: no plan, stopped at slot {slot}")
            return None
        point = moved
        done[slot] = True
    return point


def _solved_part(
    search: Search,
    arrays: Arrays,
    free: Columns,
    point: Floats,
    seconds: float,
) -> Floats | None:
    """Return the point with its free columns solved for; None if that gave nothing."""
    part = restricted(arrays, free, point)
    model = Model(part, replace(search.settings, gap=PART_GAP))
    values = search.probe(model, seconds).values
    if values is None:
        return None
    moved = point.copy()
    moved[free] = np.where(part.integer, np.round(values), values)
    return moved


def _without_new_types(arrays: Arrays, point: Floats) -> Arrays:
    """Return the program without the fleet's columns that a point leaves unused."""
    unused = (arrays.slot == FLEET) & (point <= arrays.lower + UNUSED)
    return replace(arrays, upper=np.where(unused, arrays.lower, arrays.upper))


def _slots_count(arrays: Arrays) -> int:
    return int(arrays.slot.max(initial=FLEET)) + 1


def _fullest_first(arrays: Arrays, point: Floats) -> list[int]:
    """Slots by the sum of their whole columns at a point, largest first."""
    whole = arrays.integer & (arrays.slot != FLEET)
    fullness = np.bincount(
        arrays.slot[whole], weights=point[whole], minlength=_slots_count(arrays)
    )
    return np.argsort(-fullness, kind="stable").tolist()


def _window(arrays: Arrays, first: int, length: int) -> Columns:
    """Columns of a run of slots; the last slot is followed by the first."""
    slots = _slots_count(arrays)
    chosen = np.zeros(slots, dtype=bool)
    chosen[np.arange(first, first + min(length, slots)) % slots] = True
    return _of_slots(arrays, chosen)


def _of_slots(arrays: Arrays, chosen: Columns) -> Columns:
    """Columns of the chosen slots, (column,)."""
    return (arrays.slot != FLEET) & chosen[arrays.slot]
