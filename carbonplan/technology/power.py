r"""Power of a busy accelerator from what it is busy with, and at which clock.

.. math::

    P = P_{idle} + (P_{limit} - P_{idle}) \min\Bigl(1,\;
        \min(1, w_c u_c) \min\bigl(1, \tfrac{g(f)}{g(f_s)}\bigr)
        + \bigl(w_s u_s + w_m \kappa u_m\bigr) g(f) + w_m (1 - \kappa) u_m\Bigr),
    \qquad g(f) = f\, v(f)^2

:math:`u_c, u_m, u_s` are the shares of a step in which matrix units and memory are busy and
in which its sequences are sampled; prefill keeps the first busy and reaches the limit, decode
lives on the second and draws more as the batch grows. The voltage v stands at its floor up to
the knee and rises from there to one at boost clock. Matrix units at full load never run above
the sustained clock :math:`f_s`. Memory has a clock of its own, but a share κ of what it draws
feeds the cores that wait for it.

Source
------
``chandrakasan-1992``: dynamic power follows C V² f; shares fitted on measured serving.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from carbonplan.technology.figures import ReplicaFigures
from carbonplan.technology.performance import PhaseTime
from carbonplan.units import W_PER_KW


def relative_voltage(
    clock_fraction: ArrayLike, floor: ArrayLike, knee: ArrayLike
) -> NDArray[np.float64]:
    r"""Voltage over that at boost clock [1].

    .. math:: v(f) = v_0 + (1 - v_0) \max(0, f - f_k) / (1 - f_k)
    """
    above = np.maximum(np.asarray(clock_fraction) - knee, 0.0)
    return np.asarray(floor + (1.0 - floor) * above / (1.0 - np.asarray(knee)))


def core_power(
    clock_fraction: ArrayLike, floor: ArrayLike, knee: ArrayLike
) -> NDArray[np.float64]:
    r"""Dynamic power of the cores over that at boost clock, :math:`g(f) = f v(f)^2` [1]."""
    return np.asarray(clock_fraction) * relative_voltage(clock_fraction, floor, knee) ** 2


def busy_power_w(phase: PhaseTime, replica: ReplicaFigures) -> NDArray[np.float64]:
    """Power of one accelerator during a phase, host excluded, (..., replica) [W]."""
    c, hardware = replica.coefficients, replica.hardware
    core = core_power(replica.clock_fraction, c.voltage_floor, c.voltage_knee)
    sustained = core_power(c.sustained_clock, c.voltage_floor, c.voltage_knee)
    matrix = np.minimum(c.compute_power_share * phase.compute_fraction, 1.0)
    matrix = matrix * np.minimum(core / sustained, 1.0)
    memory = c.memory_power_share * phase.memory_fraction
    sampling = c.sequence_power_share * phase.sampling_fraction
    follows = (sampling + c.memory_core_share * memory) * core
    share = np.minimum(matrix + follows + (1.0 - c.memory_core_share) * memory, 1.0)
    return hardware.idle_w + share * (hardware.limit_w - hardware.idle_w)


def above_idle_kw(phase: PhaseTime, replica: ReplicaFigures) -> NDArray[np.float64]:
    """Power of a whole replica above its idle power, its share of the host included [kW]."""
    accelerator_w = busy_power_w(phase, replica) - replica.hardware.idle_w
    return replica.accelerators * (accelerator_w + replica.hardware.host_load_w) / W_PER_KW
