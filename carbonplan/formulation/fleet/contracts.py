"""Contracts: how much power is contracted, for the whole horizon.

C_p      Contracted_kw   power contracted, between its least and its most      [kW]
"""

import pyomo.environ as pyo


def add(m: pyo.ConcreteModel) -> None:
    """Attach the decision to ``m``."""
    m.Contracted_kw = pyo.Var(
        m.CONTRACTS, bounds=lambda m, p: m.contract_bounds_kw[p], doc="power contracted [kW]"
    )
