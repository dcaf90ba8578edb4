"""The calibration at the ends of its bands: which end of a coefficient's band is bad, and why.

A coefficient's low and high value come from the spread of what its fit leaves unexplained. A
plan at one end of all bands at once is no forecast: it says how far the answer could move if
every model were wrong to the same side.

The bad end is that at which a step lasts longer or draws more at the same work. A coefficient
that trades the one for the other has none, and stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from carbonplan.catalogue.bands import End, end_of_band
from carbonplan.scenario.fields import Stance
from carbonplan.technology.calibration import Calibration

UNFAVOURABLE: Mapping[str, End | None] = {
    # less of the data sheet's throughput is reached, so that every step lasts longer
    "compute_efficiency": "low",
    "bandwidth_efficiency": "low",
    "link_efficiency": "low",
    # factors on these, which would count the same doubt twice
    "prefill_efficiency": None,
    "narrow_efficiency": None,
    "attention_efficiency": None,
    "expert_efficiency": None,
    "prompt_expert_efficiency": None,
    "prompt_cost": None,
    "stall_power_share": None,
    # time that no arithmetic fills
    "step_overhead_ms": "high",
    "layer_overhead_us": "high",
    "expert_overhead_us": "high",
    "sequence_overhead_us": "high",
    "prefill_layer_overhead_us": "high",
    "prefill_expert_overhead_us": "high",
    "request_overhead_ms": "high",
    "admission_ms": "high",
    "allreduce_base_us": "high",
    "allreduce_hop_us": "high",
    "transfer_efficiency": "low",
    "transfer_j_per_gb": "high",
    # power while busy
    "compute_power_share": "high",
    "prompt_power_share": "high",
    "memory_power_share": "high",
    "cache_power_share": "high",
    "link_power_share": "high",
    "sequence_power_share": "high",
    "active_power_share": "high",
    # how a slower clock is felt
    "memory_clock_knee_mhz": "high",  # it costs time from a higher clock on
    "memory_core_share": "low",  # less of the memory's power falls with it
    "voltage_floor": "high",  # it saves less
    "voltage_knee_mhz": "low",  # the voltage leaves its floor at a slower clock
    "sustained_clock": None,  # below it a slower clock costs time and saves power
    # shapes of the equations, without a bad end
    "expert_evenness": None,
    "launch_overlap": None,
    "request_overhead_growth": None,
    "link_contention": None,
    # of benchmarks: no plan feels them
    "sequence_limit": None,
    "served_share": None,
    "reported_prompt_share": None,
    "stage_overlap": None,
    "pairs_efficiency": None,
}


def calibration_at(calibration: Calibration, stance: Stance) -> Calibration:
    """The calibration with every coefficient at its end of the band."""
    if stance == "central":
        return calibration
    ends = {
        name: end_of_band(stance, unfavourable)
        for name, unfavourable in UNFAVOURABLE.items()
        if unfavourable is not None
    }
    return replace(calibration, ends=ends)
