"""Who bears what serves nobody: those who are served, by the accelerator hours they hold.

What is idle on a SKU in a region is borne by those served there; where nobody is, by those
served on the region's other SKUs; where nobody is there either, by all.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RULE = "accelerator hours"

Floats = NDArray[np.float64]


def idle_weights(hours: Floats) -> Floats:
    """Who bears what is idle at each SKU and region, (request_class, phase, sku, region).

    They sum to one at each place, or to zero where nobody is served anywhere.
    """
    weights = np.zeros_like(hours)
    missing = np.ones(hours.shape[2:], dtype=bool)
    for basis in (
        hours,
        np.broadcast_to(hours.sum(axis=2, keepdims=True), hours.shape),
        np.broadcast_to(hours.sum(axis=(2, 3), keepdims=True), hours.shape),
    ):
        total = basis.sum(axis=(0, 1))
        found = missing & (total > 0.0)
        weights[:, :, found] = basis[:, :, found] / total[found]
        missing &= ~found
    return weights
