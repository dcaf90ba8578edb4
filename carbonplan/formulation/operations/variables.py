"""Decisions of operations, each with a finite upper bound that no optimum needs to pass."""

from __future__ import annotations

import pyomo.environ as pyo


def add(m: pyo.ConcreteModel) -> None:
    """Attach the decisions to ``m``."""
    counts = pyo.NonNegativeIntegers if m.whole_replicas else pyo.NonNegativeReals
    m.Flow_rps = pyo.Var(
        m.ROUTES, m.SLOTS,
        bounds=lambda m, k, o, r, t: (0, m.flow_upper_rps[k, o]),
        doc="requests of a class from an origin that go to a region [requests/s]",
    )  # fmt: skip
    m.Load_rps = pyo.Var(
        m.SERVING, m.SLOTS,
        bounds=lambda m, k, c, r, t: (0, m.load_upper_rps[k]),
        doc="requests of a class that a configuration serves in a region [requests/s]",
    )  # fmt: skip
    m.Replicas = pyo.Var(
        m.PLACEMENTS, m.STATES,
        within=counts,
        bounds=lambda m, e, r, t: (0, m.replicas_upper[e]),
        doc="running replicas [1]",
    )  # fmt: skip
    m.Starts = pyo.Var(
        m.PLACEMENTS if m.start_costs else [], m.SLOTS,
        within=pyo.NonNegativeReals,
        bounds=lambda m, e, r, t: (0, m.replicas_upper[e]),
        doc="replicas that load their model in the slot [1]",
    )  # fmt: skip
    m.Powered = pyo.Var(
        m.SITES, m.SLOTS,
        within=counts if m.switch_off else pyo.NonNegativeReals,
        bounds=lambda m, g, r, t: (0, m.servers_upper[g, r] * m.region_open[r, t]),
        doc="servers that are switched on [1]",
    )  # fmt: skip
    m.Backlog_krequests = pyo.Var(
        m.BATCH, m.STATES,
        bounds=lambda m, k, t: (0, m.backlog_upper_krequests[k] * (t not in m.EMPTY)),
        doc="batch requests that wait at the end of the slot [1000 requests]",
    )  # fmt: skip
