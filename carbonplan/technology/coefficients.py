"""The fitted coefficients: what separates data sheets from measured machines.

Efficiencies and shares are without unit; times are of one replica. ``MOST`` holds what a
coefficient stays below, whatever factors ask for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Coefficients:
    """Coefficients over replicas, (replica,)."""

    # throughput over that of the data sheet [1]
    compute_efficiency: NDArray[np.float64]  # matrix units, clock not limited
    sustained_clock: NDArray[np.float64]  # over boost, where matrix units reach the limit
    prefill_efficiency: NDArray[np.float64]  # factor on the former in prompts
    narrow_efficiency: NDArray[np.float64]  # factor on it below 16 bits
    bandwidth_efficiency: NDArray[np.float64]  # reading weights
    attention_efficiency: NDArray[np.float64]  # factor on both for attention kernels
    expert_efficiency: NDArray[np.float64]  # factor on both for routed experts
    prompt_expert_efficiency: NDArray[np.float64]  # factor on that in prompts
    expert_evenness: NDArray[np.float64]  # of the tokens, as if evenly spread over experts
    memory_clock_knee_mhz: NDArray[np.float64]  # below it the path to memory is too narrow
    # time that no arithmetic fills
    step_overhead_ms: NDArray[np.float64]  # scheduling one step
    layer_overhead_us: NDArray[np.float64]  # launching one layer
    expert_overhead_us: NDArray[np.float64]  # routing and grouping in a layer of experts
    launch_overlap: NDArray[np.float64]  # 0: launching adds to a step; large: hidden in it
    sequence_overhead_us: NDArray[np.float64]  # sampling and bookkeeping of a sequence, a step
    prefill_layer_overhead_us: NDArray[np.float64]  # further launching outside a graph
    prefill_expert_overhead_us: NDArray[np.float64]  # the same for a layer of experts
    request_overhead_ms: NDArray[np.float64]  # of a request before its prefill, alone
    request_overhead_growth: NDArray[np.float64]  # exponent of requests that come together
    prompt_cost: NDArray[np.float64]  # of a prompt's arithmetic between steps, over it alone
    admission_ms: NDArray[np.float64]  # of a prompt between the steps of others
    # collectives
    allreduce_base_us: NDArray[np.float64]  # latency without its hops
    allreduce_hop_us: NDArray[np.float64]  # further latency of every peer
    link_efficiency: NDArray[np.float64]  # of the link's one-direction bandwidth, two peers
    link_contention: NDArray[np.float64]  # exponent with which more peers lower it
    # KV cache on its way from one server to another
    transfer_efficiency: NDArray[np.float64]  # of the network adapters' bandwidth
    transfer_j_per_gb: NDArray[np.float64]  # adapters, optics and the switches in between
    # power, of limit minus idle [1]
    compute_power_share: NDArray[np.float64]  # matrix units always busy with steps
    prompt_power_share: NDArray[np.float64]  # with prompts
    memory_power_share: NDArray[np.float64]  # weights always being read
    cache_power_share: NDArray[np.float64]  # KV cache always being read
    stall_power_share: NDArray[np.float64]  # of the three first, while experts are waited for
    link_power_share: NDArray[np.float64]  # links always busy
    sequence_power_share: NDArray[np.float64]  # sequences always being sampled
    active_power_share: NDArray[np.float64]  # awake, whatever else is done
    memory_core_share: NDArray[np.float64]  # of memory's power, what follows the core's clock
    voltage_floor: NDArray[np.float64]  # lowest voltage over the one at boost clock
    voltage_knee_mhz: NDArray[np.float64]  # below it the voltage stands at its floor
    # of benchmarks, not of machines
    sequence_limit: NDArray[np.float64]  # sequences that engines run at most, memory apart
    served_share: NDArray[np.float64]  # of the offline throughput, within latency limits
    reported_prompt_share: NDArray[np.float64]  # of the time of prompts, in a mean TPOT
    pairs_efficiency: NDArray[np.float64]  # factor on memory for a prompt's pairs, if stored
    stage_overlap: NDArray[np.float64]  # of what stages that take turns could do at once


NAMES = tuple(field.name for field in fields(Coefficients))
COMMUNICATION = (
    "allreduce_base_us",
    "allreduce_hop_us",
    "link_efficiency",
    "link_contention",
)
TRANSFER = ("transfer_efficiency", "transfer_j_per_gb")
BENCHMARKS = (
    *("sequence_limit", "served_share", "reported_prompt_share"),
    *("pairs_efficiency", "stage_overlap"),
)
MOST: Mapping[str, float] = {
    "compute_efficiency": 1.0,
    "bandwidth_efficiency": 1.0,
    "attention_efficiency": 2.0,  # GEMMs of few sequences reach less than attention may
    "expert_efficiency": 2.0,
    "link_efficiency": 1.0,
    "transfer_efficiency": 1.0,
    "stage_overlap": 1.0,
}
SHARPNESS = 8.0  # how near to the most before it is felt


def bounded(name: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Values of a coefficient, smoothly held below what it can be at most.

    .. math:: x\,\bigl(1 + (x / m)^8\bigr)^{-1/8}
    """
    if name not in MOST:
        return values
    return values / (1.0 + (values / MOST[name]) ** SHARPNESS) ** (1.0 / SHARPNESS)
