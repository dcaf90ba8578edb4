"""Names of configurations and engines in a plan: what may run under them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from carbonplan.technology.host_sockets import ON_HOST, host_replica, sockets_are_free
from carbonplan.technology.operating import Replica
from carbonplan.verify.modes import llms_in_modes, mode_replica

if TYPE_CHECKING:
    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.catalogue.records import ModelCard, Server

NAME = re.compile(
    r"(?P<llm>.+)@(?P<sku>[^@]+):tp(?P<tp>\d+)(?:pp(?P<pp>\d+))?"
    r":(?P<precision>\w+)(?::(?P<role>prefill|decode))?"
    r"(?::(?P<mode>[^:]+) at (?P<measured_clock>\d+)%)?:(?P<clock>\d+)%"
)


def named_replica(inputs: Inputs, name: str) -> Replica | str:
    """What a configuration's name stands for, or why the scenario does not allow it."""
    fleet = inputs.scenario.fleet
    parsed = NAME.fullmatch(name)
    if parsed is None:
        return "the name is not one of a configuration"
    servers = {server.name: server for server in inputs.servers}
    llms = {card.llm: card for card in inputs.llms}
    sku = parsed["sku"].removesuffix(ON_HOST)
    if sku not in servers:
        return f"SKU {sku!r} is not in the fleet"
    if parsed["llm"] not in llms:
        return f"no workload asks for LLM {parsed['llm']!r}"
    if sku != parsed["sku"]:
        return _host_replica(inputs, servers[sku], llms[parsed["llm"]], parsed)
    server = servers[sku]
    if parsed["mode"]:
        return mode_replica(inputs, server, llms[parsed["llm"]], parsed)
    if parsed["llm"] in llms_in_modes(inputs):
        return f"LLM {parsed['llm']!r} is served in its measured modes only"
    tp, pp = int(parsed["tp"]), int(parsed["pp"] or 1)
    if tp not in fleet.tensor_parallel or pp not in fleet.pipeline_parallel:
        return f"parallelism {tp} x {pp} is not in the fleet's"
    if server.sku.accelerators % (tp * pp):
        return f"{tp * pp} accelerators do not divide the server's {server.sku.accelerators}"
    if parsed["precision"] not in fleet.precisions:
        return f"precision {parsed['precision']!r} is not in the fleet's"
    clocks = fleet.clock_fractions if server.accelerator.kind == "gpu" else [1.0]
    clock = next((f for f in clocks if round(100 * f) == int(parsed["clock"])), None)
    if clock is None:
        return f"clock {parsed['clock']} % is not in the fleet's"
    role = parsed["role"] or "mixed"
    if fleet.phases != "either" and (role == "mixed") != (fleet.phases == "mixed"):
        return f"phases are {fleet.phases}, its replicas are for {role}"
    return Replica(server, llms[parsed["llm"]], tp, pp, parsed["precision"], clock, role)


def _host_replica(
    inputs: Inputs, server: Server, llm: ModelCard, parsed: re.Match[str]
) -> Replica | str:
    """A replica on a server's host, or why the scenario does not allow it."""
    fleet, tp = inputs.scenario.fleet, int(parsed["tp"])
    if not fleet.host_reuse or not sockets_are_free(server):
        return f"the host of {server.name} is not free for replicas"
    if tp not in fleet.tensor_parallel or tp > server.host.sockets or parsed["pp"]:
        return f"parallelism {tp} is not in the fleet's, or passes the host's sockets"
    if parsed["precision"] not in fleet.precisions:
        return f"precision {parsed['precision']!r} is not in the fleet's"
    if parsed["clock"] != "100" or parsed["role"]:
        return "a replica on a host runs at its full clock and serves both phases"
    return host_replica(server, llm, tp, parsed["precision"])


def sku_of(replica: Replica) -> str:
    """SKU that a replica runs on, be it on its host."""
    return replica.server.name.removesuffix(ON_HOST)


def engine_name(configuration: str) -> str:
    """Name of the engine of a configuration: all but the clock."""
    return configuration.rpartition(":")[0]
