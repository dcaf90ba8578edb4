"""Dominance: what no optimum needs is dropped before the program exists.

Within an engine the clock is free, so a class may be served by a mixture of clocks: a clock is
dropped for a class when it lies on or above the lower left hull of (accelerator-seconds,
energy) of the engine's other clocks.

An engine e can be replaced by d on the same accelerators, a_e / a_d replicas for one, when
every class that e serves at some clock is served by a mixture of d's clocks with no more
accelerator-seconds and no more energy, and by the accelerator d's idle power, start energy and
start time are no greater. Where replicas are whole, a_d must divide a_e. Of equals the first
stays. Where replicas are continuous and starts cost nothing, the engines of an LLM on a SKU mix
as freely as clocks do. Where spare replicas are asked for, a_d may not exceed a_e either, and
engines do not mix: each replica of e has to be at least one of d.

Where latency counts, the first token must come no later either, and mixtures are not used.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
TOLERANCE = 1e-12


@dataclass(frozen=True)
class Points:
    """What configurations need for a request of one class, (configuration,).

    Accelerator-seconds and energy are infinite where the class is not served; ``ttft_s`` is
    zero where latency does not count.
    """

    accelerator_s: Floats
    energy_kj: Floats
    ttft_s: Floats

    def __getitem__(self, part: NDArray) -> Points:
        return Points(self.accelerator_s[part], self.energy_kj[part], self.ttft_s[part])


def needed(points: Points, *, latency_counts: bool) -> NDArray[np.bool_]:
    """Which points no mixture of the others makes unnecessary, (configuration,)."""
    if latency_counts:
        return _undominated(points)
    kept = np.zeros(len(points.accelerator_s), dtype=bool)
    kept[hull(points)] = True
    return kept


def hull(points: Points) -> list[int]:
    """Corners of the lower left hull of (accelerator-seconds, energy), by rising seconds."""
    x, y = points.accelerator_s, points.energy_kj
    served = np.flatnonzero(np.isfinite(x))
    corners: list[int] = []
    for i in served[np.lexsort((y[served], x[served]))]:
        if corners and y[i] >= y[corners[-1]]:
            continue
        while len(corners) > 1 and not _turns_left(x, y, *corners[-2:], i):
            corners.pop()
        corners.append(int(i))
    return corners


def covers(by: Points, points: Points, *, latency_counts: bool) -> bool:
    """Whether mixtures of some points make each of the others unnecessary."""
    served = points[np.isfinite(points.accelerator_s)]
    if latency_counts:
        no_more = _no_more(by, served)
        return bool(no_more.any(axis=0).all())
    corners = by[np.array(hull(by), dtype=int)]
    if not len(corners.accelerator_s):
        return not len(served.accelerator_s)
    room = 1 + TOLERANCE
    least_kj = np.interp(
        served.accelerator_s * room, corners.accelerator_s, corners.energy_kj, left=np.inf
    )
    return bool((least_kj <= served.energy_kj * room).all())


def _undominated(points: Points) -> NDArray[np.bool_]:
    """Points that no single other needs no more than; of equals the first stays."""
    no_more = _no_more(points, points)
    order = np.arange(len(no_more))
    earlier = order[:, None] < order[None]
    beats = no_more & (~no_more.T | earlier) & (order[:, None] != order[None])
    return ~beats.any(axis=0) & np.isfinite(points.accelerator_s)


def _no_more(by: Points, points: Points) -> NDArray[np.bool_]:
    """Whether each point of ``by`` needs no more than each of the others, (by, point)."""
    pairs = (
        (by.accelerator_s, points.accelerator_s),
        (by.energy_kj, points.energy_kj),
        (by.ttft_s, points.ttft_s),
    )
    room = 1 + TOLERANCE
    return np.all([less[:, None] <= more[None] * room for less, more in pairs], axis=0)


def _turns_left(x: Floats, y: Floats, a: int, b: int, c: int) -> bool:
    return (x[b] - x[a]) * (y[c] - y[a]) > (x[c] - x[a]) * (y[b] - y[a])
