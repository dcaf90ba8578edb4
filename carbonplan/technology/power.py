r"""Power of a busy accelerator from what it is busy with, and at which clock.

.. math::

    P = P_{idle} + (P_{limit} - P_{idle})\,\min\bigl(x - g\min(x_1 - \ell,\ x_g),\ \ell\bigr),
    \qquad \ell = \bigl(1 + x_1^{-6}\bigr)^{-1/6}

    x_1 = w_c u_c + w_p u_p + w_m u_m + w_k u_k + w_l u_l + w_s u_s + w_0

with the shares u of the time in which matrix units work for sequences and for prompts,
weights and KV cache are read, links are busy and sequences are sampled, and a share for being
awake. What experts are waited for counts with a part of the first three, in prompts with all
of it at most. :math:`x_1` is what a load asks for at boost and :math:`\ell` what it draws
there: x far below one and one far above, as the power limit holds whatever asks for more. At
a lower clock it asks for x: what follows the cores goes by :math:`g(f) = f\,v(f)^2`
(:mod:`clocks`), memory's power in part only, and matrix units at full load never run above
the sustained clock :math:`f_s`. What the limit took away at boost stays away, in proportion
to the cores' power and never more than what follows it (:math:`x_g`): soon below the
sustained clock a load at its limit draws less. Memory draws for what it reads, not for the
time that a slow path to it takes longer.

Source
------
``chandrakasan-1992``: dynamic power follows C V² f; shares fitted on measured serving.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from carbonplan.technology.clocks import core_power
from carbonplan.technology.figures import ReplicaFigures
from carbonplan.technology.performance import PhaseTime
from carbonplan.technology.rates import memory_time
from carbonplan.units import W_PER_KW

HIGHEST_KNEE = 0.97  # over boost; above, the voltage would have no slope
LIMIT_SHARPNESS = 6.0  # how near to the limit before it is felt


def busy_power_w(phase: PhaseTime, replica: ReplicaFigures) -> NDArray[np.float64]:
    """Power of one accelerator during a phase, host excluded, (..., replica) [W]."""
    c, hardware = replica.coefficients, replica.hardware
    knee = np.minimum(c.voltage_knee_mhz / hardware.boost_clock_mhz, HIGHEST_KNEE)
    core = core_power(replica.clock_fraction, c.voltage_floor, knee)
    sustained = core_power(c.sustained_clock, c.voltage_floor, knee)
    matrix, memory, others = _asked_at_boost(phase, replica)
    asked = (
        matrix * np.minimum(core / sustained, 1.0)
        + memory * (1.0 - c.memory_core_share * (1.0 - core))
        + others * core
    )
    at_boost = matrix + memory + others
    following = matrix + others + memory * c.memory_core_share
    cut = core * np.minimum(at_boost - limited(at_boost), following)
    drawn = np.minimum(asked - cut, limited(at_boost))
    return hardware.idle_w + drawn * (hardware.limit_w - hardware.idle_w)


def limited(asked: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Share of the power above idle that the limit lets through, of what is asked for [1].

    .. math:: x\,(1 + x^6)^{-1/6}
    """
    return asked / (1.0 + asked**LIMIT_SHARPNESS) ** (1.0 / LIMIT_SHARPNESS)


def _asked_at_boost(
    phase: PhaseTime, replica: ReplicaFigures
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """What matrix units, memory and all else ask for above idle, over limit minus idle [1]."""
    c = replica.coefficients
    computing = phase.compute_s + c.stall_power_share * phase.stalled_compute_s
    reading = phase.memory_s + c.stall_power_share * phase.stalled_memory_s
    idle = 1.0 - np.minimum(c.stall_power_share, 1.0)
    prompts = phase.prompt_s - idle * phase.stalled_prompt_s
    matrix = c.compute_power_share * np.minimum(
        computing / phase.total_s, 1.0
    ) + c.prompt_power_share * np.minimum(prompts / phase.total_s, 1.0)
    memory = (
        c.memory_power_share * np.minimum(reading / phase.total_s, 1.0)
        + c.cache_power_share * phase.share("cache")
    ) / memory_time(replica)
    others = (
        c.link_power_share * phase.share("link")
        + c.sequence_power_share * phase.share("sampling")
        + c.active_power_share
    )
    return matrix, memory, others


def above_idle_kw(phase: PhaseTime, replica: ReplicaFigures) -> NDArray[np.float64]:
    """Power of a whole replica above its idle power, its share of the host included [kW]."""
    accelerator_w = busy_power_w(phase, replica) - replica.hardware.idle_w
    return replica.accelerators * (accelerator_w + replica.hardware.host_load_w) / W_PER_KW
