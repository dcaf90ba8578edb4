r"""How old batch work is when the plan releases it: first come, first served, in all regions.

With :math:`A(\tau)` the requests that have arrived since a run of slots began, :math:`D(t)`
those that have been released and B those that waited when it began, what is released at t
arrived at

.. math:: \tau = A^{-1}\bigl(D(t) - B\bigr), \qquad \text{age} = t - \tau

Arrivals and releases are even within a slot. A cyclic run goes on into the run before, that is
the same, so that what waited when it began has its arrival there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carbonplan.plan.roles import answered_rps
from carbonplan.replay.arrays import Floats
from carbonplan.units import REQUESTS_PER_KREQUEST, SECONDS_PER_HOUR

if TYPE_CHECKING:
    import xarray as xr

POINTS = 9  # of a slot at which ages are known; between them they are interpolated
NEXT = 1e-7  # of a slot: inside it, where its first and its last request lie
MOST_TURNS = 1000  # of a cyclic run that work may have waited


def ages_hours(data: xr.Dataset, request_class: str) -> Floats:
    """Age of what is released at even points of each slot, (slot, point) [h]."""
    at = data.sel(request_class=request_class)
    hours = data["slot_hours"].values
    krequests = SECONDS_PER_HOUR * hours / REQUESTS_PER_KREQUEST
    answered = answered_rps(data).sel(request_class=request_class)
    released = answered.sum(("configuration", "region")).values * krequests
    arrived = at["demand_rps"].sum("origin").values * krequests
    ages = np.zeros((len(hours), POINTS))
    for number in np.unique(data["run"].values):
        slots = np.flatnonzero(data["run"].values == number)
        is_closed = bool((data["previous"].values[slots] < 0).any())
        waiting = 0.0 if is_closed else float(at["backlog_krequests"].values[slots[-1]])
        ages[slots] = _ages(hours[slots], arrived[slots], released[slots], waiting)
    return ages


def _ages(hours: Floats, arrived: Floats, released: Floats, waiting: float) -> Floats:
    """The same in one run."""
    edges = np.concatenate([[0.0], np.cumsum(hours)])
    total = arrived.sum()
    turns = int(np.clip(np.ceil(waiting / total), 0, MOST_TURNS)) if total > 0 else 0
    unrolled = np.concatenate([edges[:-1] - turn * edges[-1] for turn in range(turns, -1, -1)])
    times = np.append(unrolled, edges[-1])
    reached = np.concatenate([[0.0], np.cumsum(np.tile(arrived, turns + 1))])
    reached += waiting - turns * total
    share = np.linspace(NEXT, 1.0 - NEXT, POINTS)
    done = (
        np.concatenate([[0.0], np.cumsum(released)[:-1]])[:, None] + released[:, None] * share
    )
    now = edges[:-1, None] + hours[:, None] * share
    return np.maximum(now - np.interp(done, reached, times), 0.0)
