"""Replicas on hosts and chosen memory of the restated program, in linopy."""

from __future__ import annotations

import linopy
import numpy as np
import xarray as xr

from carbonplan.problem import Problem
from carbonplan.problem.memory import AS_SOLD
from tests.restated_fleet import LARGE, Fleet, marked


def add_hosts(m: linopy.Model, problem: Problem, its: Fleet, replicas, powered, hosts):
    """Room of hosts; power (sku, region, slot) and carbon that smaller memory spares."""
    p = problem.data
    memory = add_memory(m, problem, its, powered) if problem.fittings else None
    if problem.on_hosts:
        share = (replicas * p["host_share"] * hosts).sum("engine")
        room = powered * float(p["host_reuse_share"])
        m.add_constraints(share - room <= 0, name="sockets")
        used_gb = (replicas * p["host_dram_gb"] * hosts).sum("engine")
        free_gb = powered * p["free_dram_gb"]
        if memory is not None:
            free_gb = (memory["on"] * p["fitted_free_dram_gb"]).sum("memory")
        m.add_constraints(used_gb - free_gb <= 0, name="dram")
    if memory is None:
        return 0.0, 0.0
    spared_kw = (memory["on"] * p["saved_idle_kw"]).sum("memory")
    if problem.charge == "use":
        hours = p["hours"].assign_coords(slot=np.arange(p.sizes["slot"]))
        return spared_kw, (memory["on"] * (hours * p["saved_kgco2e_per_hour"])).sum()
    return spared_kw, (memory["fitted"] * p["saved_kgco2e"]).sum()


def add_memory(m: linopy.Model, problem: Problem, its: Fleet, powered) -> dict:
    """Servers by size of memory, those of cohorts and those that are on."""
    p, cohorts, stages = problem.data, problem.data["cohort"], problem.data["stage"]
    may_have = marked(problem.fittings, cohorts, p["sku"], p["memory"])
    by_cohort = LARGE * may_have * xr.ones_like(p["server_kgco2e"])
    upper = by_cohort.expand_dims(region=p["region"].values)
    fitted = m.add_variables(lower=0, upper=upper, integer=True, name="fitted")
    m.add_constraints(fitted.sum("memory") - its.stands == 0, name="memory")
    slot = np.arange(p.sizes["slot"])
    most = xr.full_like(p["saved_idle_kw"], LARGE)
    most = most.expand_dims(region=p["region"].values, slot=slot)
    on = m.add_variables(lower=0, upper=most, name="on")
    m.add_constraints(on.sum("memory") - powered == 0, name="all on")
    of_slot = xr.DataArray(p["slot_stage"].values, {"slot": slot}, ("slot",))
    place = xr.DataArray(np.arange(stages.size), {"stage": stages.values}, ("stage",))
    seen = (fitted.sum("cohort") * ((place == of_slot) * 1.0)).sum("stage")
    m.add_constraints(on - seen * float(p["availability"]) <= 0, name="memory on")
    stays(m, problem, its, fitted)
    return {"fitted": fitted, "on": on}


def stays(m: linopy.Model, problem: Problem, its: Fleet, fitted) -> None:
    """A cohort that was bought has no more of a size later; what moves is as sold."""
    sold = xr.DataArray(
        [float(name == AS_SOLD) for name in problem.data["memory"].values],
        {"memory": problem.data["memory"].values},
        ("memory",),
    )
    nodes = {node.name: node for node in problem.nodes}
    for y, node in nodes.items():
        for v in nodes:
            if node.parent is None or v == y:
                continue
            at = {"stage": y, "cohort": v}
            arrived = its.moved.sel(at, drop=True).sum("region").rename(to_region="region")
            gone = its.moved.sel(at, drop=True).sum("to_region") - arrived
            gone = gone + its.upgraded.sel(at, drop=True).sum("new_sku")
            before = fitted.sel(stage=node.parent, cohort=v, drop=True)
            more = fitted.sel(at, drop=True) - before + gone * sold
            m.add_constraints(more <= 0, name=f"memory of {v} in {y}")
