"""Stock: no more is bought than can be had and paid, and no more stands than has room.

(13) purchases_within_stock          b_ygr ≤ b̄_ygr                          ∀ (y,g,r) limited
(14) purchases_within_total_stock    Σ_r b_ygr ≤ b̄_yg                       ∀ (y,g) limited
(15) servers_fit_in_site             Σ_g S_ygr ≤ S̄_r                        ∀ (y,r) limited
(26) purchases_within_budget         Σ_gr κ°_yg b_ygr + Σ κ^u_yd u_yvgdr ≤ K_y  ∀ y limited
(27) purchases_are_ordered           b_ygr = b_y°gr                         ∀ ordered together

b_ygr    Purchased      servers bought                           [1]
b̄        stock          most that can be bought                  [1]
S_ygr    Servers        servers that stand                       [1]
S̄_r      site_servers   places of the site                       [1]
u_yvgdr  Upgraded       hosts that get accelerators of SKU d     [1]
κ°_yg    purchase_usd   price of a server                        [USD]
κ^u_yd   upgrade_usd    price of a server's accelerators         [USD]
K_y      budget_usd     most that may be spent in a stage        [USD]
y°       the first of the stages whose servers are ordered before they come apart
"""

import pyomo.environ as pyo


def add(m: pyo.ConcreteModel) -> None:
    """Attach the families to ``m``."""
    m.purchases_within_stock = pyo.Constraint(m.STOCKED, rule=purchases_within_stock)
    m.purchases_within_total_stock = pyo.Constraint(
        m.STOCKED_IN_ALL, rule=purchases_within_total_stock
    )
    m.servers_fit_in_site = pyo.Constraint(m.STAGES * m.SPACE_LIMITED, rule=servers_fit_in_site)
    m.purchases_within_budget = pyo.Constraint(m.BUDGETS, rule=purchases_within_budget)
    m.purchases_are_ordered = pyo.Constraint(m.ORDERS, rule=purchases_are_ordered)


def purchases_within_stock(m, y, g, r):
    """(13) Purchases in a region stay within its stock [servers]."""
    return m.Purchased[y, g, r] <= m.stock[y, g, r]


def purchases_within_total_stock(m, y, g):
    """(14) Purchases of a SKU stay within its stock [servers]."""
    return sum(m.Purchased[y, g, r] for r in m.REGIONS_OF_SKU[g]) <= m.total_stock[y, g]


def servers_fit_in_site(m, y, r):
    """(15) A site has room for its servers [servers]."""
    return sum(m.Servers[y, g, r] for g in m.STANDING[r]) <= m.site_servers[r]


def purchases_within_budget(m, y):
    """(26) Purchases and upgrades stay within the budget of the stage [USD]."""
    bought = sum(m.purchase_usd[y, g] * m.Purchased[y, g, r] for g, r in m.SITES)
    upgraded = sum(
        m.upgrade_usd[y, d] * m.Upgraded[y, v, g, d, r] for v, g, d, r in m.UPGRADES_IN[y]
    )
    return bought + upgraded <= m.budget_usd[y]


def purchases_are_ordered(m, y, first, g, r):
    """(27) What is ordered before futures come apart is delivered in all [servers]."""
    return m.Purchased[y, g, r] == m.Purchased[first, g, r]
