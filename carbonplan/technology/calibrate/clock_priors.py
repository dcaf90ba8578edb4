"""What is plausible of clocks, limits and loads before anything is fitted; what a fit tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from carbonplan.technology.calibrate.loads import SUSTAINED


@dataclass(frozen=True)
class Prior:
    """Plausible value of a coefficient, its limits, and how far off it may be.

    Spreads are of logarithms: of the pooled value, and of a family about that.
    """

    value: float
    least: float
    most: float
    unit: str
    spread: float
    family_spread: float = 0.25


PRIORS: Mapping[str, Prior] = {
    "voltage_floor": Prior(0.77, 0.4, 0.99, "1", 0.03),
    "voltage_knee_mhz": Prior(1000.0, 400.0, 2300.0, "MHz", 0.3),
    "memory_clock_knee_mhz": Prior(900.0, 300.0, 2000.0, "MHz", 0.5),
    "idle_clock_share": Prior(0.3, 0.01, 1.0, "1", 0.7),
    "memory_core_share": Prior(0.6, 0.05, 0.99, "1", 0.3),
    "serving_matrix_power": Prior(1.4, 0.5, 3.0, "1", 0.1),
    "serving_memory_power": Prior(0.8, 0.2, 2.0, "1", 0.1),
    "serving_sampling_power": Prior(0.4, 0.1, 2.0, "1", 0.1),
    "kernel_memory_peak": Prior(0.85, 0.6, 1.0, "1", 0.1),
    "kernel_core_power": Prior(0.8, 0.05, 2.0, "1", 0.5),
    "kernel_memory_power": Prior(0.8, 0.02, 3.0, "1", 0.5),
    "training_memory_share": Prior(0.2, 0.02, 0.9, "1", 0.7),
    "training_power_share": Prior(0.95, 0.3, 2.0, "1", 0.02),
    "training_duty": Prior(0.9, 0.005, 0.999, "1", 0.2, 2.0),
    "training_half_batch": Prior(10.0, 0.1, 1000.0, "1", 1.0, 3.0),
    SUSTAINED: Prior(0.7, 0.5, 1.0, "1", 0.3),  # of boards seen at their limit; others: 1
}
LOADS = tuple(name for name in PRIORS if name.startswith(("serving_", "kernel_", "training_")))


@dataclass(frozen=True)
class ClockFit:
    """A coefficient of a family with its band, and the rows that it rests on.

    Of none, if they say less than what is plausible anyway; the error is then unknown.
    """

    coefficient: str
    family: str
    value: float
    low: float
    high: float
    unit: str
    rows: int
    median_abs_error: float | None
