"""Contracts: how much power is contracted, for the whole horizon.

C_pr     Contracted_kw   power contracted for a region, within what is offered   [kW]
"""

import pyomo.environ as pyo


def add(m: pyo.ConcreteModel) -> None:
    """Attach the decision to ``m``."""
    m.Contracted_kw = pyo.Var(
        m.CONTRACTS,
        bounds=lambda m, p, r: m.contract_bounds_kw[p, r],
        doc="power contracted for a region [kW]",
    )
