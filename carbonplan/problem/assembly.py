"""Assemble the problem: labelled coefficients from records, and what can happen at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carbonplan.catalogue.inputs import Inputs
from carbonplan.configurations import Configurations
from carbonplan.configurations.enumeration import named
from carbonplan.configurations.routes import (
    ANYWHERE,
    farthest_s,
    workload_regions,
    workload_routes,
)
from carbonplan.errors import NoPlanExists
from carbonplan.problem.bounds import with_upper_bounds
from carbonplan.problem.fleet import fleet_coefficients, obtainable
from carbonplan.problem.loading import loading_coefficients
from carbonplan.problem.memory import host_coefficients, memory_coefficients
from carbonplan.problem.partitions import demand_carriers, partition_of, partitions_of
from carbonplan.problem.phases import roles, weights, with_both_phases
from carbonplan.problem.promises import promises, shares
from carbonplan.problem.records import Problem
from carbonplan.problem.renewal import renewal
from carbonplan.problem.stages import budgets, for_sale, held, risk, slot_stage, stage_bounds
from carbonplan.problem.supply import carriers, contract_coefficients, supply
from carbonplan.problem.waiting import backlog_limit_krequests
from carbonplan.units import KG_PER_TONNE, MS_PER_S

if TYPE_CHECKING:
    import xarray as xr

SERIES = (
    "pue",
    "intensity_kgco2e_per_kwh",
    "price_usd_per_kwh",
    "wue_l_per_kwh",
    "ewif_l_per_kwh",
)


def assemble(inputs: Inputs, configurations: Configurations) -> Problem:
    """The planning problem of a scenario.

    Raises
    ------
    NoPlanExists
        A request class that nothing can serve, or an origin that no region is near enough to.
    """
    scenario = inputs.scenario
    serving = with_both_phases(_serving(inputs, configurations), configurations)
    routes = _routes(inputs, {(k, r) for k, _, r in serving})
    sizes, fittings = memory_coefficients(inputs)
    _refuse_unserved(inputs, serving, routes)
    problem = Problem(
        data=_coefficients(inputs, configurations).merge(sizes),
        online=tuple(k.name for k in inputs.classes if k.workload.kind == "online"),
        batch=tuple(k.name for k in inputs.classes if k.workload.kind == "batch"),
        routes=routes,
        serving=serving,
        engine_of={c.name: c.engine for c in configurations.kept},
        sku_of={c.engine: c.sku for c in configurations.kept},
        role_of=roles(configurations),
        weights_of=weights(configurations),
        stock=tuple(
            (node.name, s.sku, s.region, s.servers)
            for s in scenario.fleet.stock
            for node in inputs.nodes
            if s.stage in (None, node.stage)
        ),
        site_power_kw={
            s.region: s.power_limit_kw for s in scenario.regions if s.power_limit_kw is not None
        },
        site_servers={
            s.region: s.server_limit for s in scenario.regions if s.server_limit is not None
        },
        whole_replicas=configurations.whole_replicas,
        switch_off=scenario.fleet.switch_off,
        start_costs=scenario.fleet.start_costs,
        charge=scenario.embodied.charge,
        objective=objective_weights(inputs),
        bounds=tuple((b.impact, b.at_most) for b in scenario.bounds if b.stage is None),
        stage_bounds=stage_bounds(inputs),
        nodes=inputs.nodes,
        renewal=renewal(inputs),
        budget_usd=budgets(inputs),
        fittings=fittings,
        carriers={**carriers(inputs), **demand_carriers(inputs)},
        partition_of=partition_of(inputs),
        partitions_of=partitions_of(inputs),
        negative=scenario.signal.negative,
        supply=supply(inputs),
        promises=promises(inputs, configurations),
        shares=shares(inputs),
        risk=risk(inputs),
    )
    return with_upper_bounds(problem)


def objective_weights(inputs: Inputs) -> dict[str, float]:
    """Weight of each impact in the objective; a carbon price adds carbon to cost."""
    objective = inputs.scenario.objective
    weights: dict[str, float] = objective.counted
    price = objective.carbon_price_usd_per_tonne / KG_PER_TONNE
    if price and weights.get("cost"):
        weights["carbon"] = weights.get("carbon", 0.0) + price * weights["cost"]
    return {impact: weight for impact, weight in weights.items() if weight}


def _serving(
    inputs: Inputs, configurations: Configurations
) -> tuple[tuple[str, str, str], ...]:
    """(class, configuration, region) that may carry load."""
    rate = configurations.table["rate_rps"].transpose("request_class", "configuration")
    served = rate.values > 0
    sites = obtainable(inputs)
    position = {c.name: i for i, c in enumerate(configurations.kept)}
    return tuple(
        (k.name, c.name, r)
        for i, k in enumerate(inputs.classes)
        for c in configurations.kept
        if served[i, position[c.name]]
        for r in workload_regions(inputs, k.workload)
        if (c.sku, r) in sites
    )


def _routes(inputs: Inputs, served: set[tuple[str, str]]) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (k.name, o, r)
        for k in inputs.classes
        if k.workload.kind == "online"
        for o, r in workload_routes(inputs, k.workload)
        if (k.name, r) in served
    )


def _refuse_unserved(
    inputs: Inputs,
    serving: tuple[tuple[str, str, str], ...],
    routes: tuple[tuple[str, str, str], ...],
) -> None:
    """What no plan can serve is named before there is a program."""
    served = {k for k, _, _ in serving}
    near = {(k, o) for k, o, _ in routes}
    reasons = []
    for k in inputs.classes:
        if k.name not in served:
            reasons.append(
                f"workloads[{k.workload.name}]: no configuration of {named(k.workload)} on the "
                f"fleet serves class {k.request_class.request_class!r}; `carbonplan "
                "catalog configurations` gives the reason for each"
            )
            continue
        if k.workload.kind == "online":
            origins = [o.origin for o in k.workload.origins] or [ANYWHERE]
            reasons += [
                f"workloads[{k.workload.name}]: no region that serves it lies within "
                f"{farthest_s(k.workload) * MS_PER_S:.0f} ms of origin {o!r}"
                for o in origins
                if (k.name, o) not in near
            ]
    if reasons:
        raise NoPlanExists(inputs.scenario.name, list(dict.fromkeys(reasons)))


def _coefficients(inputs: Inputs, configurations: Configurations) -> xr.Dataset:
    import xarray as xr

    series = inputs.series
    table = configurations.table.drop_vars(
        ("sku", "llm", "configuration_engine", "role", "on_host")
    )
    limit_kw = {s.region: s.power_limit_kw for s in inputs.scenario.regions}
    limits = xr.DataArray(
        [np.inf if limit_kw[r] is None else limit_kw[r] for r in series["region"].values],
        {"region": series["region"].values},
        ("region",),
    )
    variables = xr.Dataset({name: series[name] for name in SERIES})
    return xr.merge(
        [table, variables, fleet_coefficients(inputs), demand(inputs)],
        join="exact",
        compat="equals",
    ).assign(
        site_it_limit_kw=limits / series["pue"],
        rtt_s=inputs.rtt_s,
        hours=series["weight"] * series["slot_hours"],
        previous=series["previous"],
        for_sale=for_sale(inputs),
        slot_stage=slot_stage(inputs),
        held=held(inputs),
        slot_future=series["future"],
        region_open=series["region_open"],
        **host_coefficients(inputs),
        slot_hours=float(series["slot_hours"].values.flat[0]),
        availability=inputs.scenario.fleet.availability,
        **contract_coefficients(inputs),
        **loading_coefficients(inputs, configurations),
    )


def demand(inputs: Inputs) -> xr.Dataset:
    """Online demand, batch arrivals and how much batch work may wait."""
    import xarray as xr

    arrivals = inputs.series["arrivals_rps"].transpose("workload", "origin", "slot")
    workloads = xr.DataArray([k.workload.name for k in inputs.classes], dims="request_class")
    names = [k.name for k in inputs.classes]
    share = inputs.series["share"].sel(request_class=names).drop_vars("request_class")
    online = xr.DataArray(
        [k.workload.kind == "online" for k in inputs.classes], dims="request_class"
    )
    rps = (arrivals.sel(workload=workloads) * share).drop_vars("workload")
    rps = rps.assign_coords(request_class=names).transpose("request_class", "origin", "slot")
    waiting = np.stack([backlog_limit_krequests(inputs, k) for k in inputs.classes])
    return xr.Dataset(
        {
            "demand_rps": rps.where(online, 0.0),
            "arrivals_rps": rps.sum("origin").where(~online, 0.0),
            "backlog_limit_krequests": (("request_class", "slot"), waiting),
        }
    )
