"""Choices: which way of dividing the requests of a workload into classes is in use.

y_qt     Chosen      1 where its workload divides its requests by partition q  [1]

It stands before the signals, since the demand of a class is there only where its partition is
chosen: λ_kot y_q(k)t.
"""

import pyomo.environ as pyo


def add(m: pyo.ConcreteModel) -> None:
    """Attach the decision to ``m``."""
    m.Chosen = pyo.Var(
        m.PARTITIONS, m.SLOTS,
        within=pyo.Binary,
        doc="1 where a workload divides its requests so [1]",
    )  # fmt: skip
