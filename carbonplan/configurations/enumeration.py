"""Enumerate configurations, reject with a reason, drop the dominated."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.catalogue.inputs import Inputs, WorkloadClass
from carbonplan.catalogue.records import ModelCard, Server
from carbonplan.configurations.dominance import Needs, above_hull, dominating
from carbonplan.configurations.records import Configuration, Configurations, Rejection
from carbonplan.configurations.routes import network_allowance_s
from carbonplan.technology.calibration import load_calibration
from carbonplan.technology.operating import (
    ClassLimits,
    OperatingPoints,
    Replica,
    explain,
    operating_points,
)

if TYPE_CHECKING:
    import xarray as xr

WHOLE_REPLICAS_LIMIT = 200.0


def enumerate_configurations(inputs: Inputs, *, prune: bool = True) -> Configurations:
    """Every configuration of the scenario: kept with what it needs, or rejected with a reason.

    ``prune=False`` keeps the dominated ones, which changes no optimum.
    """
    candidates: list[tuple[Configuration, Replica]] = []
    rejected: list[Rejection] = []
    for llm, server in product(inputs.llms, inputs.servers):
        for configuration, replica in _candidates(inputs, llm, server):
            reason = impossible(replica)
            if reason:
                rejected.append(Rejection(configuration, *reason))
            else:
                candidates.append((configuration, replica))
    table, infeasible = _evaluate(inputs, candidates)
    whole = replicas_are_whole(inputs, table)
    dominated: dict[str, str] = {}
    if prune:
        mixtures = not whole and not inputs.scenario.fleet.start_costs
        table, dominated = drop_dominated(
            table,
            whole=whole,
            mixtures=mixtures and not latency_matters(inputs),
            latency_matters=latency_matters(inputs),
        )
    by_name = {c.name: c for c, _ in candidates}
    unneeded = [Rejection(by_name[name], "dominated", why) for name, why in dominated.items()]
    kept = tuple(by_name[name] for name in table["configuration"].values.tolist())
    return Configurations(kept, (*rejected, *infeasible, *unneeded), table, whole)


def replicas_are_whole(inputs: Inputs, table: xr.Dataset) -> bool:
    """Whether replicas are planned as whole numbers: as asked, or where the fleet is small.

    ``auto`` plans whole replicas while the peak load takes at most ``WHOLE_REPLICAS_LIMIT``
    of the fastest replicas; in larger fleets a fraction of a replica is worth little.
    """
    asked = inputs.scenario.fleet.replicas
    if asked != "auto":
        return asked == "whole"
    peak_rps = {
        w.name: float(inputs.series["arrivals_rps"].sel(workload=w.name).sum("origin").max())
        for w in inputs.scenario.workloads
    }
    fastest_rps = table["rate_rps"].max("configuration")
    replicas = sum(
        peak_rps[k.workload.name] * k.request_class.share / max(float(fastest_rps[i]), 1e-9)
        for i, k in enumerate(inputs.classes)
    )
    return replicas <= WHOLE_REPLICAS_LIMIT


def latency_matters(inputs: Inputs) -> bool:
    """Whether the objective or a bound counts the time to first token."""
    scenario = inputs.scenario
    weighted = scenario.objective.weights or {}
    return (
        scenario.objective.minimise == "latency"
        or weighted.get("latency", 0.0) > 0
        or any(bound.impact == "latency" for bound in scenario.bounds)
    )


def _candidates(inputs: Inputs, llm: ModelCard, server: Server):
    fleet = inputs.scenario.fleet
    clocks = fleet.clock_fractions if server.accelerator.kind == "gpu" else [1.0]
    for tp, pp, precision, clock in product(
        fleet.tensor_parallel, fleet.pipeline_parallel, fleet.precisions, clocks
    ):
        configuration = Configuration(llm.llm, server.name, tp, pp, precision, clock)
        yield configuration, Replica(server, llm, tp, pp, precision, clock)


def impossible(replica: Replica) -> tuple[str, str] | None:
    """Kind and words of what forbids a configuration whatever it serves, or None."""
    used = replica.tensor_parallel * replica.pipeline_parallel
    available = replica.server.sku.accelerators
    lowest = (
        replica.server.accelerator.lowest_clock_mhz / replica.server.accelerator.boost_clock_mhz
    )
    if used > available:
        return "parallelism", f"needs {used} accelerators, the server has {available}"
    if available % used:
        return "parallelism", f"{used} accelerators do not divide the server's {available}"
    if replica.llm.attention_heads % replica.tensor_parallel:
        return "parallelism", f"{replica.llm.attention_heads} heads do not divide"
    if replica.pipeline_parallel > replica.llm.layers:
        return "parallelism", f"more stages than the {replica.llm.layers} layers"
    if replica.clock_fraction < lowest:
        return "clock", f"below the lowest clock, {lowest:.0%} of boost"
    return None


def _evaluate(
    inputs: Inputs, candidates: list[tuple[Configuration, Replica]]
) -> tuple[xr.Dataset, list[Rejection]]:
    """Operating points of all candidates; those that serve no class are rejected."""
    import xarray as xr

    tables, rejected = [], []
    calibration = load_calibration()
    for llm in inputs.llms:
        mine = [(c, replica) for c, replica in candidates if c.llm == llm.llm]
        classes = [k for k in inputs.classes if k.workload.llm == llm.llm]
        if not mine or not classes:
            continue
        points = operating_points(
            [replica for _, replica in mine],
            [class_limits(inputs, k) for k in classes],
            utilisation_limit=inputs.scenario.fleet.utilisation_limit,
            calibration=calibration,
        )
        table = with_profiles(inputs, _table(inputs, mine, classes, points))
        serves = (table["rate_rps"] > 0).any("request_class").values
        rejected += [
            _rejection(mine[i][0], points, classes, i) for i in np.flatnonzero(~serves)
        ]
        tables.append(table.isel(configuration=np.flatnonzero(serves)))
    names = [k.name for k in inputs.classes]
    merged = xr.concat(tables, "configuration", join="outer", fill_value=0.0)
    return merged.reindex(request_class=names, fill_value=0.0), rejected


def class_limits(inputs: Inputs, workload_class: WorkloadClass) -> ClassLimits:
    """What a request class asks of a replica."""
    workload, lengths = workload_class.workload, workload_class.request_class
    return ClassLimits(
        input_tokens=lengths.input_tokens,
        output_tokens=lengths.output_tokens,
        ttft_s=workload.ttft_s,
        tpot_s=workload.tpot_s,
        percentile=workload.percentile,
        network_s=network_allowance_s(inputs, workload),
    )


def _rejection(
    configuration: Configuration,
    points: OperatingPoints,
    classes: list[WorkloadClass],
    replica: int,
) -> Rejection:
    kinds = {1: "memory", 2: "slo", 3: "slo", 4: "context"}
    kind = kinds[int(points.rejection[0, replica])]
    words = dict.fromkeys(explain(points, i, replica) for i in range(len(classes)))
    return Rejection(configuration, kind, "; ".join(words))


def _table(
    inputs: Inputs,
    candidates: list[tuple[Configuration, Replica]],
    classes: list[WorkloadClass],
    points: OperatingPoints,
) -> xr.Dataset:
    import xarray as xr

    pair, single = ("request_class", "configuration"), ("configuration",)
    slot_hours = inputs.scenario.horizon.slot_hours
    served = points.rate_rps > 0
    start_hours = points.start_hours * inputs.scenario.fleet.start_costs
    return xr.Dataset(
        {
            "rate_rps": (pair, np.where(served, points.rate_rps, 0.0)),
            "energy_kj_per_request": (
                pair,
                np.where(served, points.energy_kj_per_request, 0.0),
            ),
            "ttft_s": (pair, np.where(served, points.ttft_s, 0.0)),
            "accelerators": (single, points.accelerators.astype(float)),
            "loaded_kw": (single, points.loaded_kw),
            "start_hours": (single, start_hours),
            "start_fraction": (single, np.minimum(start_hours / slot_hours, 1.0)),
            "start_energy_kwh": (
                single,
                points.start_energy_kwh * inputs.scenario.fleet.start_costs,
            ),
        },
        {
            "request_class": [k.name for k in classes],
            "configuration": [c.name for c, _ in candidates],
            "sku": (single, [c.sku for c, _ in candidates]),
            "llm": (single, [c.llm for c, _ in candidates]),
        },
    )


def with_profiles(inputs: Inputs, table: xr.Dataset) -> xr.Dataset:
    """Replace the model by what was measured, wherever a profile names the pair."""
    for p in inputs.profiles:
        name = Configuration(
            p.llm, p.sku, p.tensor_parallel, p.pipeline_parallel, p.precision, p.clock_fraction
        ).name
        if name not in table["configuration"].values:
            continue
        for k in table["request_class"].values:
            if k.split("/", 1)[1] == p.request_class or k == p.request_class:
                place = {"request_class": k, "configuration": name}
                limit = inputs.scenario.fleet.utilisation_limit
                table["rate_rps"].loc[place] = p.max_rate_rps * limit
                table["energy_kj_per_request"].loc[place] = p.energy_j_per_request / 1e3
                table["ttft_s"].loc[place] = p.ttft_s
    return table


def drop_dominated(
    table: xr.Dataset, *, whole: bool, mixtures: bool, latency_matters: bool
) -> tuple[xr.Dataset, dict[str, str]]:
    """The table without what no optimum needs; of each configuration dropped the reason."""
    dropped: dict[str, str] = {}
    names = table["configuration"].values.astype(str)
    rate = table["rate_rps"].values.copy()
    for index in _groups(table):
        group = table.isel(configuration=index)
        by = dominating(_needs(group, latency_matters=latency_matters), whole=whole)
        for i in np.flatnonzero(by >= 0):
            dropped[names[index[i]]] = f"{names[index[by[i]]]} needs no more of anything"
        if mixtures:
            left = index[by < 0]
            needs = _needs(table.isel(configuration=left), latency_matters=False)
            for k in range(rate.shape[0]):
                above = above_hull(needs.accelerator_s[:, k], needs.energy_kj[:, k])
                rate[k, left[above]] = 0.0
    thinned = table.assign(rate_rps=(table["rate_rps"].dims, rate))
    idle = names[~(rate > 0).any(axis=0)]
    dropped |= {
        name: "a mixture of others needs no more" for name in idle if name not in dropped
    }
    return thinned.sel(configuration=[n for n in names if n not in dropped]), dropped


def _needs(group: xr.Dataset, *, latency_matters: bool) -> Needs:
    rate = group["rate_rps"].transpose("configuration", "request_class").values
    served = rate > 0
    accelerators = group["accelerators"].values
    accelerator_s = np.where(
        served, accelerators[:, None] / np.where(served, rate, 1.0), np.inf
    )
    energy = group["energy_kj_per_request"].transpose("configuration", "request_class").values
    ttft = group["ttft_s"].transpose("configuration", "request_class").values
    by_replica = [group[n].values for n in ("loaded_kw", "start_energy_kwh", "start_fraction")]
    by_replica[2] = by_replica[2] * accelerators  # a share of the slot, not of accelerators
    return Needs(
        accelerator_s=accelerator_s,
        energy_kj=np.where(served, energy, np.inf),
        ttft_s=np.where(served & latency_matters, ttft, 0.0),
        per_accelerator=np.stack(by_replica, axis=1) / accelerators[:, None],
        accelerators=accelerators,
    )


def _groups(table: xr.Dataset) -> list[np.ndarray]:
    keys = list(zip(table["sku"].values, table["llm"].values, strict=True))
    return [np.flatnonzero([k == key for k in keys]) for key in dict.fromkeys(keys)]
