"""Stock: no more is bought than can be had, and no more stands than has room.

(13) purchases_within_stock          b_gr ≤ b̄_gr                 ∀ (g,r) limited
(14) purchases_within_total_stock    Σ_r b_gr ≤ b̄_g              ∀ g limited
(15) servers_fit_in_site             Σ_g S_gr ≤ S̄_r              ∀ r limited

b_gr     Purchased      servers bought                           [1]
b̄        stock          most that can be bought                  [1]
S_gr     Servers        servers that stand                       [1]
S̄_r      site_servers   places of the site                       [1]
"""

import pyomo.environ as pyo


def add(m: pyo.ConcreteModel) -> None:
    """Attach the family to ``m``."""
    sites = list(m.SITES)
    m.purchases_within_stock = pyo.Constraint(
        [site for site in sites if site in m.stock], rule=purchases_within_stock
    )
    m.purchases_within_total_stock = pyo.Constraint(
        sorted({g for g, _ in sites} & set(m.total_stock)), rule=purchases_within_total_stock
    )
    m.servers_fit_in_site = pyo.Constraint(m.SPACE_LIMITED, rule=servers_fit_in_site)


def purchases_within_stock(m, g, r):
    """(13) Purchases in a region stay within its stock [servers]."""
    return m.Purchased[g, r] <= m.stock[g, r]


def purchases_within_total_stock(m, g):
    """(14) Purchases of a SKU stay within its stock [servers]."""
    return sum(m.Purchased[site] for site in m.SITES if site[0] == g) <= m.total_stock[g]


def servers_fit_in_site(m, r):
    """(15) A site has room for its servers [servers]."""
    return sum(m.Servers[g, r] for g in m.STANDING[r]) <= m.site_servers[r]
