"""The same program stated once more in linopy, from the labelled coefficients alone.

It shares no code with the formulation, states every pair of labels as arrays rather than index
by index, and leaves out what cannot happen by bounds of zero.
"""

from __future__ import annotations

import linopy
import numpy as np
import xarray as xr

from carbonplan.problem import Problem
from tests.restated_fleet import LARGE, Fleet, fleet, making_kgco2e
from tests.restated_hosts import add_hosts
from tests.restated_partitions import add_demand, carbon_of_power
from tests.restated_promises import add_promises, add_shares, matched_kgco2e


def least(problem: Problem, gap: float = 0.0) -> float:
    """Optimum of the restated program."""
    m = restate(problem)
    status, condition = m.solve(
        solver_name="highs", io_api="direct", mip_rel_gap=gap, output_flag=False
    )
    if status != "ok":
        raise RuntimeError(condition)
    return float(m.objective.value)


def restate(problem: Problem) -> linopy.Model:
    """The program as a linopy model."""
    p = problem.data.assign_coords(slot=np.arange(problem.data.sizes["slot"]))
    slot = p["slot"]
    axes = ("request_class", "configuration", "engine", "region", "origin", "sku")
    on = {name: p[name] for name in axes}
    serves = mask(problem.serving, on["request_class"], on["configuration"], on["region"])
    clocks = mask(tuple(problem.engine_of.items()), on["configuration"], on["engine"])
    placed = (serves.any("request_class") & clocks).any("configuration")
    route = mask(problem.routes, on["request_class"], on["origin"], on["region"])
    hosts = mask(tuple(problem.sku_of.items()), on["engine"], on["sku"])
    site = (placed & hosts).any("engine") | (p["existing_servers"].sum("cohort") > 0)
    linopy.options["semantics"] = "v1"
    m = linopy.Model()

    def variable(name: str, allowed: xr.DataArray, most=LARGE, *, whole: bool = False):
        upper = xr.where(allowed, most, 0.0)
        if "slot" not in upper.dims:
            upper = upper.expand_dims(slot=slot, axis=-1)
        return m.add_variables(lower=0, upper=upper, integer=whole, name=name)

    flow, load = variable("flow", route), variable("load", serves)
    replicas = variable("replicas", placed, whole=problem.whole_replicas)
    starts = variable("starts", placed & problem.start_costs)
    in_open = LARGE * p["region_open"]
    whole_servers = problem.whole_replicas and problem.switch_off
    powered = variable("powered", site, in_open, whole=whole_servers)
    its = fleet(m, problem, site)
    servers = (its.servers * seen(problem)).sum("stage")
    waits, online = list(problem.batch), list(problem.online)
    backlog = variable("backlog", on["request_class"].isin(waits))

    add_demand(m, problem, flow, replicas)
    names = p["configuration"].values.tolist()
    answers = [problem.role_of.get(name) != "prefill" for name in names]
    answered = load.sel(configuration=np.array(names)[answers]).sum("configuration")
    served = answered - flow.sum("origin")
    for weights in sorted(set(problem.weights_of.values())):
        handed_over = {
            role: [
                c
                for c in names
                if (problem.role_of.get(c), problem.weights_of.get(c)) == (role, weights)
            ]
            for role in ("prefill", "decode")
        }
        computed, decoded = (
            load.sel(configuration=one).sum("configuration") for one in handed_over.values()
        )
        m.add_constraints(computed - decoded == 0, name=f"phases {weights}")
    if online:
        m.add_constraints(served.sel(request_class=online) == 0, name="service")
    seconds = (1 / p["rate_rps"].where(p["rate_rps"] > 0)).fillna(0.0)
    busy = ((load * seconds).sum("request_class") * clocks).sum("configuration")
    if problem.negative == "allow" and bool((p["intensity_kgco2e_per_kwh"] < 0).any()):
        m.add_constraints(starts - replicas <= 0, name="started run")
    ready = replicas - p["start_fraction"] * starts
    m.add_constraints(busy - ready <= 0, name="throughput")
    add_promises(m, problem, load, ready - busy)
    add_shares(m, problem, its.servers)
    m.add_constraints(
        (replicas * p["accelerators"] * hosts).sum("engine") - powered * p["sku_accelerators"]
        <= 0,
        name="hosting",
    )
    usable = servers * float(p["availability"])
    gap = powered - usable
    m.add_constraints(gap <= 0, name="ownership")
    if not problem.switch_off:
        m.add_constraints(gap >= LARGE * (p["region_open"] - 1), name="all are on")
    for t, first in enumerate(p["held"].values.tolist()):
        for name, decision in (("replicas", replicas), ("powered", powered)):
            if first != t:
                own = decision.sel(slot=t, drop=True)
                held = decision.sel(slot=first, drop=True)
                m.add_constraints(own - held == 0, name=f"held {name} {t}")
    before = [int(t) for t in p["previous"].values]
    for t, b in enumerate(before):
        if problem.start_costs and b >= 0:
            more = replicas.sel(slot=t, drop=True) - replicas.sel(slot=b, drop=True)
            started = starts.sel(slot=t, drop=True)
            m.add_constraints(more - started <= 0, name=f"starting {t}")
        hours = float(p["slot_hours"])
        done = answered.sel(slot=t, drop=True).sum("region") * (3.6 * hours)
        come = p["arrivals_rps"].sel(slot=t, drop=True) * (3.6 * hours)
        left = backlog.sel(slot=t, drop=True) + done
        if b >= 0:
            left = left - backlog.sel(slot=b, drop=True)
        if waits:
            of_batch = come.sel(request_class=waits)
            m.add_constraints(left.sel(request_class=waits) == of_batch, name=f"waiting {t}")
    m.add_constraints(backlog <= p["backlog_limit_krequests"], name="deadline")

    start_kw = p["start_energy_kwh"] / float(p["slot_hours"])
    serving = (load * p["energy_kj_per_request"]).sum("request_class")
    by_engine = (
        replicas * p["loaded_kw"] + starts * start_kw + (serving * clocks).sum("configuration")
    )
    power = (
        p["off_kw"] * servers
        + (p["powered_kw"] - p["off_kw"]) * powered
        + (by_engine * hosts).sum("engine")
    )
    spared_kw, spared_kgco2e = add_hosts(m, problem, its, replicas, powered, hosts)
    power = power - spared_kw
    requests_kw = ((serving * clocks).sum("configuration") * hosts).sum("engine")
    limits(m, problem, power.sum("sku"))
    total = objective(problem, power, requests_kw, its, powered) - spared_kgco2e
    if problem.supply.bounds_kw:
        total = total + matched_kgco2e(m, problem, power.sum("sku"))
    m.add_objective(total)
    return m


