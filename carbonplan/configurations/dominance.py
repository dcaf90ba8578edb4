"""Dominance: configurations that no optimum needs are dropped before the program exists.

A replica of c with a_c accelerators can be replaced by a_c / a_d replicas of d on the same
accelerators when, for every class that c serves, d needs no more accelerator-seconds and no
more energy per request, its first token comes no later, and by the accelerator its idle power,
start energy and start time are no greater. Where replicas are whole, a_d must divide a_c. Of
equals the first stays.

Where replicas are continuous and starting costs nothing, replicas divide among classes at will,
so a class may be served by a mixture: a configuration is then dropped for a class when it lies
on or above the lower left hull of (accelerator-seconds, energy) of the others on its SKU.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
TOLERANCE = 1e-12


@dataclass(frozen=True)
class Needs:
    """What the configurations of one LLM on one SKU need.

    Attributes
    ----------
    accelerator_s, energy_kj, ttft_s
        Per request, (configuration, request_class); infinite where a class is not served.
    per_accelerator
        Idle power, start energy and start time by the accelerator, (configuration, 3).
    accelerators
        Of one replica, (configuration,).
    """

    accelerator_s: Floats
    energy_kj: Floats
    ttft_s: Floats
    per_accelerator: Floats
    accelerators: Floats


def dominating(needs: Needs, *, whole: bool) -> NDArray[np.int64]:
    """For each configuration the one that makes it unnecessary, or -1."""
    prices = np.concatenate(
        [needs.accelerator_s, needs.energy_kj, needs.ttft_s, needs.per_accelerator], axis=1
    )
    no_worse = (prices[:, None] <= prices[None] * (1 + TOLERANCE)).all(axis=2)
    if whole:
        no_worse &= needs.accelerators[None] % needs.accelerators[:, None] == 0
    order = np.arange(len(prices))
    first_of_equals = ~no_worse.T | (order[:, None] < order[None])
    dominates = no_worse & first_of_equals & (order[:, None] != order[None])
    return np.where(dominates.any(axis=0), dominates.argmax(axis=0), -1)


def above_hull(accelerator_s: Floats, energy_kj: Floats) -> NDArray[np.bool_]:
    """Points that a mixture of others makes unnecessary, (configuration,).

    A point stays when it is a corner of the lower left hull; a point that is infinite goes.
    """
    served = np.flatnonzero(np.isfinite(accelerator_s))
    order = served[np.lexsort((energy_kj[served], accelerator_s[served]))]
    hull: list[int] = []
    for i in order:
        if hull and energy_kj[i] >= energy_kj[hull[-1]]:
            continue
        while len(hull) > 1 and not _turns_left(accelerator_s, energy_kj, *hull[-2:], i):
            hull.pop()
        hull.append(i)
    above = np.ones(len(accelerator_s), dtype=bool)
    above[hull] = False
    return above


def _turns_left(x: Floats, y: Floats, a: int, b: int, c: int) -> bool:
    return (x[b] - x[a]) * (y[c] - y[a]) > (x[c] - x[a]) * (y[b] - y[a])
