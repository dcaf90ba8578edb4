"""Requests that nothing can serve: the best that exists, against what is asked for.

Arithmetic on operating points alone. What is accused here was refused where configurations and
routes are enumerated; here it is said by how much.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.configurations.enumeration import (
    candidates_of,
    class_limits,
    impossible,
    named,
)
from carbonplan.configurations.modes import llms_in_modes
from carbonplan.configurations.routes import ANYWHERE, farthest_s, workload_regions
from carbonplan.diagnose.records import Finding
from carbonplan.diagnose.wording import amount
from carbonplan.problem.fleet import obtainable
from carbonplan.technology.operating import CONTEXT, MEMORY, explain, operating_points
from carbonplan.technology.planning import calibration_of

if TYPE_CHECKING:
    from carbonplan.catalogue.inputs import Inputs, WorkloadClass
    from carbonplan.configurations import Configurations
    from carbonplan.scenario.workloads import Workload
    from carbonplan.technology.operating import OperatingPoints, Replica


@dataclass(frozen=True)
class Best:
    """The best times of one request alone for a class, and where they are had [s]."""

    ttft_s: float
    ttft_on: str
    tpot_s: float
    tpot_on: str


def findings(inputs: Inputs, configurations: Configurations | None) -> Iterator[Finding]:
    """Classes that nothing serves and origins that no region is near, workload by workload."""
    for workload in inputs.scenario.workloads:
        far = list(too_far(inputs, workload))
        yield from far
        classes = [k for k in inputs.classes if k.workload.name == workload.name]
        unserved = [k for k in classes if not is_served(k, configurations)]
        if unserved and not far:
            yield why_unserved(inputs, unserved[0])
        elif not far:
            yield from nowhere_to_stand(inputs, workload, configurations)


def is_served(one: WorkloadClass, configurations: Configurations | None) -> bool:
    """Whether a configuration serves a class, or one each of its phases."""
    if configurations is None:
        return False
    rate = configurations.table["rate_rps"].sel(request_class=one.name)
    roles = set(configurations.table["role"].values[rate.values > 0].tolist())
    return "mixed" in roles or {"prefill", "decode"} <= roles


def too_far(inputs: Inputs, workload: Workload) -> Iterator[Finding]:
    """Origins that no region of a workload is near enough to."""
    if workload.kind != "online":
        return
    limit_s, regions = farthest_s(workload), workload_regions(inputs, workload)
    for origin in [o.origin for o in workload.origins] or [ANYWHERE]:
        trips = {r: float(inputs.rtt_s.sel(origin=origin, region=r)) for r in regions}
        nearest = min(trips, key=trips.__getitem__)
        if trips[nearest] > limit_s:
            yield Finding("network", *_far_words(workload, origin, nearest, trips[nearest]))


def _far_words(
    workload: Workload, origin: str, nearest: str, trip_s: float
) -> tuple[str, str, tuple[str, ...]]:
    """Words, workload and paths of an origin that is too far."""
    path, limit_s = f"workloads[{workload.name}]", farthest_s(workload)
    there = f"the nearest permitted region, {nearest}, is {amount(trip_s, 's')} from {origin}"
    if workload.ttft_s is not None and trip_s >= workload.ttft_s:
        words = f"{path}.ttft_s: {amount(workload.ttft_s, 's')} is below the network: {there}"
        return words, workload.name, (f"{path}.ttft_s", "regions")
    own = workload.max_rtt_s is not None
    key = "max_rtt_s" if own else "ttft_s"
    rule = "" if own else f" (half of a TTFT of {amount(workload.ttft_s, 's')})"
    words = (
        f"{path}.{key}: no region may serve origin {origin!r} within "
        f"{amount(limit_s, 's')}{rule}; {there}"
    )
    return words, workload.name, (f"{path}.{key}", "regions")


def why_unserved(inputs: Inputs, one: WorkloadClass) -> Finding:
    """Why no configuration serves a class: memory, an SLO, or what the fleet may use."""
    w, path = one.workload, f"workloads[{one.workload.name}]"
    points, reasons = _points(inputs, one)
    cannot = f"{path}: no configuration of {named(w)} serves class {one.label!r}"
    if points is None:
        reason = reasons[0] if reasons else "as measured"
        return Finding("llm", f"{cannot}: {reason}", w.name, (f"{path}.llm", "fleet"))
    codes = points.rejection[0]
    if ((codes == MEMORY) | (codes == CONTEXT)).all():
        largest = max(range(len(codes)), key=lambda i: _memory_gb(points.replicas[i]))
        replica = points.replicas[largest]
        words = (
            f"{path}.llm: {replica.llm.llm} fits on no SKU of the fleet; on the largest, "
            f"{replica.server.name}: {explain(points, 0, largest)}"
        )
        return Finding("llm", words, w.name, (f"{path}.llm", "fleet.skus"))
    return below_the_best(one, best_of(points), points.classes[0].network_s) or Finding(
        "slo", f"{cannot}{_not_together(w)}", w.name, (f"{path}.ttft_s", f"{path}.tpot_s")
    )


def below_the_best(one: WorkloadClass, best: Best, network_s: float) -> Finding | None:
    """The first SLO that is below the best time of one request alone; None where none is."""
    w = one.workload
    network = f", network of {amount(network_s, 's')} included" if network_s > 0 else ""
    for key, limit_s, found_s, on, what in (
        ("ttft_s", w.ttft_s, best.ttft_s + network_s, best.ttft_on, network),
        ("tpot_s", w.tpot_s, best.tpot_s, best.tpot_on, ""),
    ):
        if limit_s is not None and found_s > limit_s:
            path = f"workloads[{w.name}].{key}"
            words = (
                f"{path}: {amount(limit_s, 's')} is below the best that exists, "
                f"{amount(float(f'{found_s:.4g}'), 's')} for one request of class "
                f"{one.label!r} alone on {on}{what}"
            )
            return Finding("slo", words, w.name, (path,))
    return None


def _not_together(w: Workload) -> str:
    """What is said of a workload whose SLOs can each be met, by one request alone."""
    if w.ttft_s is None or w.tpot_s is None:
        return ""
    return (
        f" within both limits: a TTFT of {amount(w.ttft_s, 's')} and a TPOT of "
        f"{amount(w.tpot_s, 's')} are each possible for one request alone, not together or "
        "not under load"
    )


def best_times(inputs: Inputs, one: WorkloadClass) -> Best | None:
    """Best times of a class on any configuration that holds it; None where none does."""
    points, _ = _points(inputs, one)
    if points is None or np.isin(points.rejection[0], (MEMORY, CONTEXT)).all():
        return None
    return best_of(points)


def best_of(points: OperatingPoints) -> Best:
    """Best times of the first class over the replicas whose memory holds it."""
    holds = ~np.isin(points.rejection[0], (MEMORY, CONTEXT))
    at = {}
    for name in ("best_ttft_s", "best_tpot_s"):
        times = np.where(holds, getattr(points, name)[0], np.inf)
        i = int(times.argmin())
        at[name] = float(times[i]), _told(points.replicas[i])
    return Best(*at["best_ttft_s"], *at["best_tpot_s"])


def nowhere_to_stand(
    inputs: Inputs, workload: Workload, configurations: Configurations
) -> Iterator[Finding]:
    """A workload whose configurations are of SKUs that no permitted region can have."""
    sites, regions = obtainable(inputs), workload_regions(inputs, workload)
    skus = {c.sku for c in configurations.kept if c.llm in workload.llms}
    if skus and not any((sku, region) in sites for sku in skus for region in regions):
        words = (
            f"workloads[{workload.name}]: no server that serves it stands or can be bought in "
            f"{' or '.join(regions)}"
        )
        yield Finding("capacity", words, workload.name, ("fleet.stock", "regions"))


def _points(inputs: Inputs, one: WorkloadClass) -> tuple[OperatingPoints | None, list[str]]:
    """Operating points of a class on everything that can be, and why others cannot be."""
    replicas, reasons = [], []
    measured = llms_in_modes(inputs)
    for llm in inputs.llms:
        if llm.llm not in one.workload.llms or llm.llm in measured:
            continue
        for server in inputs.servers:
            for configuration, replica in candidates_of(inputs, llm, server):
                reason = impossible(replica)
                if reason:
                    reasons.append(reason[1])
                elif not configuration.on_host:
                    replicas.append(replica)
    if not replicas:
        return None, reasons
    points = operating_points(
        replicas,
        [class_limits(inputs, one)],
        utilisation_limit=inputs.scenario.fleet.utilisation_limit,
        calibration=calibration_of(inputs),
    )
    return points, reasons


def _memory_gb(replica: Replica) -> float:
    return replica.accelerators * replica.server.accelerator.memory_gb


def _told(replica: Replica) -> str:
    parallel = f"tp{replica.tensor_parallel}"
    if replica.pipeline_parallel > 1:
        parallel += f"pp{replica.pipeline_parallel}"
    return f"{replica.server.name} ({parallel}, {replica.precision})"
