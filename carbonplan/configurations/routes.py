"""Where requests of a workload may go, and what they ask of replicas there."""

from __future__ import annotations

from carbonplan.catalogue.inputs import Inputs, WorkloadClass
from carbonplan.scenario.workloads import Workload
from carbonplan.technology.operating import ClassLimits

ANYWHERE = "anywhere"  # origin of a workload without origins: no network in between


def farthest_s(workload: Workload) -> float:
    """Longest round trip over which a workload may be served [s]; half its TTFT by default."""
    if workload.max_rtt_s is not None:
        return workload.max_rtt_s
    return float("inf") if workload.ttft_s is None else workload.ttft_s / 2


def workload_regions(inputs: Inputs, workload: Workload) -> list[str]:
    """Regions to which the workload's data may go."""
    allowed = workload.regions
    return [r.region for r in inputs.regions if allowed is None or r.region in allowed]


def workload_routes(inputs: Inputs, workload: Workload) -> list[tuple[str, str]]:
    """(origin, region) pairs near enough for the workload."""
    origins = [origin.origin for origin in workload.origins] or [ANYWHERE]
    limit = farthest_s(workload)
    return [
        (o, r)
        for o in origins
        for r in workload_regions(inputs, workload)
        if float(inputs.rtt_s.sel(origin=o, region=r)) <= limit
    ]


def network_allowance_s(inputs: Inputs, workload: Workload) -> float:
    """Round trip that the TTFT of the workload has to leave room for [s].

    The longest of its routes: every configuration that serves it holds the TTFT from every
    origin that may use it.
    """
    if workload.kind == "batch":
        return 0.0
    trips = [
        float(inputs.rtt_s.sel(origin=o, region=r))
        for o, r in workload_routes(inputs, workload)
    ]
    return max(trips, default=0.0)


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
