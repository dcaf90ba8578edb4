"""Reuse: idle sockets of powered hosts do batch work, in DRAM that the servers do not need.

(33) host_reuse_fits     Σ_{e∈H_g} φ_e n_ert ≤ φ̄ p_grt                          ∀ (g,r), t
(34) host_memory_holds   Σ_{e∈H_g} M_e n_ert ≤ M_g p_grt | Σ_m M_gm f_grmt      ∀ (g,r), t

φ_e      host_share            share of a host that a replica on its sockets takes  [1]
φ̄        host_reuse_share      most of a host that batch work takes                 [1]
M_e      host_dram_gb          DRAM that a replica takes                            [GB]
M_g      free_dram_gb          DRAM of a server as sold that it does not need       [GB]
M_gm     fitted_free_dram_gb   the same of a server with memory of size m           [GB]
n_ert    Replicas              running replicas; H_g: those on hosts of g           [1]
p_grt    Powered               servers switched on                                  [1]
f_grmt   PoweredFitted         of these, with memory of size m                      [1]

A replica on a host needs no accelerator and draws, in (9), what its sockets draw above idle:
its host is bought, made and powered for the accelerators. The second form of (34) holds where
sizes of memory are chosen.
"""

import pyomo.environ as pyo


def add(m: pyo.ConcreteModel) -> None:
    """Attach the family to ``m``; without engines on hosts there is nothing to hold."""
    m.host_reuse_fits = pyo.Constraint(m.REUSING, m.SLOTS, rule=host_reuse_fits)
    holds = fitted_memory_holds if m.memory_is_chosen else host_memory_holds
    m.host_memory_holds = pyo.Constraint(m.REUSING, m.SLOTS, rule=holds)


def host_reuse_fits(m, g, r, t):
    """(33) Replicas take a part of the sockets of powered hosts [hosts]."""
    used = sum(m.host_share[e] * m.Replicas[e, r, t] for e in m.ON_HOSTS[g, r])
    return used <= m.host_reuse_share * m.Powered[g, r, t]


def host_memory_holds(m, g, r, t):
    """(34) Replicas take DRAM that powered servers, as sold, do not need [GB]."""
    return used_dram_gb(m, g, r, t) <= m.free_dram_gb[g] * m.Powered[g, r, t]


def fitted_memory_holds(m, g, r, t):
    """(34) The same where servers have memory of chosen sizes [GB]."""
    free = sum(
        m.fitted_free_dram_gb[g, size] * m.PoweredFitted[g, r, size, t]
        for size in m.SIZES_OF[g, r]
    )
    return used_dram_gb(m, g, r, t) <= free


def used_dram_gb(m, g, r, t):
    """DRAM that replicas on hosts take [GB]."""
    return sum(m.host_dram_gb[e] * m.Replicas[e, r, t] for e in m.ON_HOSTS[g, r])
