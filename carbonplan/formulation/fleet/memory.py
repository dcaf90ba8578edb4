"""Memory: DRAM and SSD of bought servers are as large as they need to be.

(35) memory_is_fitted        Σ_m F_yvgrm = s_yvgr                                 ∀ (y,v,g,r)
(36) fitted_memory_stays     F_yvgrm + [m as sold] (Σ_d u_yvgdr + Σ_q m_yvgrq)
                                 ≤ F_y′vgrm + [m as sold] Σ_q m_yvgqr   ∀ (y,v,g,r) aging, m
(37) fitted_servers_stand    F_ygrm = Σ_v F_yvgrm                                 ∀ (y,g,r), m

F_yvgrm  Fitted             servers of a cohort with memory of size m              [1]
F_ygrm   FittedServers      servers of all cohorts with it                         [1]
s_yvgr   standing           servers of a cohort that stand, (25)                   [1]
u_yvgdr  Upgraded           hosts of v that get the accelerators of SKU d          [1]
m_yvgrq  Moved              servers of v that move from r to q                     [1]
y′       parent             the stage before

Memory is chosen when a server is bought; what stood before is as sold, and so are servers that
move or get other accelerators. Sizes that a server needs more than are in no set.
"""

import pyomo.environ as pyo


def add(m: pyo.ConcreteModel) -> None:
    """Attach the decisions and the family to ``m``; nothing where memory is as sold."""
    whole = pyo.NonNegativeIntegers if m.sizes_differ else pyo.NonNegativeReals
    m.Fitted = pyo.Var(
        m.FITTED,
        within=whole,
        bounds=lambda m, y, v, g, r, size: (0, m.servers_upper[g, r]),
        doc="servers of a cohort with memory of a size [1]",
    )
    m.FittedServers = pyo.Var(
        m.FITTED_FLEETS,
        within=pyo.NonNegativeReals,
        bounds=lambda m, y, g, r, size: (0, m.servers_upper[g, r]),
        doc="servers of all cohorts with memory of a size [1]",
    )
    m.memory_is_fitted = pyo.Constraint(m.FITTING, rule=memory_is_fitted)
    m.fitted_memory_stays = pyo.Constraint(m.STAYING, rule=fitted_memory_stays)
    m.fitted_servers_stand = pyo.Constraint(m.FITTED_FLEETS, rule=fitted_servers_stand)


def memory_is_fitted(m, y, v, g, r):
    """(35) Every server of a cohort has memory of one size [servers]."""
    fitted = sum(m.Fitted[y, v, g, r, size] for size in m.SIZES[v, g])
    return fitted == m.standing[y, v, g, r]


def fitted_memory_stays(m, y, v, g, r, size):
    """(36) A cohort has no more of a size than in the stage before [servers]."""
    as_sold = m.AS_SOLD[size]
    gone = sum(m.Upgraded[y, v, g, d, r] for d in m.UPGRADES_FROM[y, v, g, r])
    gone += sum(m.Moved[y, v, g, r, q] for q in m.MOVES_FROM[y, v, g, r])
    come = sum(m.Moved[y, v, g, q, r] for q in m.MOVES_TO[y, v, g, r])
    before = sum(m.Fitted[p, v, g, r, size] for p in m.STOOD_BEFORE[y, v, g, r])
    still = sum(m.Fitted[label] for label in m.FITTED_STILL[y, v, g, r, size])
    return still + as_sold * gone <= before + as_sold * come


def fitted_servers_stand(m, y, g, r, size):
    """(37) Servers with memory of a size are those of all cohorts [servers]."""
    cohorts = [v for v in m.COHORTS_OF[y, g, r] if (v, g, size) in m.MAY_HAVE]
    fitted = sum(m.Fitted[y, v, g, r, size] for v in cohorts)
    return m.FittedServers[y, g, r, size] == fitted
