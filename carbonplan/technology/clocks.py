r"""What a lower clock or a lower power limit does to the time and power of a load.

A load is what keeps an accelerator busy at full clock: cores that compute for a share c of its
time, memory that is read for a share m, both at once, and an overhead h that no clock changes,

.. math:: \sqrt{c^2 + m^2} + h = 1

At clock f over boost, cores follow the clock up to the sustained clock :math:`f_s`, at which
matrix units under full load reach the board's limit. Memory has a clock of its own; only below
the knee :math:`f_m` does the path to it, whose clock follows that of the cores down to 0.6 of
the knee, hold it back:

.. math::

    \tau(f) = \sqrt{\bigl(c\, f_s / \min(f, f_s)\bigr)^2 + \bigl(m\, s(f)\bigr)^2} + h,
    \qquad s(f) = \max\bigl(1, f_m / \max(f, 0.6 f_m)\bigr)^2

Power of the cores follows :math:`g(f) = f\,v(f)^2`, and so does a share σ of idle power:

.. math::

    P(f) = P_i\,(1 - \sigma + \sigma g(f)) + P_c\, g(f)\, \frac{\tau_1(f)}{\tau(f)}
        + P_x \min\Bigl(1, \frac{v(f)^2}{v(f_s)^2}\Bigr) \frac{1}{\tau(f)}
        + P_m \frac{1}{\tau(f)}

with the idle, core, matrix and memory power of the load at full clock: what matrix units and
memory draw goes with the work that they do. In :math:`\tau_1` the path to memory slows it with
the exponent one only: cores that wait longer than that have nothing to issue. A power limit
holds the load at the highest clock whose power it allows.

More clock is never slower and never draws less; a lower limit is never faster; at full clock
and default limit both ratios are one.

Source
------
``chandrakasan-1992``: dynamic power follows C V² f.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
PATH_EXPONENT = 2.0  # how a narrow path to memory slows it: more than in proportion
LOWEST_PATH = 0.6  # clock of the path to memory over its knee; it goes no lower
LOWEST_CLOCK = 0.1  # over boost; no limit pushes a clock further down
HALVINGS = 30  # of the interval that holds the clock under a limit


@dataclass(frozen=True)
class Response:
    """How accelerators respond to their clock, numbers or arrays over loads."""

    sustained_clock: ArrayLike  # over boost, where matrix units reach the limit [1]
    memory_clock_knee: ArrayLike  # below it the path to memory is too narrow [1]
    voltage_floor: ArrayLike  # lowest voltage over the one at boost [1]
    voltage_knee: ArrayLike  # clock below which the voltage stands at its floor [1]
    idle_clock_share: ArrayLike  # of idle power, what follows the clock [1]


@dataclass(frozen=True)
class Load:
    """What loads do at full clock, numbers or arrays over loads.

    Times are shares of the load's time on the accelerator, powers are over the board's default
    limit; ``duty`` is the share of time that the load is there, the rest it waits for its host.
    """

    compute: ArrayLike
    memory: ArrayLike
    overhead: ArrayLike
    duty: ArrayLike
    idle_power: ArrayLike
    core_power: ArrayLike
    matrix_power: ArrayLike
    memory_power: ArrayLike


def shares(
    compute_s: ArrayLike, memory_s: ArrayLike, overhead_s: ArrayLike
) -> tuple[Array, Array, Array]:
    """Compute, memory and overhead of a load as shares of its time [1]."""
    total_s = np.hypot(compute_s, memory_s) + np.asarray(overhead_s)
    return compute_s / total_s, memory_s / total_s, overhead_s / total_s


def relative_voltage(clock_fraction: ArrayLike, floor: ArrayLike, knee: ArrayLike) -> Array:
    r"""Voltage over that at boost clock [1].

    .. math:: v(f) = v_0 + (1 - v_0) \max(0, f - f_k) / (1 - f_k)
    """
    above = np.maximum(np.asarray(clock_fraction) - knee, 0.0)
    return np.asarray(floor + (1.0 - np.asarray(floor)) * above / (1.0 - np.asarray(knee)))


def core_power(clock_fraction: ArrayLike, floor: ArrayLike, knee: ArrayLike) -> Array:
    r"""Dynamic power of the cores over that at boost clock, :math:`g(f) = f v(f)^2` [1]."""
    return np.asarray(clock_fraction) * relative_voltage(clock_fraction, floor, knee) ** 2


def compute_rate(clock_fraction: ArrayLike, sustained_clock: ArrayLike) -> Array:
    r"""Matrix throughput over that without a limit on the clock [1].

    .. math:: \min(f, f_s) / f_s
    """
    return np.asarray(np.minimum(clock_fraction, sustained_clock) / np.asarray(sustained_clock))


def memory_slowing(
    clock_fraction: ArrayLike, knee: ArrayLike, exponent: float = PATH_EXPONENT
) -> Array:
    r"""Time of memory over that at boost clock [1].

    .. math:: s(f) = \max\bigl(1, f_m / \max(f, 0.6 f_m)\bigr)^2

    Kernels on a V100 that do nothing but read take 1.3, 1.6 and 2.3 times as long at 802, 705
    and 600 MHz as at boost, and hardly longer below: 2.5 and 3.4 times at 502 and 215 MHz.
    """
    slow = np.clip(knee / np.asarray(clock_fraction), 1.0, 1.0 / LOWEST_PATH)
    return np.asarray(slow**exponent)


def relative_time(load: Load, response: Response, clock_fraction: ArrayLike) -> Array:
    r"""Time of loads over that at full clock, :math:`d\,\tau(f) + 1 - d` [1]."""
    duty = np.asarray(load.duty)
    return duty * _work_time(load, response, clock_fraction) + 1.0 - duty


def relative_power(load: Load, response: Response, clock_fraction: ArrayLike) -> Array:
    """Mean power of loads over that at full clock, waits for the host included [1]."""
    return mean_power(load, response, clock_fraction) / mean_power(load, response, 1.0)


def mean_power(load: Load, response: Response, clock_fraction: ArrayLike) -> Array:
    """Mean power of loads over the board's limit; the board idles while they wait [1]."""
    duty = np.asarray(load.duty)
    working = duty * _work_time(load, response, clock_fraction)
    waiting = 1.0 - duty
    energy = working * work_power(load, response, clock_fraction)
    energy = energy + waiting * _idle_power(load, response, clock_fraction)
    return energy / (working + waiting)


