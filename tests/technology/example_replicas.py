"""Replicas and figures of the tests here."""

from dataclasses import replace

import numpy as np

from carbonplan.technology.calibration import Calibration, load_calibration
from carbonplan.technology.coefficients import NAMES, Coefficients
from carbonplan.technology.figures import Replica, ReplicaFigures, replica_figures
from tests.technology.example_records import (
    DEEPSEEK,
    H100_8,
    LLAMA_8B,
    LLAMA_70B,
    MIXTRAL,
    NEW_8,
    T4_4,
)

CALIBRATION: Calibration = load_calibration()
VLLM_2025 = replace(CALIBRATION, engine="vllm-2025")  # of what was published
ENGINES = sorted({name for _, level, name in CALIBRATION.rows if level == "engine"})
NO_TIME = (  # coefficients that are zero where only arithmetic and traffic take time
    *("step_overhead_ms", "layer_overhead_us", "expert_overhead_us", "launch_overlap"),
    *("sequence_overhead_us", "prefill_layer_overhead_us", "prefill_expert_overhead_us"),
    *("request_overhead_ms", "request_overhead_growth", "admission_ms"),
    *("allreduce_base_us", "allreduce_hop_us", "link_contention"),
)
VARIETY = (  # dense, experts and latent attention; whole and split; known and new hardware
    {},
    {"precision": "fp8"},
    {"server": T4_4, "precision": "int4"},
    {"llm": LLAMA_70B, "tensor_parallel": 4},
    {"llm": LLAMA_70B, "tensor_parallel": 2, "pipeline_parallel": 2},
    {"llm": LLAMA_70B, "tensor_parallel": 8, "precision": "int8", "server": NEW_8},
    {"llm": MIXTRAL, "tensor_parallel": 2},
    {"llm": MIXTRAL, "tensor_parallel": 2, "pipeline_parallel": 2, "precision": "int4"},
    {"llm": DEEPSEEK, "tensor_parallel": 8, "precision": "fp8"},
    {"llm": DEEPSEEK, "tensor_parallel": 8, "precision": "fp4", "server": NEW_8},
)


def replica(**changes) -> Replica:
    values = {
        "server": H100_8,
        "llm": LLAMA_8B,
        "tensor_parallel": 1,
        "pipeline_parallel": 1,
        "precision": "bf16",
        "clock_fraction": 1.0,
    }
    return Replica(**{**values, **changes})


def figures(*changes: dict, calibration: Calibration = CALIBRATION) -> ReplicaFigures:
    """Figures of one replica for each set of changes; of the plain one without any."""
    return replica_figures([replica(**change) for change in changes or ({},)], calibration)


def plain(*changes: dict, **coefficients: float) -> ReplicaFigures:
    """Figures with made coefficients: data sheets hold and nothing else takes time, but for
    what is given."""
    part = figures(*changes)
    count = len(part.tensor_parallel)
    values = {name: float(name not in NO_TIME) for name in NAMES}
    values |= {"memory_clock_knee_mhz": 0.0} | coefficients
    made = Coefficients(*(np.full(count, values[name]) for name in NAMES))
    return replace(part, coefficients=made)
