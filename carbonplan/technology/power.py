r"""Power of a busy accelerator from what it is busy with, and at which clock.

.. math::

    P = P_{idle} + (P_{limit} - P_{idle})\;\Bigl[\bigl(1 + x^{-6}\bigr)^{-1/6}\Bigr], \qquad
    x = w_c u_c + w_p u_p + w_m u_m + w_k u_k + w_l u_l + w_s u_s + w_0

with the shares u of the time in which matrix units work for sequences and for prompts, weights
and KV cache are read, links are busy and sequences are sampled, and a share for being awake.
What experts are waited for counts with a part of the first and the third. The bracket is x far
below one and one far above: the power limit holds whatever asks for more, matrix units first.
A lower clock lowers what follows the core's clock by :math:`g(f) = f\,v(f)^2`
(:mod:`clocks`), memory's power in part only. Matrix units at full load never run above the
sustained clock :math:`f_s`. Memory draws for what it reads, not for the time that a slow path
to it takes longer.

Source
------
``chandrakasan-1992``: dynamic power follows C V² f; shares fitted on measured serving.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from carbonplan.technology.clocks import core_power
from carbonplan.technology.figures import ReplicaFigures
from carbonplan.technology.performance import PhaseTime, memory_time
from carbonplan.units import W_PER_KW

HIGHEST_KNEE = 0.97  # over boost; above, the voltage would have no slope
LIMIT_SHARPNESS = 6.0  # how near to the limit before it is felt


def busy_power_w(phase: PhaseTime, replica: ReplicaFigures) -> NDArray[np.float64]:
    """Power of one accelerator during a phase, host excluded, (..., replica) [W]."""
    hardware = replica.hardware
    asked = _asked(phase, replica)
    return hardware.idle_w + limited(asked) * (hardware.limit_w - hardware.idle_w)


def limited(asked: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Share of the power above idle that the limit lets through, of what is asked for [1].

    .. math:: x\,(1 + x^6)^{-1/6}
    """
    return asked / (1.0 + asked**LIMIT_SHARPNESS) ** (1.0 / LIMIT_SHARPNESS)


def _asked(phase: PhaseTime, replica: ReplicaFigures) -> NDArray[np.float64]:
    """What a phase would draw above idle without a limit, over limit minus idle [1]."""
    c = replica.coefficients
    knee = np.minimum(c.voltage_knee_mhz / replica.hardware.boost_clock_mhz, HIGHEST_KNEE)
    core = core_power(replica.clock_fraction, c.voltage_floor, knee)
    sustained = core_power(c.sustained_clock, c.voltage_floor, knee)
    computing = phase.compute_s + c.stall_power_share * phase.stalled_compute_s
    reading = phase.memory_s + c.stall_power_share * phase.stalled_memory_s
    matrix = c.compute_power_share * np.minimum(
        computing / phase.total_s, 1.0
    ) + c.prompt_power_share * phase.share("prompt")
    memory = (
        c.memory_power_share * np.minimum(reading / phase.total_s, 1.0)
        + c.cache_power_share * phase.share("cache")
    ) / memory_time(replica)
    others = (
        c.link_power_share * phase.share("link")
        + c.sequence_power_share * phase.share("sampling")
        + c.active_power_share
    )
    return (
        matrix * np.minimum(core / sustained, 1.0)
        + memory * (1.0 - c.memory_core_share * (1.0 - core))
        + others * core
    )


def above_idle_kw(phase: PhaseTime, replica: ReplicaFigures) -> NDArray[np.float64]:
    """Power of a whole replica above its idle power, its share of the host included [kW]."""
    accelerator_w = busy_power_w(phase, replica) - replica.hardware.idle_w
    return replica.accelerators * (accelerator_w + replica.hardware.host_load_w) / W_PER_KW