def work_power(load: Load, response: Response, clock_fraction: ArrayLike) -> Array:
    """Power of loads over the board's limit while they are on the accelerator [1]."""
    time = _work_time(load, response, clock_fraction)
    issuing = _work_time(load, response, clock_fraction, exponent=1.0) / time
    cores = load.core_power * _core_power(response, clock_fraction) * issuing
    work = load.memory_power + load.matrix_power * _matrix_energy(response, clock_fraction)
    return _idle_power(load, response, clock_fraction) + cores + work / time


def held_clock(
    load: Load,
    response: Response,
    clock_fraction: ArrayLike,
    power_limit_fraction: ArrayLike,
) -> Array:
    """Clock at which loads run under a locked clock and a power limit [1].

    The highest clock, up to the locked one, whose power is within the limit; where even the
    lowest clock draws more, that one.

    Parameters
    ----------
    clock_fraction
        Locked clock over boost; 1 where none is [1].
    power_limit_fraction
        Limit over the board's default; at the default nothing is held below the sustained
        clock, which stands for it [1].
    """
    locked, limit = np.asarray(clock_fraction, float), np.asarray(power_limit_fraction, float)
    shape = np.broadcast_shapes(locked.shape, limit.shape, np.shape(load.compute))
    low, high = np.full(shape, LOWEST_CLOCK), np.ones(shape)
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        allowed = work_power(load, response, middle) <= limit
        low, high = np.where(allowed, middle, low), np.where(allowed, high, middle)
    free = (limit >= 1.0) | (work_power(load, response, 1.0) <= limit)
    return np.minimum(locked, np.where(free, 1.0, low))


def _work_time(
    load: Load,
    response: Response,
    clock_fraction: ArrayLike,
    exponent: float = PATH_EXPONENT,
) -> Array:
    compute = load.compute / compute_rate(clock_fraction, response.sustained_clock)
    slowing = memory_slowing(clock_fraction, response.memory_clock_knee, exponent)
    return np.hypot(compute, load.memory * slowing) + load.overhead


def _core_power(response: Response, clock_fraction: ArrayLike) -> Array:
    return core_power(clock_fraction, response.voltage_floor, response.voltage_knee)


def _matrix_energy(response: Response, clock_fraction: ArrayLike) -> Array:
    """Energy of matrix work over that at the sustained clock: voltage squared [1]."""
    floor, knee = response.voltage_floor, response.voltage_knee
    sustained = relative_voltage(response.sustained_clock, floor, knee)
    return np.minimum(relative_voltage(clock_fraction, floor, knee) / sustained, 1.0) ** 2


def _idle_power(load: Load, response: Response, clock_fraction: ArrayLike) -> Array:
    follows = 1.0 - _core_power(response, clock_fraction)
    return load.idle_power * (1.0 - response.idle_clock_share * follows)
