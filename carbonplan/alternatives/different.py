r"""Plans unlike those that are known, and a few plans that stand for many.

A direction that leads away from known plans (Brill, Chang and Hopkins, 1982; with weights that
add up over the plans, Lombardi et al., 2020): the least of

.. math:: \sum_p w_p n_p, \quad w_p = \sum_k n_{pk} / \max_k n_{pk}

with :math:`n_p` the servers of a pair and :math:`n_{pk}` those in the known plan k, so that
what many plans have much of is avoided.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from carbonplan.program.records import Floats

IMPACTS_WEIGHT = 0.1  # of impacts beside servers, where two plans are held against each other


def away_from(vectors: Sequence[Floats], servers: NDArray[np.float64]) -> Floats:
    """Costs over the columns whose least is unlike the known plans, (column,).

    Parameters
    ----------
    vectors
        Of each pair, (column,).
    servers
        Of each pair in each known plan, (plan, pair).
    """
    weights = _relative(servers).sum(axis=0)
    return np.asarray(weights @ np.array(vectors))


def most_different(
    servers: NDArray[np.float64], impacts: NDArray[np.float64], count: int
) -> list[int]:
    """Positions of at most ``count`` plans: the first, then always the one most unlike those.

    Two plans with the same servers and the same impacts are one.
    """
    spread = impacts.max(axis=0) - impacts.min(axis=0)
    scaled = (impacts - impacts.min(axis=0)) / np.where(spread > 0, spread, 1.0)
    apart = _distances(_relative(servers))
    apart += IMPACTS_WEIGHT * _distances(scaled) / max(impacts.shape[1], 1)
    chosen = [0]
    while len(chosen) < min(count, len(servers)):
        nearest = apart[:, chosen].min(axis=1)
        best = int(np.argmax(nearest))
        if nearest[best] <= 0:
            break
        chosen.append(best)
    return chosen


def _relative(servers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Servers of each pair relative to the most in any plan, (plan, pair)."""
    most = servers.max(axis=0)
    return servers / np.where(most > 0, most, 1.0)


def _distances(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.abs(points[:, None, :] - points[None, :, :]).sum(axis=2)
