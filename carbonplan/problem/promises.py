"""What workloads are promised beyond their SLOs, and what limits concentration."""

from __future__ import annotations

from carbonplan.catalogue.inputs import Inputs
from carbonplan.configurations import Configurations
from carbonplan.problem.records import Promises, Shares


def promises(inputs: Inputs, configurations: Configurations) -> Promises:
    """Quality above the floor by class and configuration, and spare replicas by workload.

    A floor that every LLM of its workload reaches asks for nothing.
    """
    return Promises(
        workload_of={one.name: one.workload.name for one in inputs.classes},
        quality_margin=_quality_margin(inputs, configurations),
        spare_replicas={
            one.name: one.spare_replicas
            for one in inputs.scenario.workloads
            if one.spare_replicas
        },
        alternatives=frozenset(
            (k.name, c.name)
            for k in inputs.classes
            for c in configurations.kept
            if c.llm in k.workload.llms[1:]
        ),
    )


def _quality_margin(
    inputs: Inputs, configurations: Configurations
) -> dict[tuple[str, str], float]:
    """Tokens of an answer times its quality above the floor."""
    answering = [one for one in configurations.kept if one.role != "prefill"]
    margins = {}
    for k in inputs.classes:
        floor, qualities = k.workload.quality_floor, k.workload.qualities
        if floor is None or min(qualities.values()) >= floor:
            continue
        tokens = k.request_class.output_tokens
        margins |= {
            (k.name, c.name): tokens * (qualities[c.llm] - floor)
            for c in answering
            if c.llm in qualities
        }
    return margins


def shares(inputs: Inputs) -> Shares:
    """Most that may stand in one region and be of one vendor."""
    fleet = inputs.scenario.fleet
    return Shares(
        of_region=fleet.largest_region_share,
        of_vendor=fleet.largest_vendor_share,
        vendor_of={server.name: server.accelerator.vendor for server in inputs.servers},
    )
