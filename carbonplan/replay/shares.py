"""Shares of weighted requests: their range by luck, and values that they do not exceed.

Source
------
``wilson-1927``: the range.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from carbonplan.replay.arrays import Floats

SIGMAS = 1.959964  # 95 %, both sides


def wilson(share: float, count: float) -> tuple[float, float]:
    """Range in which a share lies that so many requests show [1]."""
    spread = SIGMAS**2 / count
    middle = (share + spread / 2.0) / (1.0 + spread)
    half = SIGMAS * np.sqrt(share * (1.0 - share) / count + spread / (4.0 * count))
    half /= 1.0 + spread
    return max(float(middle - half), 0.0), min(float(middle + half), 1.0)


def quantiles(values: Floats, weight: Floats, shares: Sequence[float]) -> list[float]:
    """Least values that shares of the weight do not exceed."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weight[order])
    reached /= reached[-1]
    place = np.searchsorted(reached, np.array(shares) - 1e-12)
    return values[order][np.minimum(place, len(values) - 1)].tolist()
