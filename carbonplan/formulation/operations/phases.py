"""Phases: what prefill replicas compute, decode replicas of the same weights take over.

(30) prefill_feeds_decode     Σ_{c∈C_v^pre} L_kcrt = Σ_{c∈C_v^dec} L_kcrt      ∀ (k,v,r), t

L_kcrt   Load_rps      requests of class k on configuration c               [requests/s]
C_v^pre                configurations that do prefill with weights v: an LLM in a precision
C_v^dec                configurations that decode with them

A KV cache is of the weights that made it, and it stays in its region. What answers requests in
(2) and (7) are the configurations that decode, alone or after their own prefill. What either
side adds to the first token and draws stands in its own ρ, θ and e; sending and receiving the
cache are among these.
"""

import pyomo.environ as pyo


def add(m: pyo.ConcreteModel) -> None:
    """Attach the family to ``m``; where replicas serve both phases it has no rows."""
    m.prefill_feeds_decode = pyo.Constraint(m.HANDOVERS, m.SLOTS, rule=prefill_feeds_decode)


def prefill_feeds_decode(m, k, v, r, t):
    """(30) Every prompt that is handed over is decoded in its region [requests/s]."""
    computed = sum(m.Load_rps[k, c, r, t] for c in m.PREFILLING[k, v, r])
    return computed == sum(m.Load_rps[k, c, r, t] for c in m.DECODING[k, v, r])