def seen(problem: Problem) -> xr.DataArray:
    """1 where a slot is one of a stage, (stage, slot)."""
    stage, slots = problem.data["stage"], problem.data.sizes["slot"]
    of_slot = xr.DataArray(problem.data["slot_stage"].values, {"slot": range(slots)}, ("slot",))
    return (xr.DataArray(np.arange(stage.size), {"stage": stage.values}) == of_slot) * 1.0


def limits(m: linopy.Model, problem: Problem, power) -> None:
    """Power of the sites."""
    p = problem.data
    for r in problem.site_power_kw:
        room = p["site_it_limit_kw"].sel(region=r, drop=True)
        room = room.assign_coords(slot=power.indexes["slot"])
        m.add_constraints(power.sel(region=r, drop=True) <= room, name=f"power {r}")


def objective(problem: Problem, power, requests_kw, its: Fleet, powered):
    """Carbon of power and of servers, which is what the tests minimise."""
    if problem.objective != {"carbon": 1.0}:
        raise NotImplementedError("only carbon is restated")
    p = problem.data.assign_coords(slot=np.arange(problem.data.sizes["slot"]))
    operational = carbon_of_power(problem, power, requests_kw)
    if problem.charge == "use":
        return operational + (powered * (p["hours"] * p["server_kgco2e_per_hour"])).sum()
    return operational + making_kgco2e(problem, its)


def mask(labels: tuple, *axes: xr.DataArray) -> xr.DataArray:
    """True where a tuple of labels is listed."""
    listed = xr.DataArray(
        np.zeros([axis.size for axis in axes], dtype=bool),
        {axis.name: axis.values for axis in axes},
        [axis.name for axis in axes],
    )
    for label in labels:
        listed.loc[dict(zip(listed.dims, label, strict=True))] = True
    return listed
