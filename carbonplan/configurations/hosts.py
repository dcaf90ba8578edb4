"""Configurations on the idle sockets of hosts, and the memory that hosts have left for them.

Sockets serve batch classes only: their tokens come too slowly for people who wait. A replica
takes a share of its host's cores and memory channels, and DRAM that the server itself does not
need.
"""

from __future__ import annotations

from collections.abc import Iterator

from carbonplan.catalogue.inputs import Inputs, WorkloadClass
from carbonplan.catalogue.records import ModelCard, Server
from carbonplan.configurations.records import Configuration
from carbonplan.technology.figures import Replica
from carbonplan.technology.host_memory import free_dram_gb
from carbonplan.technology.host_sockets import (
    host_replica,
    replica_dram_gb,
    sockets_are_free,
)
from carbonplan.technology.memory import USABLE_FRACTION
from carbonplan.technology.shapes import llm_figures
from carbonplan.units import BYTES_PER_GB


def host_candidates(
    inputs: Inputs, llm: ModelCard, server: Server
) -> Iterator[tuple[Configuration, Replica]]:
    """What may run on a server's host; nothing without batch work of the LLM."""
    fleet = inputs.scenario.fleet
    asked = any(may_serve_batch(one) and llm.llm in one.workload.llms for one in inputs.classes)
    if not (fleet.host_reuse and fleet.host_reuse_share and asked and sockets_are_free(server)):
        return
    for tp in fleet.tensor_parallel:
        if tp > server.host.sockets:
            continue
        for precision in fleet.precisions:
            replica = host_replica(server, llm, tp, precision)
            configuration = Configuration(
                llm.llm, server.name, tp, 1, precision, 1.0, on_host=True
            )
            yield configuration, replica


def may_serve_batch(workload_class: WorkloadClass) -> bool:
    """Whether the work of a class waits for idle sockets."""
    return workload_class.workload.kind == "batch"


def out_of_dram(
    inputs: Inputs, configuration: Configuration, replica: Replica
) -> tuple[str, str] | None:
    """Kind and words of a rejection where a host has too little DRAM left, or None."""
    if not configuration.on_host:
        return None
    server = next(one for one in inputs.servers if one.name == configuration.sku)
    needed = replica_dram_gb(replica)
    free = free_dram_gb(server, checkpoints_gb(inputs, server))
    if needed <= free:
        return None
    return "memory", f"needs {needed:.0f} GB of DRAM, the host has {free:.0f} GB left"


def checkpoints_gb(inputs: Inputs, server: Server) -> list[float]:
    """Checkpoints that may run on a server's accelerators: LLMs in precisions that fit [GB]."""
    room_gb = USABLE_FRACTION * server.accelerator.memory_gb * server.sku.accelerators
    weights_gb = [
        llm_figures(llm, precision).weight_bytes / BYTES_PER_GB
        for llm in inputs.llms
        for precision in inputs.scenario.fleet.precisions
    ]
    return [one for one in weights_gb if one <= room_gb]
