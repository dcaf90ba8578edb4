"""Holding: replicas stay as they are over a window of slots.

(28) replicas_are_held         n_ert = n_erτ(t)                  ∀ (e,r), t held
(29) powered_servers_are_held  p_grt = p_grτ(t)                  ∀ (g,r), t held

n_ert    Replicas    running replicas                            [1]
p_grt    Powered     servers switched on                         [1]
τ(t)     held        first slot of the window of t

Where one slot is stamped over the horizon, the decisions of a window are one column instead.
"""

import pyomo.environ as pyo


def add(m: pyo.ConcreteModel) -> None:
    """Attach the families to ``m``."""
    m.replicas_are_held = pyo.Constraint(m.PLACEMENTS, m.HELD, rule=replicas_are_held)
    m.powered_servers_are_held = pyo.Constraint(m.SITES, m.HELD, rule=powered_servers_are_held)


def replicas_are_held(m, e, r, t):
    """(28) Replicas are those of the first slot of the window [replicas]."""
    return m.Replicas[e, r, t] == m.Replicas[e, r, m.held[t]]


def powered_servers_are_held(m, g, r, t):
    """(29) So are powered servers [servers]."""
    return m.Powered[g, r, t] == m.Powered[g, r, m.held[t]]
