r"""How values of requests are spread: their weight in bins of a fine grid, which can be added.

A value v lies in the bin

.. math:: k = \pm\Bigl(1 + \bigl\lfloor \ln(|v| / v_0) / \delta \bigr\rfloor\Bigr)

of its sign, with :math:`v_0` a microsecond and :math:`\delta` a thousandth; what is nearer to
zero lies in bin 0, and what never came to an end in one beyond all. A bin stands for the middle
of its logarithms, so that a quantile is true to 0.05 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from carbonplan.replay.arrays import Floats, Integers

LEAST, WIDTH = 1e-6, 1e-3
ENDLESS = 60_000  # bin of what has no end, beyond e to the power 60 microseconds
ROUNDING = 1e-12  # of a share


@dataclass(frozen=True)
class Spread:
    """Weight of values by their bins, in order, (bin,); bins without any are left out."""

    bins: Integers
    weight: Floats

    def __add__(self, other: Spread) -> Spread:
        """The spread of the values of both."""
        both = (self.bins, other.bins), (self.weight, other.weight)
        return _gathered(*(np.concatenate(pair) for pair in both))

    def quantiles(self, shares: Sequence[float]) -> list[float]:
        """Least values that shares of the weight do not exceed."""
        reached = np.cumsum(self.weight)
        reached /= reached[-1]
        place = np.searchsorted(reached, np.array(shares) - ROUNDING)
        return _values(self.bins[np.minimum(place, len(self.bins) - 1)]).tolist()


def spread(values: Floats, weight: Floats) -> Spread:
    """The spread of values, infinite ones among them, by their weights, (value,)."""
    size = np.abs(values)
    steps = 1.0 + np.floor(np.log(np.maximum(size, LEAST) / LEAST) / WIDTH)
    steps = np.where(size < LEAST, 0.0, np.minimum(steps, ENDLESS))
    return _gathered((np.sign(values) * steps).astype(np.int64), weight)


def _gathered(bins: Integers, weight: Floats) -> Spread:
    """Weights of like bins together."""
    first = int(bins.min(initial=0))
    sums = np.bincount(bins - first, weights=weight)
    found = np.flatnonzero(sums)
    return Spread(found + first, sums[found])


def _values(bins: Integers) -> Floats:
    """The value that each bin stands for."""
    steps = np.abs(bins)
    middle = LEAST * np.exp((steps - 0.5) * WIDTH)
    return np.sign(bins) * np.where(steps < ENDLESS, middle, np.inf)
