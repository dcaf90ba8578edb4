r"""Idle CPU sockets of a host as a server of their own, served by the same roofline.

What a socket computes and reads is a row of ``data/hardware/host_cpus.csv``: peaks are cores
times operations per core and cycle times the sustained clock, bandwidth is channels times
transfers times eight bytes. Its efficiencies are the coefficients of CPUs. A replica takes the
memory that it needs from the host,

.. math:: M = TP\,(W / TP + M_{act} + M_{kv}) / 0.9

and draws what its sockets draw above idle, the host's own idle power being drawn anyway.
Making the host is charged to the server that it belongs to: its sockets have no bill of parts.

Source
------
``greensku-2024-derate`` for idle sockets, ``host-cpu-2u`` for what DRAM, fans and supplies add,
``host-memory-needs`` for the KV cache.
"""

from __future__ import annotations

from carbonplan.catalogue.host_records import HostCpu
from carbonplan.catalogue.records import (
    Accelerator,
    AcceleratorPower,
    Host,
    ModelCard,
    Server,
    Sku,
)
from carbonplan.technology.figures import Replica
from carbonplan.technology.memory import USABLE_FRACTION, llm_activations_gb
from carbonplan.technology.shapes import llm_figures
from carbonplan.units import BYTES_PER_GB

ON_HOST = "/host"  # after the name of a SKU: its host's sockets
IDLE_SHARE = 0.2  # greensku-2024-derate: of TDP, a socket without work
SUPPORT_SHARE = 0.16  # host-cpu-2u: of TDP, what DRAM, fans and supplies add to a busy socket
KV_CACHE_GB = 40 * 2**30 / BYTES_PER_GB  # host-memory-needs: of one socket


def sockets_are_free(server: Server) -> bool:
    """Whether a server has sockets beside its accelerators, and figures of them."""
    return server.cpu is not None and server.accelerator.kind == "gpu"


def host_replica(
    server: Server, llm: ModelCard, tensor_parallel: int, precision: str
) -> Replica:
    """A replica on as many sockets of the server's host, with the memory that it needs."""
    gb = socket_memory_gb(llm, tensor_parallel, precision)
    return Replica(host_server(server, gb), llm, tensor_parallel, 1, precision, 1.0)


def socket_memory_gb(llm: ModelCard, tensor_parallel: int, precision: str) -> float:
    """DRAM that a replica takes at each of its sockets [GB]."""
    figures = llm_figures(llm, precision)
    weights_gb = figures.weight_bytes / BYTES_PER_GB / tensor_parallel
    activations_gb = float(llm_activations_gb(figures, tensor_parallel))
    return (weights_gb + activations_gb + KV_CACHE_GB) / USABLE_FRACTION


def replica_dram_gb(replica: Replica) -> float:
    """DRAM of a replica on a host, all its sockets together [GB]."""
    return replica.tensor_parallel * replica.server.accelerator.memory_gb


def host_share(replica: Replica) -> float:
    """Share of the cores and memory channels of a host that a replica takes [1]."""
    return replica.tensor_parallel / replica.server.sku.accelerators


def host_server(server: Server, memory_gb: float) -> Server:
    """The host of a server as a server whose accelerators are CPU sockets.

    Parameters
    ----------
    server
        With the CPU of its host.
    memory_gb
        DRAM of one socket that a replica may use.
    """
    cpu, host = server.cpu, server.host
    if cpu is None:
        raise ValueError(f"nothing is known of the CPU of {server.name}")
    return Server(
        sku=_sku(server.sku, host),
        host=host.model_copy(update={"load_w": SUPPORT_SHARE * cpu.tdp_w * host.sockets}),
        accelerator=socket(cpu, memory_gb),
        power=AcceleratorPower(
            accelerator=cpu.cpu,
            idle_w=IDLE_SHARE * cpu.tdp_w,
            parked_w=IDLE_SHARE * cpu.tdp_w,
            evidence="derived",
            source="greensku-2024-derate",
        ),
        price=server.price,
        parts=(),
    )


def socket(cpu: HostCpu, memory_gb: float) -> Accelerator:
    """A CPU socket serving as an accelerator; without 8-bit and 4-bit float peaks."""
    return Accelerator(
        accelerator=cpu.cpu,
        kind="cpu",
        vendor=cpu.vendor,
        architecture=cpu.architecture,
        launch_year=cpu.launch_year,
        memory_type=cpu.memory_type,
        memory_gb=memory_gb,
        memory_bandwidth_gb_per_s=cpu.memory_bandwidth_gb_per_s,
        fp16_tflops=cpu.fp16_tflops,
        bf16_tflops=cpu.bf16_tflops,
        fp8_tflops=None,
        int8_tops=cpu.int8_tops,
        fp4_tflops=None,
        tdp_w=cpu.tdp_w,
        boost_clock_mhz=cpu.sustained_clock_mhz,
        lowest_clock_mhz=cpu.lowest_clock_mhz,
        scale_up_link=cpu.socket_link,
        scale_up_bandwidth_gb_per_s=cpu.socket_link_gb_per_s or cpu.memory_bandwidth_gb_per_s,
        evidence=cpu.evidence,
        source=cpu.source,
    )


def _sku(sku: Sku, host: Host) -> Sku:
    return sku.model_copy(
        update={
            "sku": f"{sku.sku}{ON_HOST}",
            "accelerator": host.cpu,
            "accelerators": host.sockets,
        }
    )
