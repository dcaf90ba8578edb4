"""The same program stated once more in linopy, from the labelled coefficients alone.

It shares no code with the formulation, states every pair of labels as arrays rather than index
by index, and leaves out what cannot happen by bounds of zero.
"""

from __future__ import annotations

import linopy
import numpy as np
import xarray as xr

from carbonplan.problem import Problem

LARGE = 1e4


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
    existing = p["existing_servers"].sum("cohort")
    site = (placed & hosts).any("engine") | (existing > 0)
    linopy.options["semantics"] = "v1"
    m = linopy.Model()

    def variable(name: str, allowed: xr.DataArray, *, whole: bool = False, slots: bool = True):
        upper = xr.where(allowed, LARGE, 0.0)
        if slots:
            upper = upper.expand_dims(slot=slot, axis=-1)
        return m.add_variables(lower=0, upper=upper, integer=whole, name=name)

    flow, load = variable("flow", route), variable("load", serves)
    replicas = variable("replicas", placed, whole=problem.whole_replicas)
    starts = variable("starts", placed & problem.start_costs)
    powered = variable("powered", site, whole=problem.whole_replicas and problem.switch_off)
    servers = variable("servers", site, whole=True, slots=False)
    bought = variable("bought", site, slots=False)
    m.add_constraints(servers - bought == existing, name="fleet")
    waits, online = list(problem.batch), list(problem.online)
    backlog = variable("backlog", on["request_class"].isin(waits))

    m.add_constraints(flow.sum("region") == p["demand_rps"], name="demand")
    served = load.sum("configuration") - flow.sum("origin")
    if online:
        m.add_constraints(served.sel(request_class=online) == 0, name="service")
    seconds = (1 / p["rate_rps"].where(p["rate_rps"] > 0)).fillna(0.0)
    busy = ((load * seconds).sum("request_class") * clocks).sum("configuration")
    ready = replicas - p["start_fraction"] * starts
    m.add_constraints(busy - ready <= 0, name="throughput")
    m.add_constraints(
        (replicas * p["accelerators"] * hosts).sum("engine") - powered * p["sku_accelerators"]
        <= 0,
        name="hosting",
    )
    usable = servers * float(p["availability"])
    gap = powered - usable
    m.add_constraints(gap <= 0 if problem.switch_off else gap == 0, name="ownership")
    before = [int(t) for t in p["previous"].values]
    for t, b in enumerate(before):
        if problem.start_costs and b >= 0:
            more = replicas.sel(slot=t, drop=True) - replicas.sel(slot=b, drop=True)
            started = starts.sel(slot=t, drop=True)
            m.add_constraints(more - started <= 0, name=f"starting {t}")
        hours = float(p["slot_hours"])
        done = load.sel(slot=t, drop=True).sum(["configuration", "region"]) * (3.6 * hours)
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
    limits(m, problem, power.sum("sku"), servers, bought)
    m.add_objective(objective(problem, power, servers, bought, powered))
    return m


def limits(m: linopy.Model, problem: Problem, power, servers, bought) -> None:
    """Site power, stock and space."""
    p = problem.data
    for r in problem.site_power_kw:
        room = p["site_it_limit_kw"].sel(region=r, drop=True)
        room = room.assign_coords(slot=power.indexes["slot"])
        m.add_constraints(power.sel(region=r, drop=True) <= room, name=f"power {r}")
    for n, (_, g, r, most) in enumerate(problem.stock):
        of_sku = bought.sel(sku=g, drop=True)
        of_place = of_sku.sum() if r is None else of_sku.sel(region=r, drop=True)
        m.add_constraints(of_place <= most, name=f"stock {n}")
    for r, most in problem.site_servers.items():
        m.add_constraints(servers.sel(region=r).sum() <= most, name=f"space {r}")


def objective(problem: Problem, power, servers, bought, powered):
    """Carbon of power and of servers, which is what the tests minimise."""
    if problem.objective != {"carbon": 1.0}:
        raise NotImplementedError("only carbon is restated")
    p = problem.data.assign_coords(slot=np.arange(problem.data.sizes["slot"]))
    factor = p["hours"] * p["pue"] * p["intensity_kgco2e_per_kwh"]
    operational = (power * factor).sum()
    if problem.charge == "use":
        return operational + (powered * (p["hours"] * p["server_kgco2e_per_hour"])).sum()
    of_stage = p["server_kgco2e"].isel(stage=0, drop=True)
    sunk = (of_stage * p["existing_servers"]).sum()
    made = (bought * of_stage.sel(cohort="now", drop=True)).sum()
    return operational + made + float(sunk)


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
