"""How much batch work may wait at the end of a slot."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.inputs import Inputs, WorkloadClass
from carbonplan.units import REQUESTS_PER_KREQUEST, SECONDS_PER_HOUR


def backlog_limit_krequests(inputs: Inputs, one: WorkloadClass) -> NDArray[np.float64]:
    r"""Work of a class whose deadline comes after each slot [1000 requests], (slot,).

    .. math:: \bar B_t = \sum_{\tau = t - D + 2}^{t} A_\tau

    Work that arrives in a slot may be done in it and in the D - 1 slots after it, D being the
    deadline in slots. A cyclic run wraps; where a closed run ends nothing may wait.
    """
    workload, share = one.workload, inputs.series["share"].sel(request_class=one.name)
    arrivals = share * inputs.series["arrivals_rps"].sel(workload=workload.name).sum("origin")
    hours = inputs.series["slot_hours"].values.flat[0]
    krequests = arrivals.values * SECONDS_PER_HOUR * hours / REQUESTS_PER_KREQUEST
    limit = np.zeros(len(krequests))
    if workload.deadline_hours is None:
        return limit
    window = max(round(workload.deadline_hours / hours) - 1, 0)
    run = inputs.series["run"].values
    closed = inputs.scenario.horizon.ends == "closed"
    for number in np.unique(run):
        slots = np.flatnonzero(run == number)
        limit[slots] = _recent(krequests[slots], min(window, len(slots) - 1), cyclic=not closed)
        if closed:
            limit[slots[-1]] = 0.0
    return limit


def _recent(arrivals: NDArray[np.float64], window: int, *, cyclic: bool) -> NDArray[np.float64]:
    """Sum of the last ``window`` values, at each position."""
    before = arrivals[len(arrivals) - window :] if cyclic else np.zeros(window)
    total = np.concatenate([[0.0], np.cumsum(np.concatenate([before, arrivals]))])
    return total[window + 1 :] - total[1 : len(arrivals) + 1]
