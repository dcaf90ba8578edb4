"""Throughput: replicas carry no more than their planned rate.

(3) load_within_throughput    Σ_{c∈C_e} Σ_k L_kcrt / ρ_kc ≤ n_ert − σ_e s_ert     ∀ (e,r), t

L_kcrt   Load_rps         requests of class k served            [requests/s]
ρ_kc     rate_rps         planned rate of one replica, that is  [requests/s]
                          its sustained rate inside the SLOs times the load limit
n_ert    Replicas         running replicas of engine e          [1]
s_ert    Starts           of these, started in the slot         [1]
σ_e      start_fraction   share of the slot spent loading       [1]

An engine is a configuration without its clock: the clock is set in milliseconds, so that the
replicas of an engine divide the slot among its clocks as the load asks.
"""

import pyomo.environ as pyo


def add(m: pyo.ConcreteModel) -> None:
    """Attach the family to ``m``."""
    m.load_within_throughput = pyo.Constraint(
        m.PLACEMENTS, m.SLOTS, rule=load_within_throughput
    )


def load_within_throughput(m, e, r, t):
    """(3) Busy replicas are at most those that have loaded their model [replicas]."""
    return busy_replicas(m, e, r, t) <= loaded_replicas(m, e, r, t)


def busy_replicas(m, e, r, t):
    """Replicas that the load of an engine takes at its planned rate."""
    return sum(m.Load_rps[k, c, r, t] / m.rate_rps[k, c] for k, c in m.LOADS_OF[e, r])


def loaded_replicas(m, e, r, t):
    """Running replicas less those that still load their model."""
    loading = m.start_fraction[e] * m.Starts[e, r, t] if m.start_costs else 0
    return m.Replicas[e, r, t] - loading
