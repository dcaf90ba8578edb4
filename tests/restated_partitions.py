"""A choice of ways to divide requests, and the carbon of serving, restated in linopy."""

from __future__ import annotations

import linopy
import numpy as np
import xarray as xr

from carbonplan.problem import Problem
from tests.restated_fleet import LARGE


def add_demand(m: linopy.Model, problem: Problem, flow, replicas) -> None:
    """Demand, of optional classes where their partition is chosen; replicas of others rest."""
    p = problem.data.assign_coords(slot=np.arange(problem.data.sizes["slot"]))
    if not problem.partitions_of:
        m.add_constraints(flow.sum("region") == p["demand_rps"], name="demand")
        return
    ways = [q for found in problem.partitions_of.values() for q in found]
    names = {"partition": ways, "slot": p["slot"].values}
    chosen = m.add_variables(
        binary=True,
        coords=[names["partition"], p["slot"].values],
        dims=list(names),
        name="chosen",
    )
    classes = p["request_class"].values.tolist()
    of_class = np.array(
        [[float(problem.partition_of.get(k) == q) for q in ways] for k in classes]
    )
    divides = xr.DataArray(of_class, {"request_class": classes, "partition": ways})
    always = p["demand_rps"] * (1.0 - divides.sum("partition"))
    asked = (chosen * divides * p["demand_rps"]).sum("partition")
    m.add_constraints(flow.sum("region") - asked == always, name="demand")
    for workload, found in problem.partitions_of.items():
        one = chosen.sel(partition=list(found)).sum("partition")
        m.add_constraints(one == 1, name=f"one way of {workload}")
    for engine, way in _alone(problem).items():
        running = replicas.sel(engine=engine, drop=True).sum("region")
        most = LARGE * chosen.sel(partition=way, drop=True)
        m.add_constraints(running - most <= 0, name=f"rest {engine}")
    for t, first in enumerate(p["held"].values.tolist()):
        if first != t:
            own, held = (chosen.sel(slot=s, drop=True) for s in (t, first))
            m.add_constraints(own - held == 0, name=f"held choice {t}")


def _alone(problem: Problem) -> dict[str, str]:
    """Engines that serve classes of one partition and nothing else."""
    served: dict[str, set] = {}
    for k, c, _ in problem.serving:
        served.setdefault(problem.engine_of[c], set()).add(problem.partition_of.get(k))
    found = {engine: ways.pop() for engine, ways in served.items() if len(ways) == 1}
    return {engine: way for engine, way in found.items() if way is not None}


def carbon_of_power(problem: Problem, power, serving):
    """Carbon of power where serving alone may earn: both are by SKU, region and slot."""
    p = problem.data.assign_coords(slot=np.arange(problem.data.sizes["slot"]))
    site_hours, intensity = p["hours"] * p["pue"], p["intensity_kgco2e_per_kwh"]
    if problem.negative != "no-idle-earning":
        return (power * (site_hours * intensity)).sum()
    idle = ((power - serving) * (site_hours * intensity.clip(min=0.0))).sum()
    return idle + (serving * (site_hours * intensity)).sum()
