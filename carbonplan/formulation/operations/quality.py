"""Quality and readiness: answers are good enough in the mean, and idle replicas stand ready.

(46) quality_holds    Σ_{k∈K_w} Σ_{c∈C^ans,r} Q_kc L_kcrt ≥ 0                    ∀ w floored, t
(47) spare_is_ready   Σ_{(e,r)∈E_w} (n_ert − σ_e s_ert − Σ_{c∈C_e,k} L_kcrt / ρ_kc) ≥ ν_w
                                                                               ∀ w spared, t

Q_kc     quality_margin   tokens of an answer times its quality above    [tokens]
                          the floor of the workload
L_kcrt   Load_rps         requests of class k served                     [requests/s]
n_ert    Replicas         running replicas                               [1]
s_ert    Starts           of these, started in the slot                  [1]
σ_e      start_fraction   share of the slot spent loading                [1]
ρ_kc     rate_rps         planned rate of one replica                    [requests/s]
ν_w      spare_replicas   idle replicas that are kept running            [1]
E_w                       engines that may serve w, where its data may be

The mean is weighted by the tokens of the answers. Workloads that share engines share their
spare replicas: each may count on those that stand idle.
"""

import pyomo.environ as pyo

from carbonplan.formulation.operations.throughput import busy_replicas, loaded_replicas


def add(m: pyo.ConcreteModel) -> None:
    """Attach the families to ``m``."""
    m.quality_holds = pyo.Constraint(list(m.ANSWERS_OF), m.SLOTS, rule=quality_holds)
    m.spare_is_ready = pyo.Constraint(list(m.SPARES_OF), m.SLOTS, rule=spare_is_ready)


def quality_holds(m, w, t):
    """(46) Answers are as good as asked for, in the mean of their tokens [tokens/s]."""
    above = sum(m.quality_margin[k, c] * m.Load_rps[k, c, r, t] for k, c, r in m.ANSWERS_OF[w])
    return above >= 0


def spare_is_ready(m, w, t):
    """(47) Replicas that are neither busy nor loading are as many as asked for [replicas]."""
    idle = sum(
        loaded_replicas(m, e, r, t) - busy_replicas(m, e, r, t) for e, r in m.SPARES_OF[w]
    )
    return idle >= m.spare_replicas[w]
