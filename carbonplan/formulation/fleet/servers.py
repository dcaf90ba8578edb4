"""Servers: what stands is what stood and what is bought.

(12) servers_are_owned        S_gr = S°_gr + b_gr               ∀ (g,r)

S_gr     Servers            servers that stand                   [1]
S°_gr    existing_servers   of these, standing already           [1]
b_gr     Purchased          of these, bought                     [1]
"""

import pyomo.environ as pyo


def add(m: pyo.ConcreteModel) -> None:
    """Attach the decisions and the family to ``m``."""
    m.Servers = pyo.Var(
        m.SITES,
        within=pyo.NonNegativeIntegers,
        bounds=lambda m, g, r: (m.existing_servers[g, r], m.servers_upper[g, r]),
        doc="servers of a SKU in a region [1]",
    )
    m.Purchased = pyo.Var(
        m.SITES,
        within=pyo.NonNegativeReals,
        bounds=lambda m, g, r: (0, m.servers_upper[g, r] - m.existing_servers[g, r]),
        doc="of these, bought [1]",
    )
    m.servers_are_owned = pyo.Constraint(m.SITES, rule=servers_are_owned)


def servers_are_owned(m, g, r):
    """(12) Servers stand because they stood or were bought [servers]."""
    return m.Servers[g, r] == m.existing_servers[g, r] + m.Purchased[g, r]
