"""The program in linopy, stated as an experienced user of linopy would.

Every decision lies over one flat dimension of what can happen (no pair that cannot happen has
a column) and the slots; sums are grouped. It shares no code with the formulation and states
what ``scenarios/eight-regions-week.yaml`` uses: bought servers, continuous replicas, starts,
batch work on a cyclic horizon, site power, and carbon of energy and of owned servers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import linopy
import numpy as np
import pandas as pd
import xarray as xr

from carbonplan.problem import Problem

KREQUESTS_PER_RPS_HOUR = 3.6


@dataclass(frozen=True)
class Places:
    """What can happen: one row for each element of a flat dimension.

    Attributes
    ----------
    serving
        request_class, configuration, region, engine, sku.
    placed
        engine, region, sku.
    site
        sku, region.
    route
        request_class, origin, region.
    """

    serving: pd.DataFrame
    placed: pd.DataFrame
    site: pd.DataFrame
    route: pd.DataFrame


def places(problem: Problem) -> Places:
    """Flat dimensions of a problem."""
    serving = pd.DataFrame(
        problem.serving, columns=["request_class", "configuration", "region"]
    )
    serving["engine"] = serving["configuration"].map(problem.engine_of)
    serving["sku"] = serving["engine"].map(problem.sku_of)
    return Places(
        serving=serving,
        placed=serving[["engine", "region", "sku"]].drop_duplicates(ignore_index=True),
        site=serving[["sku", "region"]].drop_duplicates(ignore_index=True),
        route=pd.DataFrame(problem.routes, columns=["request_class", "origin", "region"]),
    )


class Stated:
    """Decisions of a problem in a linopy model, and how to add them up."""

    def __init__(self, problem: Problem) -> None:
        refuse_unstated(problem)
        self.problem = problem
        slots = pd.RangeIndex(problem.data.sizes["slot"], name="slot")
        self.data = problem.data.assign_coords(slot=slots)
        self.places = places(problem)
        linopy.options["semantics"] = "v1"
        self.model = m = linopy.Model()

        def decision(name: str, rows: pd.DataFrame, dim: str) -> linopy.Variable:
            coords = [pd.RangeIndex(len(rows), name=dim), slots]
            return m.add_variables(lower=0, coords=coords, name=name)

        flat = self.places
        self.load = decision("load", flat.serving, "serving")
        self.flow = decision("flow", flat.route, "route")
        self.replicas = decision("replicas", flat.placed, "placed")
        self.starts = decision("starts", flat.placed, "placed")
        self.powered = decision("powered", flat.site, "site")
        owned = [pd.RangeIndex(len(flat.site), name="site")]
        self.servers = m.add_variables(lower=0, integer=True, coords=owned, name="servers")
        waits = pd.Index(problem.batch, name="request_class")
        limit = self.data["backlog_limit_krequests"].sel(request_class=list(waits))
        self.backlog = m.add_variables(
            lower=0, upper=limit, coords=[waits, slots], name="backlog"
        )

    def at(self, name: str, dim: str) -> xr.DataArray:
        """A coefficient at each element of a flat dimension."""
        rows = getattr(self.places, dim)
        array = self.data[name]
        picks = {d: xr.DataArray(rows[d], dims=dim) for d in array.dims if d in rows}
        return array.sel(picks).drop_vars(picks).assign_coords({dim: rows.index})

    def total(self, terms, dim: str, by: Sequence[str], groups: pd.DataFrame):
        """Sum over the elements of a flat dimension, by the rows of ``groups``."""
        rows = getattr(self.places, dim)
        index = pd.MultiIndex.from_frame(groups[list(by)])
        group = index.get_indexer(pd.MultiIndex.from_frame(rows[list(by)]))
        kept = np.flatnonzero(group >= 0)
        labels = xr.DataArray(group[kept], {dim: rows.index[kept]}, [dim], name="group")
        return (1 * terms).isel({dim: kept}).groupby(labels).sum()


def stated(problem: Problem) -> linopy.Model:
    """The program as a linopy model."""
    s = Stated(problem)
    add_service(s)
    add_fleet(s)
    if problem.batch:
        add_batch(s)
    power = power_kw(s)
    add_site_power(s, power)
    factor = s.data["hours"] * s.data["pue"] * s.data["intensity_kgco2e_per_kwh"]
    owned = s.data["server_kgco2e"].isel(stage=0, drop=True)  # bought in the only stage
    owned = owned.sel(cohort=problem.nodes[0].name, drop=True)
    s.data = s.data.assign(kgco2e_per_kw=factor, owned_kgco2e=owned)
    operational = sum((terms * s.at("kgco2e_per_kw", dim)).sum() for dim, terms in power)
    embodied = (s.servers * s.at("owned_kgco2e", "site")).sum()
    s.model.add_objective(operational + embodied)
    return s.model


def refuse_unstated(problem: Problem) -> None:
    """Refuse what would silently be another program."""
    p = problem.data
    stated = {
        "objective": problem.objective == {"carbon": 1.0} and not problem.bounds,
        "charge": problem.charge == "owned-time",
        "fleet": not problem.stock and not problem.site_servers,
        "existing servers": not p["existing_servers"].any(),
        "replicas": not problem.whole_replicas and problem.switch_off,
        "horizon": bool((p["previous"] >= 0).all()),
        "stages": len(problem.nodes) == 1 and not problem.risk.futures,
        "windows": bool((p["held"].values == np.arange(p.sizes["slot"])).all()),
        "lost regions": bool((p["region_open"] > 0).all()),
        "phases": "prefill" not in problem.role_of.values(),
        "contracts and partitions": not problem.carriers,
        "host memory": not problem.fittings,
        "shares": problem.shares.of_region == problem.shares.of_vendor == 1,
        "promises": not problem.promises.spare_replicas and not problem.promises.quality_margin,
    }
    refused = [name for name, holds in stated.items() if not holds]
    if refused:
        raise NotImplementedError(f"not stated in linopy: {', '.join(refused)}")


def add_service(s: Stated) -> None:
    """Demand is routed, routed load is served, load fits replicas."""
    m, route, placed = s.model, s.places.route, s.places.placed
    asked = route[["request_class", "origin"]].drop_duplicates(ignore_index=True)
    routed = s.total(s.flow, "route", ["request_class", "origin"], asked)
    picks = {d: xr.DataArray(asked[d], dims="group") for d in asked}
    demand = s.data["demand_rps"].sel(picks).drop_vars(picks)
    m.add_constraints(routed == demand.assign_coords(group=asked.index), name="demand")

    met = route[["request_class", "region"]].drop_duplicates(ignore_index=True)
    by = ["request_class", "region"]
    served = s.total(s.load, "serving", by, met)
    m.add_constraints(served - s.total(s.flow, "route", by, met) == 0, name="service")

    busy = s.total(
        s.load / s.at("rate_rps", "serving"), "serving", ["engine", "region"], placed
    )
    ready = s.replicas - s.at("start_fraction", "placed") * s.starts
    m.add_constraints(busy - ready.rename(placed="group") <= 0, name="throughput")


def add_fleet(s: Stated) -> None:
    """Replicas fit powered servers, which are owned; what is new is started."""
    m, site = s.model, s.places.site
    taken = s.total(
        s.replicas * s.at("accelerators", "placed"), "placed", ["sku", "region"], site
    )
    room = s.powered * s.at("sku_accelerators", "site")
    m.add_constraints(taken - room.rename(site="group") <= 0, name="hosting")
    m.add_constraints(
        s.powered - s.servers * float(s.data["availability"]) <= 0, name="ownership"
    )
    if s.problem.start_costs:
        m.add_constraints(s.replicas - before(s, s.replicas) - s.starts <= 0, name="starting")


def add_batch(s: Stated) -> None:
    """Batch work waits until it is done, and no longer than its deadline allows."""
    krequests = KREQUESTS_PER_RPS_HOUR * float(s.data["slot_hours"])
    classes = pd.DataFrame({"request_class": s.problem.batch})
    done = krequests * s.total(s.load, "serving", ["request_class"], classes)
    done = done.rename(group="request_class").assign_coords(request_class=list(s.problem.batch))
    come = krequests * s.data["arrivals_rps"].sel(request_class=list(s.problem.batch))
    left = s.backlog - before(s, s.backlog) + done
    s.model.add_constraints(left == come, name="waiting")


def before(s: Stated, decision: linopy.Variable) -> linopy.LinearExpression:
    """A decision as it was in the slot before."""
    return (1 * decision.isel(slot=s.data["previous"].values)).assign_coords(
        slot=s.data["slot"]
    )


def power_kw(s: Stated) -> tuple[tuple[str, linopy.LinearExpression], ...]:
    """IT power by the flat dimension that draws it [kW]."""
    off = s.at("off_kw", "site")
    start_kw = s.at("start_energy_kwh", "placed") / float(s.data["slot_hours"])
    return (
        ("site", s.servers * off + s.powered * (s.at("powered_kw", "site") - off)),
        ("placed", s.replicas * s.at("loaded_kw", "placed") + s.starts * start_kw),
        ("serving", s.load * s.at("energy_kj_per_request", "serving")),
    )


def add_site_power(s: Stated, power: tuple[tuple[str, linopy.LinearExpression], ...]) -> None:
    """Power of a region stays within its limit."""
    for region in s.problem.site_power_kw:
        drawn = sum(
            terms.isel({dim: np.flatnonzero(getattr(s.places, dim)["region"] == region)}).sum(
                dim
            )
            for dim, terms in power
        )
        room = s.data["site_it_limit_kw"].sel(region=region, drop=True)
        s.model.add_constraints(drawn <= room, name=f"power {region}")
