"""Routing: online requests go from where users are to regions near enough to serve them.

(1) demand_is_routed          Σ_r F_kort = λ_kot                ∀ (k,o), t
(2) routed_load_is_served     Σ_{c∈C^ans} L_kcrt = Σ_o F_kort   ∀ (k,r), t

λ_kot    demand_rps    requests of class k from origin o        [requests/s]
F_kort   Flow_rps      of these, sent to region r               [requests/s]
L_kcrt   Load_rps      served there by configuration c          [requests/s]
C^ans                  configurations that answer: all but those that do prefill alone

A route exists where the round trip leaves room inside the TTFT and the data may go.
"""

import pyomo.environ as pyo


def add(m: pyo.ConcreteModel) -> None:
    """Attach the family to ``m``."""
    m.demand_is_routed = pyo.Constraint(m.DEMANDS, m.SLOTS, rule=demand_is_routed)
    m.routed_load_is_served = pyo.Constraint(m.ARRIVALS_IN, m.SLOTS, rule=routed_load_is_served)


def demand_is_routed(m, k, o, t):
    """(1) Every request of an origin goes to some region [requests/s]."""
    return sum(m.Flow_rps[k, o, r, t] for r in m.REGIONS_OF[k, o]) == m.demand_rps[k, o, t]


def routed_load_is_served(m, k, r, t):
    """(2) What is sent to a region is served there [requests/s]."""
    served = sum(m.Load_rps[k, c, r, t] for c in m.ANSWERING[k, r])
    return served == sum(m.Flow_rps[k, o, r, t] for o in m.ORIGINS_OF[k, r])
