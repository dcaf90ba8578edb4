"""Fitting: which of the powered servers have memory of which size.

(38) powered_memory_is_owned     f_grmt ≤ α F_ygrm                     ∀ (g,r), m, t
(53) powered_servers_have_memory Σ_m f_grmt = p_grt                    ∀ (g,r), t

f_grmt   PoweredFitted    powered servers with memory of size m        [1]
F_ygrm   FittedServers    servers that stand with it                   [1]
p_grt    Powered          servers switched on                          [1]
α        availability     share of the servers that is usable          [1]

Memory that is not there draws nothing in (9), and holds no replicas in (34).
"""

import pyomo.environ as pyo


def add(m: pyo.ConcreteModel) -> None:
    """Attach the decision and the family to ``m``; nothing where memory is as sold."""
    m.PoweredFitted = pyo.Var(
        m.FITTED_SITES, m.SLOTS,
        within=pyo.NonNegativeReals,
        bounds=lambda m, g, r, size, t: (0, m.servers_upper[g, r]),
        doc="powered servers with memory of a size [1]",
    )  # fmt: skip
    m.powered_memory_is_owned = pyo.Constraint(
        m.FITTED_SITES, m.SLOTS, rule=powered_memory_is_owned
    )
    m.powered_servers_have_memory = pyo.Constraint(
        list(m.SIZES_OF), m.SLOTS, rule=powered_servers_have_memory
    )


def powered_memory_is_owned(m, g, r, size, t):
    """(38) Only usable servers with memory of a size are powered with it [servers]."""
    return (
        m.PoweredFitted[g, r, size, t]
        <= m.availability * (m.FittedServers[m.stage_of[t], g, r, size])
    )


def powered_servers_have_memory(m, g, r, t):
    """(53) Every powered server has memory of one size [servers]."""
    fitted = sum(m.PoweredFitted[g, r, size, t] for size in m.SIZES_OF[g, r])
    return fitted == m.Powered[g, r, t]
