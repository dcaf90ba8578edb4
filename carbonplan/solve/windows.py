"""Improve a plan by windows: a few slots solved again together, the others held.

The fleet and the continuous columns next to a window stay free, so that servers and batch work
may move. Windows in which the plan lies far above the continuous relaxation come first; when no
window of a length improves the plan, longer ones are tried.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from carbonplan.solve.arrays import FLEET, Arrays, Floats
from carbonplan.solve.highs import Model
from carbonplan.solve.lagrangian import row_slots
from carbonplan.solve.parts import restricted, slots_count, window, with_neighbours
from carbonplan.solve.search import Search
from carbonplan.solve.slots import MANY_WHOLE, has_whole_slots, slot_precision

LENGTHS = (2, 3, 4, 6, 8)
SHARE, SHARE_OF_MANY = 0.3, 0.7  # of the time that is left, for few and many whole columns
WINDOW_SHARE = 0.1  # of that, for one window
SHORTEST_S = 0.5


def improve_windows(search: Search) -> None:
    """Offer better plans until no window improves the best one, or time is up."""
    if search.best is None or search.duals is None or not has_whole_slots(search):
        return
    search.phase = "windows"
    share = SHARE_OF_MANY if has_whole_slots(search, MANY_WHOLE) else SHARE
    end = search.seconds + search.seconds_left * share
    slots = slots_count(search.arrays)
    solved = 0
    for length in (length for length in LENGTHS if length < slots):
        fresh = np.ones(slots, dtype=bool)  # windows by their first slot
        while fresh.any() and search.seconds < end and not search.is_over:
            first = _worst(excess(search.arrays, search.best, search.duals), fresh, length)
            fresh[first] = False
            solved += 1
            seconds = max((end - search.seconds) * WINDOW_SHARE, SHORTEST_S)
            if _improved(search, first, length, seconds):
                fresh[np.arange(first - length + 1, first + length) % slots] = True
                fresh[first] = False
    search.say(f"{solved} windows: {search.stand()} after {search.seconds:.1f} s")


def excess(arrays: Arrays, values: Floats, duals: Floats) -> Floats:
    """How far a plan lies above the bound of some row duals, by the slot it arises in, (slot,).

    With y of the rows' sign, c x less the bound is the sum of all
    (c - A'y)_j (x_j - its bound) and y_i (A x - b)_i, none of them negative.
    """
    reduced = arrays.reduced_costs(duals)
    ends = np.where(reduced > 0, arrays.lower, arrays.upper)
    sides = np.where(duals > 0, arrays.row_lower, arrays.row_upper)
    has_side = np.isfinite(sides)
    of_columns = reduced * (values - ends)
    distance = arrays.activities(values) - np.where(has_side, sides, 0.0)
    of_rows = np.where(has_side, duals * distance, 0.0)
    slots, of_row = slots_count(arrays), row_slots(arrays)
    own_columns, own_rows = arrays.slot != FLEET, of_row >= 0
    return np.bincount(
        arrays.slot[own_columns], weights=of_columns[own_columns], minlength=slots
    ) + np.bincount(of_row[own_rows], weights=of_rows[own_rows], minlength=slots)


def _worst(excesses: Floats, fresh: np.ndarray, length: int) -> int:
    """First slot of the window that has not been tried and has the largest excess."""
    sums = sum(np.roll(excesses, -shift) for shift in range(length))
    return int(np.argmax(np.where(fresh, sums, -np.inf)))


def _improved(search: Search, first: int, length: int, seconds: float) -> bool:
    """Solve a window from the best plan; say whether that gave a better one."""
    arrays, best = search.arrays, search.best
    free = with_neighbours(arrays, window(arrays, first, length))
    part = restricted(arrays, free, best)
    precision = slot_precision(arrays, best)
    model = Model(part, replace(search.settings, gap=0.0, absolute_gap=precision))
    model.start_from(best[free])
    values = search.probe(model, seconds).values
    if values is None or part.objective(values) > search.objective - precision / 10:
        return False
    moved = best.copy()
    moved[free] = np.where(part.integer, np.round(values), values)
    before = search.objective
    return search.offer(moved) and search.objective < before
