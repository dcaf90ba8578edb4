"""Coefficients of the program, by the names and units of the problem."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pyomo.environ as pyo

from carbonplan.problem import Problem

if TYPE_CHECKING:
    import xarray as xr

# What varies in time: its columns in the template become right-hand sides of each slot.
SIGNALS = {
    "demand_rps": "requests that come from an origin [requests/s]",
    "arrivals_rps": "batch requests that arrive [requests/s]",
    "backlog_limit_krequests": "batch requests that may still wait [1000 requests]",
    "site_it_limit_kw": "power that a site may give to IT [kW]",
}
BY_ENGINE = {
    "accelerators": "accelerators of one replica",
    "loaded_kw": "power of an idle replica above that of parked accelerators [kW]",
    "start_energy_kwh": "energy of loading a replica [kWh]",
    "start_fraction": "share of the slot that loading a replica takes [1]",
}
BY_SKU = {
    "sku_accelerators": "accelerators of one server",
    "off_kw": "power of a server that is switched off [kW]",
    "powered_kw": "power of a powered server without replicas [kW]",
}
BY_PAIR = {
    "rate_rps": "planned rate of one replica [requests/s]",
    "energy_kj_per_request": "energy above that of an idle replica [kJ/request]",
    "ttft_s": "mean time to first token without network [s]",
}


def add(m: pyo.ConcreteModel, problem: Problem, *, compiled: bool) -> None:
    """Attach every coefficient; signals as placeholders where the model is a template."""
    for name, doc in {**BY_ENGINE, **BY_SKU}.items():
        setattr(m, name, described(values(problem.data[name]), doc))
    pairs = {(k, c) for k, c, _ in problem.serving}
    for name, doc in BY_PAIR.items():
        table = values(problem.data[name])
        setattr(m, name, described({pair: table[pair] for pair in pairs}, doc))
    m.rtt_s = described(values(problem.data["rtt_s"]), "round trip origin to region [s]")
    m.slot_hours = float(problem.data["slot_hours"])
    m.availability = float(problem.data["availability"])
    m.switch_off, m.start_costs = problem.switch_off, problem.start_costs
    m.whole_replicas = problem.whole_replicas
    m.batch_classes = frozenset(problem.batch)
    add_upper_bounds(m, problem)
    add_fleet(m, problem)
    for name, array in signals(problem).items():
        add_signal(m, name, array, compiled=compiled)


def add_upper_bounds(m: pyo.ConcreteModel, problem: Problem) -> None:
    """Derived upper bounds: no optimum needs more."""
    for name in ("flow_upper_rps", "load_upper_rps", "replicas_upper", "servers_upper"):
        setattr(m, name, values(problem.data[name]))
    m.backlog_upper_krequests = values(problem.data["backlog_limit_krequests"].max("slot"))


def add_fleet(m: pyo.ConcreteModel, problem: Problem) -> None:
    """What stands, and what can be had."""
    m.existing_servers = described(
        values(problem.data["existing_servers"]), "servers that stand already"
    )
    m.stock = {(g, r): n for g, r, n in problem.stock if r is not None}
    m.total_stock = {g: n for g, r, n in problem.stock if r is None}
    m.site_servers = dict(problem.site_servers)


def signals(problem: Problem) -> dict[str, xr.DataArray]:
    """Each signal over its labels and the slots, in the order of ``SIGNALS``."""
    return {name: problem.data[name] for name in SIGNALS}


def signal_labels(m: pyo.ConcreteModel, name: str) -> list[tuple[str, ...]]:
    """Labels, without the slot, for which the program uses a signal."""
    return {
        "demand_rps": list(m.DEMANDS),
        "arrivals_rps": [(k,) for k in m.BATCH],
        "backlog_limit_krequests": [(k,) for k in m.BATCH],
        "site_it_limit_kw": [(r,) for r in m.POWER_LIMITED],
    }[name]


def add_signal(m: pyo.ConcreteModel, name: str, array: xr.DataArray, *, compiled: bool) -> None:
    """Attach one signal: data over the slots, or a placeholder for its column."""
    labels = signal_labels(m, name)
    index = [(*label, t) for label in labels for t in m.SLOTS]
    if compiled:
        setattr(m, name, pyo.Var(index, doc=SIGNALS[name]))
        return
    table = values(array)
    setattr(m, name, described({key: table[key] for key in index}, SIGNALS[name]))


def described(table: dict, doc: str) -> pyo.Param:
    """A parameter with its meaning and unit."""
    return pyo.Param(list(table), initialize=table, within=pyo.Any, doc=doc)


def values(array: xr.DataArray) -> dict:
    """Values by label; a slot is its position."""
    axes = [
        range(array.sizes[dim]) if dim == "slot" else array[dim].values.tolist()
        for dim in array.dims
    ]
    keys = axes[0] if len(axes) == 1 else product(*axes)
    return dict(zip(keys, np.asarray(array.values, dtype=float).ravel().tolist(), strict=True))
