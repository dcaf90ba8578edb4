"""The range in which a share of requests lies by luck.

Source
------
``wilson-1927``.
"""

from __future__ import annotations

import numpy as np

SIGMAS = 1.959964  # 95 %, both sides


def wilson(share: float, count: float) -> tuple[float, float]:
    """Range in which a share lies that so many requests show [1]."""
    spread = SIGMAS**2 / count
    middle = (share + spread / 2.0) / (1.0 + spread)
    half = SIGMAS * np.sqrt(share * (1.0 - share) / count + spread / (4.0 * count))
    half /= 1.0 + spread
    return max(float(middle - half), 0.0), min(float(middle + half), 1.0)
