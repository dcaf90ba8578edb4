"""Throughput: replicas carry no more than their planned rate.

(3) load_within_throughput    Σ_k L_kcrt / ρ_kc ≤ n_crt − σ_c s_crt     ∀ (c,r), t

L_kcrt   Load_rps         requests of class k served            [requests/s]
ρ_kc     rate_rps         planned rate of one replica, that is  [requests/s]
                          its sustained rate inside the SLOs times the load limit
n_crt    Replicas         running replicas                      [1]
s_crt    Starts           of these, started in the slot         [1]
σ_c      start_fraction   share of the slot spent loading       [1]
"""

import pyomo.environ as pyo


def add(m: pyo.ConcreteModel) -> None:
    """Attach the family to ``m``."""
    m.load_within_throughput = pyo.Constraint(
        m.PLACEMENTS, m.SLOTS, rule=load_within_throughput
    )


def load_within_throughput(m, c, r, t):
    """(3) Busy replicas are at most those that have loaded their model [replicas]."""
    busy = sum(m.Load_rps[k, c, r, t] / m.rate_rps[k, c] for k in m.CLASSES_OF[c, r])
    loading = m.start_fraction[c] * m.Starts[c, r, t] if m.start_costs else 0
    return busy <= m.Replicas[c, r, t] - loading
