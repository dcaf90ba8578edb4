"""Servers: what stands is what was bought, kept or upgraded.

(12) servers_are_owned        S_ygr = Σ_v s_yvgr                                  ∀ (y,g,r)
(24) kept_servers_stood       k_yvgr + Σ_d u_yvgdr + Σ_q m_yvgrq
                                      ≤ s_y′vgr + Σ_q m_yvgqr             ∀ (y,v,g,r) aging
(25) standing                 s_yvgr = b_ygr | k_yvgr | Σ_w,d u_ywdgr             ∀ (y,v,g,r)

S_ygr    Servers            servers that stand in stage y                       [1]
b_ygr    Purchased          of these, bought at its start                       [1]
k_yvgr   Kept               of these, of cohort v, bought before                [1]
u_yvgdr  Upgraded           hosts of v that get the accelerators of SKU d       [1]
m_yvgrq  Moved              servers of v that move from r to q                  [1]
s_yvgr   standing           servers of a cohort that stand in y                 [1]
y′       parent             the stage before; before the first, what stood

A cohort is servers whose hosts were bought in one stage, and whose accelerators in one; it may
be kept as long as both live. What a cohort loses without being moved or upgraded is retired.
"""

import pyomo.environ as pyo


def add(m: pyo.ConcreteModel) -> None:
    """Attach the decisions and the families to ``m``."""
    m.Servers = pyo.Var(
        m.FLEETS,
        within=pyo.NonNegativeIntegers,
        bounds=lambda m, y, g, r: (m.servers_lower[g, r], m.servers_upper[g, r]),
        doc="servers of a SKU that stand in a region in a stage [1]",
    )
    m.Purchased = pyo.Var(
        m.FLEETS,
        within=pyo.NonNegativeReals,
        bounds=lambda m, y, g, r: (0, m.purchased_upper[y, g, r]),
        doc="of these, bought at its start [1]",
    )
    m.Kept = pyo.Var(
        m.KEPT,
        within=pyo.NonNegativeReals,
        bounds=lambda m, y, v, g, r: (m.kept_lower[v, g, r], m.kept_upper[v, g, r]),
        doc="of these, of a cohort that was bought before [1]",
    )
    m.Upgraded = pyo.Var(
        m.UPGRADES,
        within=pyo.NonNegativeIntegers,
        bounds=lambda m, y, v, g, d, r: (0, m.servers_upper[d, r]),
        doc="hosts of a cohort that get the accelerators of another SKU [1]",
    )
    m.Moved = pyo.Var(
        m.MOVES,
        within=pyo.NonNegativeIntegers,
        bounds=lambda m, y, v, g, r, q: (0, m.servers_upper[g, q]),
        doc="servers of a cohort that move to another region [1]",
    )
    m.standing = pyo.Expression(
        m.STOOD, rule=standing, doc="servers of a cohort that stand in a stage [servers]"
    )
    m.servers_are_owned = pyo.Constraint(m.FLEETS, rule=servers_are_owned)
    m.kept_servers_stood = pyo.Constraint(m.AGING, rule=kept_servers_stood)


def standing(m, y, v, g, r):
    """(25) A cohort is bought, kept or made of upgraded hosts [servers]."""
    bought = sum(m.Purchased[y, g, r] for _ in m.BOUGHT_AS[y, v, g, r])
    kept = sum(m.Kept[y, v, g, r] for _ in m.KEPT_AS[y, v, g, r])
    upgraded = sum(m.Upgraded[y, w, d, g, r] for w, d in m.UPGRADED_AS[y, v, g, r])
    return bought + kept + upgraded


def servers_are_owned(m, y, g, r):
    """(12) Servers that stand are those of their cohorts [servers]."""
    return m.Servers[y, g, r] == sum(m.standing[y, v, g, r] for v in m.COHORTS_OF[y, g, r])


def kept_servers_stood(m, y, v, g, r):
    """(24) What is kept, upgraded or moved away stood before or moves in [servers]."""
    kept = sum(m.Kept[y, v, g, r] for _ in m.KEPT_AS[y, v, g, r])
    upgraded = sum(m.Upgraded[y, v, g, d, r] for d in m.UPGRADES_FROM[y, v, g, r])
    moved_out = sum(m.Moved[y, v, g, r, q] for q in m.MOVES_FROM[y, v, g, r])
    moved_in = sum(m.Moved[y, v, g, q, r] for q in m.MOVES_TO[y, v, g, r])
    before = sum(m.standing[p, v, g, r] for p in m.STOOD_BEFORE[y, v, g, r])
    return kept + upgraded + moved_out <= before + moved_in + m.stood_before[y, v, g, r]
