"""Enumerate configurations, reject with a reason, drop the dominated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.catalogue.inputs import Inputs, MeasuredProfile, WorkloadClass
from carbonplan.catalogue.records import ModelCard, Server
from carbonplan.configurations.hosts import host_candidates, may_serve_batch, out_of_dram
from carbonplan.configurations.pruning import Rules
from carbonplan.configurations.pruning import prune as pruned
from carbonplan.configurations.records import Configuration, Configurations, Rejection
from carbonplan.configurations.routes import network_allowance_s
from carbonplan.errors import NoPlanExists
from carbonplan.scenario.workloads import Workload
from carbonplan.technology.figures import Role
from carbonplan.technology.host_sockets import host_share, replica_dram_gb
from carbonplan.technology.measured_points import measured_profiles
from carbonplan.technology.operating import (
    ClassLimits,
    OperatingPoints,
    Replica,
    explain,
    operating_points,
)
from carbonplan.technology.planning import calibration_of

if TYPE_CHECKING:
    import xarray as xr

WHOLE_REPLICAS_LIMIT = 200.0
ROLES: Mapping[str, tuple[Role, ...]] = {
    "mixed": ("mixed",),
    "split": ("prefill", "decode"),
    "either": ("mixed", "prefill", "decode"),
}


def enumerate_configurations(inputs: Inputs, *, prune: bool = True) -> Configurations:
    """Every configuration of the scenario: kept with what it needs, or rejected with a reason.

    ``prune=False`` keeps the dominated ones, which changes no optimum.

    Raises
    ------
    NoPlanExists
        No configuration serves anything.
    """
    candidates: list[tuple[Configuration, Replica]] = []
    rejected: list[Rejection] = []
    for llm, server in product(inputs.llms, inputs.servers):
        for configuration, replica in _candidates(inputs, llm, server):
            reason = impossible(replica) or out_of_dram(inputs, configuration, replica)
            if reason:
                rejected.append(Rejection(configuration, *reason))
            else:
                candidates.append((configuration, replica))
    tables, infeasible = _evaluate(inputs, candidates)
    if not tables:
        raise NoPlanExists(inputs.scenario.name, _unserved(inputs, [*rejected, *infeasible]))
    table = _joined(tables)
    whole = replicas_are_whole(inputs, table)
    dominated: dict[str, str] = {}
    if prune:
        spare = any(workload.spare_replicas for workload in inputs.scenario.workloads)
        mix = not whole and not spare and not inputs.scenario.fleet.start_costs
        latency = latency_counts(inputs)
        rules = Rules(whole, engines_mix=mix, latency_counts=latency, replicas_count=spare)
        table, dominated = pruned(table, rules)
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
    replicas = sum(
        peak_rps[k.workload.name] * k.request_class.share * seconds
        for k, seconds in zip(inputs.classes, least_replica_seconds(table), strict=True)
    )
    return replicas <= WHOLE_REPLICAS_LIMIT


def least_replica_seconds(table: xr.Dataset) -> list[float]:
    """Time of the fastest replicas that a request of each class takes [s].

    Of one for both phases or, where none is, of one for each.
    """
    role = table["role"].values
    rate = table["rate_rps"].transpose("request_class", "configuration").values
    seconds = {
        one: 1.0 / np.maximum(rate[:, role == one].max(axis=1, initial=0.0), 1e-9)
        for one in ROLES["either"]
    }
    mixed = (rate[:, role == "mixed"] > 0.0).any(axis=1)
    split = seconds["prefill"] + seconds["decode"]
    return np.where(mixed, seconds["mixed"], split).tolist()


def latency_counts(inputs: Inputs) -> bool:
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
    for role, tp, pp, precision, clock in product(
        ROLES[fleet.phases],
        fleet.tensor_parallel,
        fleet.pipeline_parallel,
        fleet.precisions,
        clocks,
    ):
        configuration = Configuration(llm.llm, server.name, tp, pp, precision, clock, role)
        yield configuration, Replica(server, llm, tp, pp, precision, clock, role)
    yield from host_candidates(inputs, llm, server)


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
) -> tuple[list[xr.Dataset], list[Rejection]]:
    """Operating points of all candidates; those that serve no class are rejected."""

    tables, rejected = [], []
    calibration = calibration_of(inputs)
    for llm in inputs.llms:
        mine = [(c, replica) for c, replica in candidates if c.llm == llm.llm]
        classes = [k for k in inputs.classes if llm.llm in k.workload.llms]
        if not mine or not classes:
            continue
        replicas = [replica for _, replica in mine]
        limits = {k.name: class_limits(inputs, k) for k in classes}
        fleet = inputs.scenario.fleet
        points = operating_points(
            replicas,
            list(limits.values()),
            utilisation_limit=fleet.utilisation_limit,
            calibration=calibration,
        )
        measured = measured_profiles(
            inputs.measurements,
            replicas,
            limits,
            fleet.utilisation_limit,
            calibration,
            widen=fleet.profiles_outside == "widen",
        )
        modelled = _table(inputs, mine, classes, points)
        profiled = with_profiles(inputs, modelled, (*inputs.profiles, *measured))
        table = with_headroom(inputs, profiled)
        serves = (table["rate_rps"] > 0).any("request_class").values
        rejected += [
            _rejection(mine[i][0], points, classes, i) for i in np.flatnonzero(~serves)
        ]
        if not serves.any():
            continue
        serving = table.isel(configuration=np.flatnonzero(serves))
        used = dict.fromkeys(serving["configuration_engine"].values.tolist())
        tables.append(serving.sel(engine=list(used)))
    return tables, rejected


def _unserved(inputs: Inputs, rejected: list[Rejection]) -> list[str]:
    """A line for each workload: how many configurations there were, and why they fail."""
    lines = []
    for workload in inputs.scenario.workloads:
        kinds = Counter(r.kind for r in rejected if r.configuration.llm in workload.llms)
        counts = ", ".join(f"{count} by {kind}" for kind, count in kinds.most_common())
        lines.append(
            f"workloads[{workload.name}]: no configuration of {named(workload)} serves it "
            f"({counts}); `carbonplan catalog configurations` gives the reason for each"
        )
    return lines


def named(workload: Workload) -> str:
    """LLMs that may answer a workload, as messages name them."""
    return " or ".join(workload.llms)


def _joined(tables: list[xr.Dataset]) -> xr.Dataset:
    """Tables of several LLMs as one."""
    import xarray as xr

    of_engines = [name for name, v in tables[0].items() if v.dims == ("engine",)]
    of_pairs = [name for name in tables[0] if name not in of_engines]
    pairs = xr.concat([table[of_pairs] for table in tables], "configuration")
    engines = [
        xr.Dataset(
            {name: table[name].variable for name in of_engines}, {"engine": table["engine"]}
        )
        for table in tables
    ]
    return pairs.merge(xr.concat(engines, "engine"))


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
    kinds = {0: "slo", 1: "memory", 2: "slo", 3: "slo", 4: "context"}
    kind = kinds[int(points.rejection[0, replica])]
    words = dict.fromkeys(
        explain(points, i, replica) or "too slow for its limits, as measured"
        for i in range(len(classes))
    )
    return Rejection(configuration, kind, "; ".join(words))


def _table(
    inputs: Inputs,
    candidates: list[tuple[Configuration, Replica]],
    classes: list[WorkloadClass],
    points: OperatingPoints,
) -> xr.Dataset:
    import xarray as xr

    pair, single, engine = ("request_class", "configuration"), ("configuration",), ("engine",)
    on_host = np.array([c.on_host for c, _ in candidates])
    batch = np.array([may_serve_batch(k) for k in classes])
    served = (points.rate_rps > 0) & (batch[:, None] | ~on_host)
    engines = [c.engine for c, _ in candidates]
    first = [engines.index(name) for name in dict.fromkeys(engines)]
    costs = float(inputs.scenario.fleet.start_costs)
    start_hours = points.start_hours[first] * costs
    of_slot = np.minimum(start_hours / inputs.scenario.horizon.slot_hours, 1.0)
    names = [k.name for k in inputs.classes]
    rows = [names.index(k.name) for k in classes]
    by_pair = {}
    for name in ("rate_rps", "energy_kj_per_request", "ttft_s"):
        values = np.zeros((len(names), len(candidates)))  # of other LLMs' classes
        values[rows] = np.where(served, getattr(points, name), 0.0)
        by_pair[name] = (pair, values)
    by_engine = {
        "accelerators": np.array([float(candidates[i][0].accelerators) for i in first]),
        "host_share": np.array([host_share(candidates[i][1]) for i in first]) * on_host[first],
        "host_dram_gb": np.array([replica_dram_gb(candidates[i][1]) for i in first])
        * on_host[first],
        "loaded_kw": points.loaded_kw[first],
        "start_hours": start_hours,
        "start_fraction": of_slot,
        "start_energy_kwh": points.start_energy_kwh[first] * costs,
    }
    return xr.Dataset(
        by_pair | {name: (engine, values) for name, values in by_engine.items()},
        {
            "request_class": names,
            "configuration": [c.name for c, _ in candidates],
            "engine": [engines[i] for i in first],
            "sku": (single, [c.sku for c, _ in candidates]),
            "llm": (single, [c.llm for c, _ in candidates]),
            "role": (single, [c.role for c, _ in candidates]),
            "on_host": (single, on_host),
            "configuration_engine": (single, engines),
        },
    )


def with_profiles(
    inputs: Inputs, table: xr.Dataset, profiles: Iterable[MeasuredProfile]
) -> xr.Dataset:
    """Replace the model by what was measured, wherever a profile names the pair."""
    for p in profiles:
        name = Configuration(
            p.llm, p.sku, p.tensor_parallel, p.pipeline_parallel, p.precision, p.clock_fraction
        ).name
        if name not in table["configuration"].values:
            continue
        for one in inputs.classes:
            asked = p.request_class in (one.name, one.request_class.request_class)
            if asked and p.llm in one.workload.llms:
                place = {"request_class": one.name, "configuration": name}
                limit = inputs.scenario.fleet.utilisation_limit
                table["rate_rps"].loc[place] = p.max_rate_rps * limit
                table["energy_kj_per_request"].loc[place] = p.energy_j_per_request / 1e3
                table["ttft_s"].loc[place] = p.ttft_s
    return table


def with_headroom(inputs: Inputs, table: xr.Dataset) -> xr.Dataset:
    """Plan each workload at its share of the rates: capacity is a multiple of the load."""
    import xarray as xr

    headroom = [one.workload.headroom for one in inputs.classes]
    return table.assign(
        rate_rps=table["rate_rps"] / xr.DataArray(headroom, dims="request_class")
    )
