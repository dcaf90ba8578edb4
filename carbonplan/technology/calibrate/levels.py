"""What the fit may choose: every coefficient with its levels, and how far each may reach.

A spread is the standard deviation, in logarithms, of values about the one above: of the pooled
value about what the literature leads one to expect, of factors about one. Few measurements
move a value little; many move it as far as they ask for. A shape's spread is that of its
exponent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from carbonplan.technology.calibration import Level


@dataclass(frozen=True)
class Choice:
    """One fitted coefficient: expected value, spreads, unit.

    Without an expected value it is known already, and only factors on it are fitted.
    """

    expected: float | None
    spread: float
    unit: str
    factors: Mapping[Level, float] = field(default_factory=dict)
    shapes: Mapping[str, float] = field(default_factory=dict)


TIMES: Mapping[str, Choice] = {
    "compute_efficiency": Choice(
        0.55,
        0.3,
        "1",
        {"architecture": 0.2, "accelerator": 0.1, "architecture-engine": 0.2, "precision": 0.2},
        {"watts-per-tflops": 0.5, "slice": 0.15},
    ),
    "prefill_efficiency": Choice(
        1.0,
        0.3,
        "1",
        {"engine": 0.4, "architecture": 0.2},
        {"watts-per-tflops": 1.0, "cut-slice": 0.15},
    ),
    "narrow_efficiency": Choice(
        0.8, 0.2, "1", {"precision": 0.1, "architecture": 0.1, "engine": 0.1}
    ),
    "bandwidth_efficiency": Choice(
        0.75,
        0.2,
        "1",
        {
            "architecture": 0.15,
            "accelerator": 0.1,
            "architecture-engine": 0.15,
            "precision": 0.15,
        },
        {"vector-memory": 0.5},
    ),
    "attention_efficiency": Choice(
        0.7,
        0.2,
        "1",
        {"architecture": 0.15, "engine": 0.4, "architecture-engine": 0.2},
        {
            "latent-attention": 0.5,
            "converted-cache": 2.0,
            "repeated-cache": 0.3,
            "paged-cache": 0.5,
            "grouped-cache": 0.3,
            "uncut-cache": 0.5,
            "ported-cache": 2.0,
            "batched-cache": 3.0,
        },
    ),
    "pairs_efficiency": Choice(None, 0.0, "1", {"unfused": 0.7}),
    "expert_efficiency": Choice(
        0.7,
        0.3,
        "1",
        {"architecture": 0.2, "engine": 0.3, "precision": 0.3},
        {"expert": 0.2, "expert-parallel": 0.3, "data-parallel": 0.3},
    ),
    "prompt_expert_efficiency": Choice(0.7, 0.4, "1", {"engine": 0.4, "architecture": 0.2}),
    "expert_evenness": Choice(0.9, 0.3, "1", {"engine": 0.3}),
    "step_overhead_ms": Choice(
        1.5,
        0.7,
        "ms",
        {"engine-family": 0.5, "engine": 0.5, "architecture": 0.2},
        {"size": 0.3},
    ),
    "layer_overhead_us": Choice(
        25.0,
        0.7,
        "us",
        {"engine-family": 0.5, "engine": 0.5, "architecture": 0.2},
        {"tensor-parallel": 0.2, "size": 0.3, "latent-attention": 0.3},
    ),
    "expert_overhead_us": Choice(
        40.0,
        0.7,
        "us",
        {"engine-family": 0.3, "engine": 0.3, "architecture": 0.2, "precision": 0.2},
        {"picked-by-host": 1.0},
    ),
    "launch_overlap": Choice(0.3, 0.7, "1", {"engine": 1.0}),
    "sequence_overhead_us": Choice(
        30.0,
        0.7,
        "us",
        {"engine-family": 0.5, "engine": 0.5, "architecture": 0.2},
        {"size": 0.3},
    ),
    "prefill_layer_overhead_us": Choice(80.0, 0.7, "us", {"engine": 0.5}),
    "prefill_expert_overhead_us": Choice(150.0, 0.7, "us", {"engine": 0.5}),
    "request_overhead_ms": Choice(10.0, 0.7, "ms", {"engine": 0.6}, {"handed-over": 1.0}),
    "request_overhead_growth": Choice(0.5, 0.3, "1"),
    "prompt_cost": Choice(1.0, 0.3, "1", {"engine": 0.3}),
    "admission_ms": Choice(3.0, 0.7, "ms", {"engine": 0.6, "modality": 2.0}),
    # collectives of their own are quicker than the library that was measured
    "allreduce_base_us": Choice(None, 0.0, "us", {"engine": 0.6, "architecture": 0.3}),
    "allreduce_hop_us": Choice(None, 0.0, "us", {"engine": 0.8}),
    "link_efficiency": Choice(None, 0.0, "1", {"engine": 0.3}),
    "sequence_limit": Choice(1500.0, 0.5, "1", {"engine": 0.4}),
    "served_share": Choice(0.95, 0.05, "1", {"task": 0.3}),
    "reported_prompt_share": Choice(0.9, 0.1, "1", {"engine": 0.5}),
    "stage_overlap": Choice(0.8, 0.3, "1"),
}
BUSY: Mapping[Level, float] = {  # of matrix units and of memory
    "architecture": 0.3,
    "accelerator": 0.1,
    "engine": 0.2,
    "engine-family": 0.2,
    "precision": 0.2,
}
POWERS: Mapping[str, Choice] = {
    "compute_power_share": Choice(0.6, 0.5, "1", BUSY),
    "prompt_power_share": Choice(
        0.7,
        0.4,
        "1",
        {"architecture": 0.2, "engine": 0.2, "engine-family": 0.2, "modality": 0.4},
    ),
    "memory_power_share": Choice(0.5, 0.5, "1", BUSY),
    "cache_power_share": Choice(
        0.4, 0.5, "1", {"architecture": 0.3, "engine": 0.2, "engine-family": 0.2}
    ),
    # padding of small experts keeps matrix units busy, large ones are waited for
    "stall_power_share": Choice(0.5, 0.5, "1", {"engine": 0.7}, {"expert": 0.5}),
    "link_power_share": Choice(0.2, 0.7, "1", {"architecture": 0.3, "engine": 0.3}),
    "sequence_power_share": Choice(0.2, 0.7, "1", {"engine": 0.3}),
    # small kernels follow each other faster; ranks wait for each other
    "active_power_share": Choice(
        0.1,
        0.5,
        "1",
        {"architecture": 0.3, "engine": 0.3, "engine-family": 0.3},
        {"slice": 0.2, "tensor-parallel": 0.1},
    ),
}
CHOICES: Mapping[str, Choice] = {**TIMES, **POWERS}
