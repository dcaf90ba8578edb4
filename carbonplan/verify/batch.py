r"""Batch work is done after it arrives and before its deadline.

Counted from the start of a run, with :math:`A_t` the work that has arrived and :math:`D_t` the
work done by the end of slot t, and :math:`B` the work that waited when the run began,

.. math:: B + A_{t-d+1} \le D_t \le B + A_t

where d is the deadline in slots: what arrives in slot τ is done by the end of slot τ + d - 1. A
cyclic run is unrolled: A before its start goes on into the run before, which is the same, and
B is what the plan says waits at its end. A closed run has B = 0 and is done at its end.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from carbonplan.units import REQUESTS_PER_KREQUEST, SECONDS_PER_HOUR
from carbonplan.verify.case import Case, Floats
from carbonplan.verify.checks import Check, at_least, at_most, equal

NAME = "batch_work_is_done_in_time"


def batch_checks(case: Case) -> list[Check]:
    """Every batch class in every run of slots."""
    checks = []
    for k in np.flatnonzero(~case.online):
        for number in np.unique(case.run):
            checks += run_checks(case, int(k), np.flatnonzero(case.run == number))
    online = np.where(case.online[:, None], case.backlog_krequests, 0.0)
    axes = case.class_names, case.slots
    return [*checks, equal(NAME, "1000 online requests waiting", online, 0.0, axes)]


def run_checks(case: Case, k: int, slots: NDArray[np.int64]) -> list[Check]:
    """One class in one run: balance, no work before its arrival, none after its deadline."""
    krequests = SECONDS_PER_HOUR * case.slot_hours[slots] / REQUESTS_PER_KREQUEST
    arrivals = case.demand_rps[k].sum(axis=0)[slots] * krequests
    done = np.cumsum(case.answered_rps[k].sum(axis=0)[slots] * krequests)
    arrived = np.cumsum(arrivals)
    closed = bool((case.previous[slots] < 0).any())
    waiting = case.backlog_krequests[k, slots]
    before = 0.0 if closed else waiting[-1]
    due = before + arrived - _recent(arrivals, _deadline_slots(case, k, slots), closed=closed)
    if closed:
        due[-1] = arrived[-1]
    axes = [case.class_names[k]], [case.slots[t] for t in slots]
    what = "1000 requests done since the run began"
    return [
        equal(NAME, "1000 requests waiting", waiting[None], before + arrived - done, axes),
        at_least(NAME, "1000 requests waiting", waiting[None], 0.0, axes),
        at_most(NAME, what, done[None], before + arrived, axes),
        at_least(NAME, what, done[None], due, axes),
    ]


def _deadline_slots(case: Case, k: int, slots: NDArray[np.int64]) -> int:
    hours = case.classes[k].workload.deadline_hours or 0
    return max(1, round(hours / case.slot_hours[slots[0]]))


def _recent(arrivals: Floats, deadline_slots: int, *, closed: bool) -> Floats:
    """Work that arrived in each slot's last d - 1 slots, itself included, and may wait."""
    count, window = len(arrivals), deadline_slots - 1
    unrolled = np.zeros(window) if closed else arrivals[np.arange(-window, 0) % count]
    total = np.concatenate([[0.0], np.cumsum(np.concatenate([unrolled, arrivals]))])
    last = np.arange(window + 1, window + 1 + count)
    return total[last] - total[last - window]
