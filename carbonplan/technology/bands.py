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
from carbonplan.scenario.schema import Stance
from carbonplan.technology.calibration import Calibration, CoefficientRow

UNFAVOURABLE: Mapping[str, End | None] = {
    # less of the data sheet's throughput is reached, so that every step lasts longer
    "compute_efficiency": "low",
    "sustained_clock": None,  # below it a slower clock costs time and saves power
    "narrow_efficiency": "low",
    "bandwidth_efficiency": "low",
    "attention_efficiency": "low",
    "expert_efficiency": "low",
    "memory_clock_sensitivity": "high",  # a slower clock costs more time
    # time that no arithmetic fills
    "step_overhead_ms": "high",
    "layer_overhead_us": "high",
    "expert_overhead_us": "high",
    "sequence_overhead_us": "high",
    "prefill_layer_overhead_us": "high",
    "prefill_expert_overhead_us": "high",
    "request_overhead_ms": "high",
    # collectives
    "allreduce_base_us": "high",
    "allreduce_hop_us": "high",
    "link_efficiency": "low",
    "link_contention": "high",
    # power while busy
    "compute_power_share": "high",
    "memory_power_share": "high",
    "memory_core_share": "low",  # less of the memory's power falls with the clock
    "sequence_power_share": "high",
    "voltage_floor": "high",  # a slower clock saves less
    "voltage_knee": "low",  # the voltage leaves its floor at a slower clock
}


def calibration_at(calibration: Calibration, stance: Stance) -> Calibration:
    """The calibration with every coefficient at its end of the band."""
    if stance == "central":
        return calibration
    rows = {key: _row_at(row, stance) for key, row in calibration.rows.items()}
    return replace(calibration, rows=rows)


def _row_at(row: CoefficientRow, stance: Stance) -> CoefficientRow:
    unfavourable = UNFAVOURABLE[row.coefficient]
    if unfavourable is None:
        return row
    return row.model_copy(update={"value": getattr(row, end_of_band(stance, unfavourable))})
