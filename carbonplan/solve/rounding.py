"""Whole numbers from the continuous relaxation: round up, rank by rank, and solve again.

Replicas are rounded first, then what must hold them: each rank is rounded to numbers that leave
room for the ranks before it. Of the fleet's columns as many are rounded up as limits on the
fleet alone allow, stocks say. For large fleets one pass is within 1e-4 of the optimum.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from carbonplan.solve.arrays import FLEET, Floats
from carbonplan.solve.highs import Model
from carbonplan.solve.parts import rows_of, selected
from carbonplan.solve.search import Search
from carbonplan.solve.status import Claim

ALREADY_WHOLE = 1e-6


def round_up(search: Search) -> None:
    """Offer the plan that rounding up the relaxation gives."""
    if search.relaxed is None:
        return
    search.phase = "rounding"
    values = search.relaxed
    fixed = np.zeros(0, dtype=np.int64)
    for rank in np.unique(search.arrays.rank[search.whole]):
        ranked = search.whole[search.arrays.rank[search.whole] == rank]
        fixed = np.union1d(fixed, ranked)
        target = rounded(search, fixed, values)
        answer = search.solve_fixed(fixed, target, seconds=search.seconds_left, watched=True)
        if answer.claim is not Claim.PROVED:
            search.say(f"rounding up: no plan ({answer.model_status})")
            return
        values = answer.values
    if search.offer(values):
        search.say(f"rounding up: {search.stand()} after {search.seconds:.1f} s")


def rounded(search: Search, fixed: NDArray[np.int64], values: Floats) -> Floats:
    """Whole numbers for the fixed columns: up where the fleet's limits allow, else down."""
    arrays = search.arrays
    low, high = arrays.lower[fixed], arrays.upper[fixed]
    up = np.clip(np.ceil(values[fixed] - ALREADY_WHOLE), low, high)
    fleet = arrays.slot == FLEET
    rounded = fixed[fleet[fixed]]
    if fleet.all() or not len(rounded):
        return up
    point, lower, upper = values.copy(), arrays.lower.copy(), arrays.upper.copy()
    point[fixed] = up
    upper[rounded] = point[rounded]
    lower[rounded] = np.minimum(np.floor(values[rounded] + ALREADY_WHOLE), upper[rounded])
    cost = np.zeros(arrays.columns_count)
    cost[rounded] = lower[rounded] - values[rounded] - 1.0  # the nearest to go up comes first
    bounded = replace(arrays, lower=lower, upper=upper, cost=cost, offset=0.0)
    rows = rows_of(arrays, fleet) & ~rows_of(arrays, ~fleet)
    settings = replace(search.settings, gap=0.0, absolute_gap=0.0)
    model = Model(selected(bounded, fleet, rows), settings)
    found = search.probe(model, search.seconds_left).values
    if found is not None:
        point[fleet] = np.round(found)
    return point[fixed]
