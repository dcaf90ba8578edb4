"""Batch: offline work waits for the best hours, never beyond its deadline.

(7) batch_work_is_carried  B_kt = B_k,t−1 + 3.6 h (A_kt − Σ_{c∈C^ans,r} L_kcrt)  ∀ k ∈ batch, t
(8) batch_work_meets_deadline B_kt ≤ B̄_kt                                      ∀ k ∈ batch, t

B_kt     Backlog_krequests         work that waits after slot t          [1000 requests]
A_kt     arrivals_rps              work that arrives in t                [requests/s]
L_kcrt   Load_rps                  work done in t                        [requests/s]
C^ans                              configurations that answer: all but those of prefill alone
h        slot_hours                length of a slot                      [h]
B̄_kt     backlog_limit_krequests   arrivals whose deadline is after t    [1000 requests]

First come, first served loses nothing inside a class, so the sums tell whether every request
is done in time: B ≥ 0 forbids work before its arrival, (8) work after its deadline.
"""

import pyomo.environ as pyo

from carbonplan.units import REQUESTS_PER_KREQUEST, SECONDS_PER_HOUR


def add(m: pyo.ConcreteModel) -> None:
    """Attach the family to ``m``."""
    m.batch_work_is_carried = pyo.Constraint(m.BATCH, m.SLOTS, rule=batch_work_is_carried)
    m.batch_work_meets_deadline = pyo.Constraint(
        m.BATCH, m.SLOTS, rule=batch_work_meets_deadline
    )


def batch_work_is_carried(m, k, t):
    """(7) What waits is what waited, and arrived, and was not done [1000 requests]."""
    krequests_per_rps = SECONDS_PER_HOUR * m.slot_hours / REQUESTS_PER_KREQUEST
    done_rps = sum(m.Load_rps[k, c, r, t] for c, r in m.PLACES_OF[k])
    change = krequests_per_rps * (m.arrivals_rps[k, t] - done_rps)
    return m.Backlog_krequests[k, t] == m.Backlog_krequests[k, m.previous[t]] + change


def batch_work_meets_deadline(m, k, t):
    """(8) Only work whose deadline is still to come may wait [1000 requests]."""
    return m.Backlog_krequests[k, t] <= m.backlog_limit_krequests[k, t]
