r"""What a replica draws for working at all, whatever its load.

Each decode step reads all weights, whatever it has in work, so that a replica at a third of its
load draws most of what it draws at full load (:mod:`carbonplan.technology.serving_power`). A
straight line through both is

.. math:: P(u) \approx a + (P(1) - a)\,u, \qquad a = \frac{P(u_0) - u_0 P(1)}{1 - u_0}

for the mix of classes that is to be served. Clocks of an engine share its replicas, and a: that
of the clock which serves most classes, and of these the one that takes least for the mix. Of
the energy that a request takes on a replica full of its class alone the part

.. math:: \sigma = \max\Big(0, \frac{P(1) - a}{\sum_k \lambda_k e_k}\Big)

is left, with the rates :math:`\lambda` of the mix that fill a replica.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from carbonplan.technology.calibration import Calibration
from carbonplan.technology.figures import replica_figures
from carbonplan.technology.operating import OperatingPoints
from carbonplan.technology.serving_power import serving_power_kw

LIGHT_LOAD = 0.3  # u_0, the share of its planned rate at which the line is exact beside 1

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Lines:
    """Lines of replicas, (replica,) [kW]; NaN where no class is served.

    Attributes
    ----------
    start_kw
        Power above idle at the beginning of the line, a.
    full_kw
        At its end, P(1).
    alone_kw
        At the end, were each class served alone on replicas full of it.
    rate_rps
        Requests of the mix at the end [1/s].
    classes
        Number of classes that are served.
    """

    start_kw: Floats
    full_kw: Floats
    alone_kw: Floats
    rate_rps: Floats
    classes: NDArray[np.int64]

    def of_engine(self, members: NDArray[np.int64]) -> tuple[float, Floats]:
        """What replicas of an engine draw at any load [kW], and what is left to requests [1].

        Parameters
        ----------
        members
            Positions of the engine at each of its clocks.
        """
        classes, kj = self.classes[members], self.full_kw[members] / self.rate_rps[members]
        if not classes.any():
            return 0.0, np.ones(len(members))
        thriftiest = np.argmin(np.where(classes == classes.max(), kj, np.inf))
        start = float(self.start_kw[members][thriftiest])
        left = np.maximum(self.full_kw[members] - start, 0.0) / self.alone_kw[members]
        return start, np.where(np.isfinite(left), left, 1.0)


def lines(
    points: OperatingPoints, demand_rps: Sequence[float], calibration: Calibration
) -> Lines:
    """Lines of all replicas; those that compute prompts alone begin at zero.

    Parameters
    ----------
    points
        Of the classes in their order.
    demand_rps
        Of each class, (class,): the mix that is served.
    """
    start, full, alone, rate = (np.full(len(points.replicas), np.nan) for _ in range(4))
    lengths = [
        np.array([getattr(one, name) for one in points.classes], dtype=float)
        for name in ("input_tokens", "output_tokens")
    ]
    classes = np.zeros(len(points.replicas), dtype=np.int64)
    figures = replica_figures(points.replicas, calibration)
    for i, replica in enumerate(points.replicas):
        mix = np.where(points.rate_rps[:, i] > 0.0, demand_rps, 0.0)
        served = mix > 0.0
        if not served.any():
            continue
        mix[served] /= (mix[served] / points.rate_rps[served, i]).sum()
        alone[i] = full[i] = mix @ points.energy_kj_per_request[:, i]
        start[i], rate[i], classes[i] = 0.0, mix.sum(), served.sum()
        if replica.role == "prefill":
            continue
        light, full[i] = serving_power_kw(
            *lengths,
            mix[:, None] * (LIGHT_LOAD, 1.0),
            figures[i : i + 1],
            computes_prompts=replica.role == "mixed",
        )
        start[i] = np.clip((light - LIGHT_LOAD * full[i]) / (1.0 - LIGHT_LOAD), 0.0, full[i])
    return Lines(start, full, alone, rate, classes)
