"""Hosting: replicas run on powered servers, and powered servers are owned ones.

(4) replicas_fit_in_servers   Σ_{e∈E_g} a_e n_ert ≤ a_g p_grt          ∀ (g,r), t
(5) powered_servers_are_owned p_grt ≤ α S_ygr                          ∀ (g,r), t
                              = where none is switched off, but for a region that is lost

a_e      accelerators      accelerators of one replica             [1]
a_g      sku_accelerators  accelerators of one server              [1]
n_ert    Replicas          running replicas                        [1]
p_grt    Powered           servers switched on                     [1]
S_gr     Servers           servers that stand                      [1]
α        availability      share of the servers that is usable     [1]
"""

import pyomo.environ as pyo


def add(m: pyo.ConcreteModel) -> None:
    """Attach the family to ``m``."""
    m.replicas_fit_in_servers = pyo.Constraint(m.HOSTING, m.SLOTS, rule=replicas_fit_in_servers)
    m.powered_servers_are_owned = pyo.Constraint(m.SITES, m.SLOTS, rule=owned)


def replicas_fit_in_servers(m, g, r, t):
    """(4) Accelerators in use are those of powered servers [accelerators]."""
    used = sum(m.accelerators[e] * m.Replicas[e, r, t] for e in m.HOSTED[g, r])
    return used <= m.sku_accelerators[g] * m.Powered[g, r, t]


def owned(m, g, r, t):
    """(5) in the form for servers that may be off: by choice, or since the region is lost."""
    all_are_on = m.region_open[r, t] and not m.switch_off
    rule = all_usable_servers_are_powered if all_are_on else powered_servers_are_owned
    return rule(m, g, r, t)


def powered_servers_are_owned(m, g, r, t):
    """(5) Only usable servers can be switched on [servers]."""
    return m.Powered[g, r, t] <= m.availability * m.Servers[m.stage_of[t], g, r]


def all_usable_servers_are_powered(m, g, r, t):
    """(5) Where servers are never switched off, all usable ones are on [servers]."""
    return m.Powered[g, r, t] == m.availability * m.Servers[m.stage_of[t], g, r]
