r"""A lower bound by slots: what couples them is priced, and each slot is solved on its own.

Rows that couple slots with each other are multiplied by duals y and leave the program; every
slot has a copy of the fleet's columns S and rows, and pays a part of their cost,

.. math::

    c x \ge \sum_i y_i b_i + \sum_t \min_{(x_t, S) \in X_t} (c - A^T y)_t x_t + \pi_t S,
    \quad \sum_t \pi_t = (c - A^T y)_S

for *any* y of the rows' sign and any such parts. With the duals of the relaxation the
minima sum up to its optimum; with whole columns in X_t they lie above it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from carbonplan.solve.arrays import FLEET, Arrays, Floats
from carbonplan.solve.bounds import safe_bound
from carbonplan.solve.highs import Model
from carbonplan.solve.parts import Columns, selected, slots_count
from carbonplan.solve.search import Search
from carbonplan.solve.slots import has_whole_slots
from carbonplan.solve.status import Claim

COUPLING = -2  # slot of a row that has columns of several slots
BOUND_PRECISION = 5e-4  # of a slot's program, in shares of what a slot costs on average
BOUND_SHARE = 0.7  # of the time that is left


@dataclass(frozen=True)
class SlotProgram:
    """What a slot minimises on its own, and a bound on it that needs no whole numbers."""

    arrays: Arrays
    safe_bound: float


def bound_slots(search: Search) -> None:
    """Raise the bound slot by slot; it is valid after each of them."""
    if search.duals is None or not has_whole_slots(search):
        return
    search.phase = "bound by slots"
    constant, programs = separated(search.arrays, search.duals)
    bounds = np.array([program.safe_bound for program in programs])
    end = search.seconds + search.seconds_left * BOUND_SHARE
    order = np.argsort(-bounds, kind="stable")
    for done, slot in enumerate(order):
        if search.is_over or search.seconds >= end:
            break
        seconds = (end - search.seconds) / (len(order) - done)
        program = programs[slot].arrays
        start = None if search.best is None else search.best[_columns(search.arrays, slot)]
        bounds[slot] = max(bounds[slot], _solved(search, program, start, seconds))
        search.raise_bound(constant + float(bounds.sum()))
    search.say(f"bound by slots: {search.stand()} after {search.seconds:.1f} s")


def separated(arrays: Arrays, duals: Floats) -> tuple[float, list[SlotProgram]]:
    """Return the constant and the programs of the slots for some duals of all rows."""
    of_row = row_slots(arrays)
    bounds = np.where(duals > 0, arrays.row_lower, arrays.row_upper)
    usable = np.where(np.isfinite(bounds), duals, 0.0)
    prices = np.where(of_row == COUPLING, usable, 0.0)
    priced = replace(arrays, cost=arrays.reduced_costs(prices), offset=0.0)
    constant = arrays.offset + float(np.where(prices != 0, bounds, 0.0) @ prices)
    shares = _fleet_shares(priced, usable, of_row)
    return constant, list(_programs(priced, usable, of_row, shares))


def row_slots(arrays: Arrays) -> NDArray[np.int64]:
    """Slot of each row: that of all its slots' columns, ``FLEET``, or ``COUPLING``, (row,)."""
    slots = arrays.slot[arrays.entry_columns]
    in_slots = slots != FLEET
    last = np.full(arrays.rows_count, FLEET)
    np.maximum.at(last, arrays.rows[in_slots], slots[in_slots])
    coupled = arrays.rows[in_slots & (slots != last[arrays.rows])]
    last[coupled] = COUPLING
    return last


def _fleet_shares(priced: Arrays, duals: Floats, of_row: NDArray[np.int64]) -> Floats:
    """Cost of the fleet's columns in each slot: the duals' part, the rest spread evenly.

    Shape (slot, fleet column); the sum over the slots is the cost.
    """
    fleet = priced.slot == FLEET
    slots = slots_count(priced)
    of_column = priced.entry_columns
    chosen = fleet[of_column] & (of_row[priced.rows] >= 0)
    number = np.cumsum(fleet) - 1
    shares = np.zeros((slots, int(fleet.sum())))
    rows = priced.rows[chosen]
    np.add.at(
        shares,
        (of_row[rows], number[of_column[chosen]]),
        priced.coefficients[chosen] * duals[rows],
    )
    return shares + (priced.cost[fleet] - shares.sum(axis=0)) / slots


def _programs(
    priced: Arrays, duals: Floats, of_row: NDArray[np.int64], shares: Floats
) -> Iterator[SlotProgram]:
    fleet = priced.slot == FLEET
    evenly = np.where(of_row == FLEET, duals / slots_count(priced), duals)
    cost = priced.cost.copy()
    for slot, share in enumerate(shares):
        cost[fleet] = share
        rows = (of_row == slot) | (of_row == FLEET)
        program = selected(replace(priced, cost=cost), fleet | (priced.slot == slot), rows)
        yield SlotProgram(program, safe_bound(program, evenly[rows]))


def _columns(arrays: Arrays, slot: int) -> Columns:
    return (arrays.slot == FLEET) | (arrays.slot == slot)


def _solved(search: Search, program: Arrays, start: Floats | None, seconds: float) -> float:
    """Bound of a slot's program; -inf if none is proved in time.

    The slot's part of a plan is feasible for it; from there HiGHS is eight times faster.
    """
    precision = BOUND_PRECISION * abs(search.bound) / slots_count(search.arrays)
    model = Model(program, replace(search.settings, gap=0.0, absolute_gap=precision))
    if start is not None:
        model.start_from(start)
    answer = search.probe(model, seconds)
    if answer.claim not in (Claim.PROVED, Claim.STOPPED) or answer.bound is None:
        return -np.inf
    return answer.bound
