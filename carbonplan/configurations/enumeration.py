"""Enumerate configurations, reject with a reason, drop the dominated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.catalogue.inputs import Inputs, WorkloadClass
from carbonplan.catalogue.records import ModelCard, Server
from carbonplan.configurations.hosts import host_candidates, out_of_dram
from carbonplan.configurations.modes import llms_in_modes, mode_tables
from carbonplan.configurations.part_load import with_working_power
from carbonplan.configurations.pruning import Rules
from carbonplan.configurations.pruning import prune as pruned
from carbonplan.configurations.records import Configuration, Configurations, Rejection
from carbonplan.configurations.routes import class_limits
from carbonplan.configurations.table import (
    joined,
    modelled,
    with_headroom,
    with_profiles,
)
from carbonplan.errors import NoPlanExists
from carbonplan.scenario.workloads import Workload
from carbonplan.technology.figures import Role
from carbonplan.technology.measured_points import measured_profiles
from carbonplan.technology.operating import (
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
    others = [llm for llm in inputs.llms if llm.llm not in llms_in_modes(inputs)]
    for llm, server in product(others, inputs.servers):
        for configuration, replica in candidates_of(inputs, llm, server):
            reason = impossible(replica) or out_of_dram(inputs, configuration, replica)
            if reason:
                rejected.append(Rejection(configuration, *reason))
            else:
                candidates.append((configuration, replica))
    tables, infeasible = _evaluate(inputs, candidates)
    modes, of_modes, too_slow = mode_tables(inputs)
    rejected += [*infeasible, *too_slow]
    if not tables and not of_modes:
        raise NoPlanExists(inputs.scenario.name, _unserved(inputs, rejected))
    table = joined([*tables, *of_modes])
    whole = replicas_are_whole(inputs, table)
    if whole and tables and not energy_may_earn(inputs):
        by_candidate = {c.name: replica for c, replica in candidates}
        tables = [with_working_power(inputs, joined(tables), by_candidate)]
        table = joined([*tables, *of_modes])
    dominated: dict[str, str] = {}
    if prune and tables and not energy_may_earn(inputs):
        spare = any(workload.spare_replicas for workload in inputs.scenario.workloads)
        mix = not whole and not spare and not inputs.scenario.fleet.start_costs
        latency = latency_counts(inputs)
        rules = Rules(
            whole,
            engines_mix=mix,
            latency_counts=latency,
            replicas_count=spare,
            starts_wait=latency and inputs.scenario.fleet.load_on_demand,
        )
        needed, dominated = pruned(joined(tables), rules)
        table = joined([needed, *of_modes])
    known = (*(c for c, _ in candidates), *(mode.configuration for mode in modes))
    by_name = {c.name: c for c in known}
    unneeded = [Rejection(by_name[name], "dominated", why) for name, why in dominated.items()]
    kept = tuple(by_name[name] for name in table["configuration"].values.tolist())
    return Configurations(kept, (*rejected, *unneeded), table, whole)


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


def energy_may_earn(inputs: Inputs) -> bool:
    """Whether carbon falls with energy somewhere: nothing is dominated then by needing less."""
    return float(inputs.series["intensity_kgco2e_per_kwh"].min()) < 0.0


def latency_counts(inputs: Inputs) -> bool:
    """Whether the objective or a bound counts the time to first token."""
    scenario = inputs.scenario
    bounded = {bound.impact for bound in scenario.bounds}
    return "latency" in scenario.objective.named | bounded


def candidates_of(
    inputs: Inputs, llm: ModelCard, server: Server
) -> Iterator[tuple[Configuration, Replica]]:
    """Everything that a replica of an LLM on a SKU could be, possible or not."""
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
    for llm in inputs.llms:
        mine = [(c, replica) for c, replica in candidates if c.llm == llm.llm]
        classes = [k for k in inputs.classes if llm.llm in k.workload.llms]
        if not mine or not classes:
            continue
        replicas = [replica for _, replica in mine]
        calibration = calibration_of(inputs)
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
        profiled = with_profiles(
            inputs,
            modelled(inputs, mine, classes, points),
            (*inputs.profiles, *measured),
        )
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
