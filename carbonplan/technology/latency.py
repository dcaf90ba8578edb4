r"""Waiting before service, in closed form.

Requests arrive at random and wait for one of m servers. With utilisation ρ, mean service time
S and squared coefficient of variation v of the service time,

.. math::

    P(\text{wait}) &= \rho^{\sqrt{2 (m + 1)} - 1} \\
    W &= P(\text{wait})\, \frac{S}{m (1 - \rho)}\, \frac{1 + v}{2} \\
    P(W > t) &= P(\text{wait})\; e^{-t / W_w}, \quad W_w = W / P(\text{wait})

One server gives the Pollaczek-Khinchine mean exactly and, with v = 1, the whole distribution
of M/M/1; for several servers it is the approximation of Allen and Cunneen with Sakasegawa's
delay probability.

Source
------
``sakasegawa-1977``; ``allen-1990`` (Allen-Cunneen); ``kleinrock-1975`` (Pollaczek-Khinchine).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FULL = 1.0 - 1e-9  # a queue at utilisation one has no steady state


def wait_probability(utilisation: ArrayLike, servers: ArrayLike = 1.0) -> NDArray[np.float64]:
    """Probability that a request finds all servers busy [1]."""
    exponent = np.sqrt(2.0 * (np.asarray(servers, dtype=float) + 1.0)) - 1.0
    return np.clip(utilisation, 0.0, FULL) ** exponent


def wait_of_waiting_s(
    utilisation: ArrayLike, service_s: ArrayLike, variation: ArrayLike, servers: ArrayLike = 1.0
) -> NDArray[np.float64]:
    """Mean wait of those requests that wait [s].

    Parameters
    ----------
    utilisation
        Load over capacity of all servers [1].
    service_s
        Mean service time of one request [s].
    variation
        Squared coefficient of variation of the service time: 0 if fixed, 1 if exponential [1].
    servers
        Requests served at once [1].
    """
    idle = 1.0 - np.clip(utilisation, 0.0, FULL)
    return np.asarray(service_s) * (1.0 + np.asarray(variation)) / (2.0 * servers * idle)


def wait_percentile_s(
    probability: ArrayLike, of_waiting_s: ArrayLike, percentile: ArrayLike
) -> NDArray[np.float64]:
    r"""Wait that a share of the requests does not exceed [s].

    .. math:: t_q = \max\Bigl(0,\; W_w \ln \frac{P(\text{wait})}{1 - q}\Bigr)

    with the probability of a wait and the mean of those who wait.
    """
    tail = 1.0 - np.asarray(percentile, dtype=float)
    return np.asarray(of_waiting_s) * np.log(np.maximum(np.asarray(probability) / tail, 1.0))
