"""Coefficients of the program, by the names and units of the problem."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pyomo.environ as pyo

from carbonplan.problem import Problem
from carbonplan.problem.earning import idle_earns

if TYPE_CHECKING:
    import xarray as xr

# What varies in time: its columns in the template become right-hand sides of each slot.
SIGNALS = {
    "demand_rps": "requests that come from an origin [requests/s]",
    "arrivals_rps": "batch requests that arrive [requests/s]",
    "backlog_limit_krequests": "batch requests that may still wait [1000 requests]",
    "site_it_limit_kw": "power that a site may give to IT [kW]",
    "delivered_it_kw_per_kw": "power for IT that a contract delivers, by the kW contracted [1]",
}
LOADING = "loading_requests"  # where replicas load on demand
DELIVERED = "delivered_it_kw_per_kw"
UPPER_BOUNDS = (
    "flow_upper_rps",
    "load_upper_rps",
    "replicas_upper",
    "servers_lower",
    "servers_upper",
    "purchased_upper",
    "kept_lower",
    "kept_upper",
)
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
BY_STAGE = {
    "purchase_usd": "price of a server [USD]",
    "upgrade_usd": "price of the accelerators of a server [USD]",
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
    waiting = values(problem.data[LOADING]) if LOADING in problem.data else {}
    m.loading_requests = described(waiting, "requests that wait for a start [1]")
    m.rtt_s = described(values(problem.data["rtt_s"]), "round trip origin to region [s]")
    m.slot_hours = float(problem.data["slot_hours"])
    m.availability = float(problem.data["availability"])
    m.switch_off, m.start_costs = problem.switch_off, problem.start_costs
    m.whole_replicas = problem.whole_replicas
    m.idle_may_not_earn = problem.negative == "no-idle-earning"
    m.idle_earns = idle_earns(problem)
    m.batch_classes = frozenset(problem.batch)
    add_upper_bounds(m, problem)
    add_fleet(m, problem)
    add_supply(m, problem)
    add_promises(m, problem)
    m.region_open = opened(m, problem, compiled=compiled)


def add_upper_bounds(m: pyo.ConcreteModel, problem: Problem) -> None:
    """Derived upper bounds: no optimum needs more."""
    for name in UPPER_BOUNDS:
        setattr(m, name, values(problem.data[name]))
    m.backlog_upper_krequests = values(problem.data["backlog_limit_krequests"].max("slot"))


def add_fleet(m: pyo.ConcreteModel, problem: Problem) -> None:
    """What a stage's servers cost, and what limits them."""
    for name, doc in BY_STAGE.items():
        setattr(m, name, described(values(problem.data[name]), doc))
    m.site_servers = dict(problem.site_servers)
    m.budget_usd = dict(problem.budget_usd)


def add_supply(m: pyo.ConcreteModel, problem: Problem) -> None:
    """What can be contracted, and the most of it that can be matched."""
    m.contract_bounds_kw = dict(problem.supply.bounds_kw)
    most = values(problem.data[DELIVERED].max("slot")) if DELIVERED in problem.data else {}
    m.matched_upper_kw = {
        label: most[label] * up for label, (_, up) in m.contract_bounds_kw.items()
    }
    m.region_share, m.vendor_share = problem.shares.of_region, problem.shares.of_vendor


def add_promises(m: pyo.ConcreteModel, problem: Problem) -> None:
    """Quality above the floor, and spare replicas."""
    m.quality_margin = described(
        dict(problem.promises.quality_margin),
        "tokens of an answer times quality above floor [tokens]",
    )
    m.spare_replicas = described(
        dict(problem.promises.spare_replicas), "idle replicas that are kept running [1]"
    )


def opened(m: pyo.ConcreteModel, problem: Problem, *, compiled: bool) -> dict:
    """1 where a region can be used in a slot; the template's slot is open everywhere."""
    regions = problem.data["region"].values.tolist()
    if compiled:
        return {(r, t): 1.0 for r in regions for t in m.SLOTS}
    return values(problem.data["region_open"].transpose("region", "slot"))


def add_signals(m: pyo.ConcreteModel, problem: Problem, *, compiled: bool) -> None:
    """Attach what varies in time; signals that a decision multiplies need it to stand."""
    for name, array in signals(problem).items():
        add_signal(m, problem, name, array, compiled=compiled)


def signals(problem: Problem) -> dict[str, xr.DataArray]:
    """Each signal over its labels and the slots, in the order of ``SIGNALS``.

    What contracts deliver is one only where there are contracts.
    """
    return {name: problem.data[name] for name in SIGNALS if name in problem.data}


def signal_labels(m: pyo.ConcreteModel, name: str) -> list[tuple[str, ...]]:
    """Labels, without the slot, for which the program uses a signal."""
    return {
        "demand_rps": list(m.DEMANDS),
        "arrivals_rps": [(k,) for k in m.BATCH],
        "backlog_limit_krequests": [(k,) for k in m.BATCH],
        "site_it_limit_kw": [(r,) for r in m.POWER_LIMITED],
        DELIVERED: list(m.CONTRACTS),
    }[name]


def add_signal(
    m: pyo.ConcreteModel, problem: Problem, name: str, array: xr.DataArray, *, compiled: bool
) -> None:
    """Attach one signal: data over the slots, or a placeholder for its column.

    A carried signal is its value times a decision.
    """
    labels = signal_labels(m, name)
    index = [(*label, t) for label in labels for t in m.SLOTS]
    if compiled:
        setattr(m, name, pyo.Var(index, doc=SIGNALS[name]))
        return
    table = values(array)
    given = {key: table[key] for key in index}
    carriers = {label: problem.carriers.get((name, label)) for label in labels}
    is_carried = any(carriers.values())
    stands = carried(m, given, carriers) if is_carried else described(given, SIGNALS[name])
    setattr(m, name, stands)


def carried(m: pyo.ConcreteModel, table: Mapping, carriers: Mapping) -> dict:
    """Values of a signal, times the decision of those that have one."""
    found = {}
    for *label, t in table:
        carrier = carriers[tuple(label)]
        value = table[(*label, t)]
        found[(*label, t)] = value if carrier is None else value * decision(m, carrier, t)
    return found


def decision(m: pyo.ConcreteModel, carrier: tuple[str, tuple[str, ...]], t: object):
    """The decision that carries a signal, in its slot where it has one."""
    family, label = carrier
    component = getattr(m, family)
    return component[(*label, t)] if (*label, t) in component else component[label]


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
