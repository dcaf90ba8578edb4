"""Starting: a replica that did not run in the slot before has to load its model.

(6) replicas_are_started      s_ert ≥ n_ert − n_er,t−1          ∀ (e,r), t
(56) starts_are_of_replicas   s_ert ≤ n_ert                     ∀ (e,r), t, where loading earns

n_ert    Replicas    running replicas                            [1]
s_ert    Starts      replicas that load their model in t         [1]
t−1      previous    the slot before; of a cyclic run's first slot, its last
"""

import pyomo.environ as pyo


def add(m: pyo.ConcreteModel) -> None:
    """Attach the family to ``m``; without start costs there is nothing to count."""
    index = m.PLACEMENTS if m.start_costs else []
    m.replicas_are_started = pyo.Constraint(index, m.SLOTS, rule=replicas_are_started)
    m.starts_are_of_replicas = pyo.Constraint(
        index if m.idle_earns else [], m.SLOTS, rule=starts_are_of_replicas
    )


def replicas_are_started(m, e, r, t):
    """(6) More replicas than before means starts [replicas]."""
    return m.Starts[e, r, t] >= m.Replicas[e, r, t] - m.Replicas[e, r, m.previous[t]]


def starts_are_of_replicas(m, e, r, t):
    """(56) Only replicas that then run are started, though starting earn [replicas]."""
    return m.Starts[e, r, t] <= m.Replicas[e, r, t]
