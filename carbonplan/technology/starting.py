"""Starting a replica: reading its weights, warming up, and what that takes in energy.

Measured on one machine (``pdblend-l20-2026``): a stopped engine with a 7B LLM in 16 bits needs
35 s to serve again, 41 s on four accelerators; reading 15 GB is the smaller part.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from carbonplan.technology.figures import ReplicaFigures
from carbonplan.technology.memory import weights_gb
from carbonplan.units import SECONDS_PER_HOUR, W_PER_KW

READ_GB_PER_S = 2.0  # one server reading a checkpoint from local SSD; assumed
WARM_UP_S = 28.0  # process, graph capture, memory profiling; from the 35 s above
WARM_UP_POWER_SHARE = 0.25  # of limit minus idle, during the warm-up; assumed


def read_s(replica: ReplicaFigures) -> NDArray[np.float64]:
    """Time to read the weights at the slower of disk and network, (replica,) [s]."""
    return weights_gb(replica) / np.minimum(READ_GB_PER_S, replica.hardware.nic_gb_per_s)


def start_hours(replica: ReplicaFigures) -> NDArray[np.float64]:
    """Time from the decision to start until the first request may come, (replica,) [h]."""
    return (read_s(replica) + WARM_UP_S) / SECONDS_PER_HOUR


def start_energy_kwh(replica: ReplicaFigures) -> NDArray[np.float64]:
    """IT energy of a start above that of an idle replica over the same time, (replica,) [kWh].

    The host works throughout, the accelerators during the warm-up.
    """
    hardware = replica.hardware
    host_j = hardware.host_load_w * (read_s(replica) + WARM_UP_S)
    warm_up_w = WARM_UP_POWER_SHARE * (hardware.limit_w - hardware.idle_w)
    joules = replica.accelerators * (host_j + warm_up_w * WARM_UP_S)
    return joules / W_PER_KW / SECONDS_PER_HOUR


def loading_requests(
    rate_rps: ArrayLike, start_hours: ArrayLike, slot_hours: float
) -> NDArray[np.float64]:
    r"""Requests that wait on average over a slot in which a replica loads, (replica,) [1].

    .. math:: \omega = \frac{\rho\,T^2}{2\,h}

    Requests come at the replica's rate ρ from the beginning of its start on, T long, and each
    waits for what is left of it; by Little's law their waits, spread over the slot h, are that
    many requests at any time.

    Parameters
    ----------
    rate_rps
        Requests that come for the replica [requests/s].
    start_hours
        Time that a start takes [h].
    slot_hours
        Length of the slot [h].
    """
    hours = np.asarray(start_hours, dtype=float)
    return np.asarray(rate_rps) * hours**2 * SECONDS_PER_HOUR / (2.0 * slot_hours)
