"""Partitions: of several ways of dividing requests into classes, one is in use at a time.

(39) one_partition_is_chosen     Σ_{q∈Q_w} y_qt = 1              ∀ w, t
(40) replicas_of_others_rest     n_ert ≤ n̄_e y_qt                ∀ (e,r) of q alone, t
(55) partition_is_held           y_qt = y_qτ(t)                  ∀ q, t held

y_qt     Chosen           1 where its workload divides its requests by q  [1]
n_ert    Replicas         running replicas                                [1]
n̄_e      replicas_upper   no optimum needs more                           [1]
τ(t)     held             first slot of the window of t

Replicas that were measured for a class of another partition do not run: where marginal
intensity is negative they would earn with nothing to do.
"""

import pyomo.environ as pyo


def add(m: pyo.ConcreteModel) -> None:
    """Attach the families to ``m``."""
    m.one_partition_is_chosen = pyo.Constraint(
        list(m.PARTITIONS_OF), m.SLOTS, rule=one_partition_is_chosen
    )
    m.replicas_of_others_rest = pyo.Constraint(
        m.DEDICATED, m.SLOTS, rule=replicas_of_others_rest
    )
    m.partition_is_held = pyo.Constraint(m.PARTITIONS, m.HELD, rule=partition_is_held)


def one_partition_is_chosen(m, w, t):
    """(39) The requests of a workload are divided in one way [partitions]."""
    return sum(m.Chosen[q, t] for q in m.PARTITIONS_OF[w]) == 1


def replicas_of_others_rest(m, e, r, t):
    """(40) Replicas for the classes of a partition run while it is chosen [replicas]."""
    return m.Replicas[e, r, t] <= m.replicas_upper[e] * m.Chosen[m.partition_of_engine[e], t]


def partition_is_held(m, q, t):
    """(55) The partition is that of the first slot of the window [partitions]."""
    return m.Chosen[q, t] == m.Chosen[q, m.held[t]]
