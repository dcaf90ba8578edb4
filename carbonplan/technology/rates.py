"""How fast one accelerator multiplies and reads at the clock of a replica."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from carbonplan.technology.clocks import compute_rate, memory_slowing
from carbonplan.technology.figures import ReplicaFigures
from carbonplan.units import BYTES_PER_GB, FLOPS_PER_TFLOPS


def flops_per_s(replica: ReplicaFigures) -> NDArray[np.float64]:
    """Matrix throughput in the precision of the weights, (replica,) [1/s]."""
    c = replica.coefficients
    narrow = 1.0 - replica.hardware.narrow * (1.0 - c.narrow_efficiency)
    peak = replica.hardware.peak_tflops * FLOPS_PER_TFLOPS
    return peak * c.compute_efficiency * narrow * _clock_rate(replica)


def wide_flops_per_s(replica: ReplicaFigures) -> NDArray[np.float64]:
    """Of what stays in 16 bits, (replica,) [1/s]."""
    peak = replica.hardware.attention_tflops * FLOPS_PER_TFLOPS
    return peak * replica.coefficients.compute_efficiency * _clock_rate(replica)


def bytes_per_s(replica: ReplicaFigures) -> NDArray[np.float64]:
    """Memory throughput, (replica,) [bytes/s]."""
    peak = replica.hardware.bandwidth_gb_per_s * BYTES_PER_GB
    return peak * replica.coefficients.bandwidth_efficiency / memory_time(replica)


def memory_time(replica: ReplicaFigures) -> NDArray[np.float64]:
    """Time of reading at the replica's clock over that at boost, (replica,) [1]."""
    knee = replica.coefficients.memory_clock_knee_mhz / replica.hardware.boost_clock_mhz
    return memory_slowing(replica.clock_fraction, knee) / memory_slowing(1.0, knee)


def _clock_rate(replica: ReplicaFigures) -> NDArray[np.float64]:
    """Matrix throughput over that without a limit on the clock, (replica,) [1]."""
    return compute_rate(replica.clock_fraction, replica.coefficients.sustained_clock)
