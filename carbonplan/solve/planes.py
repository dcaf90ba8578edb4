r"""What is proved of all plans at once: planes below which no plan lies.

Row duals of a run prove, by weak duality (:mod:`carbonplan.solve.bounds`), that

.. math:: \sum_i p_i F_i(x) \ge c

holds for every plan: the duals of the rows that limit impacts become weights of these impacts,
so that the plane holds whatever the limits were. A bound that branch and bound proved holds
where the impacts stay within the limits that it was proved with.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from carbonplan.solve.arrays import Floats
from carbonplan.solve.bounds import safe_bound
from carbonplan.solve.criteria import Criteria


@dataclass(frozen=True)
class Plane:
    """weights @ impacts >= constant, for all plans with impacts within limits, (impact,)."""

    weights: Floats
    constant: float
    within: Floats

    def bound(self, impact: int, at: Floats) -> float:
        """Least that an impact can be while the others are at most what they are at a point."""
        others = np.arange(len(at)) != impact
        if self.weights[impact] <= 0 or (at > self.within)[others].any():
            return -np.inf
        rest = float(self.weights[others] @ at[others])
        return (self.constant - rest) / float(self.weights[impact])


def highest_bound(planes: Iterable[Plane], impact: int, at: Floats) -> float:
    """Least that an impact can be by all planes together; -inf if they say nothing."""
    return max((plane.bound(impact, at) for plane in planes), default=-np.inf)


def plane_of_duals(criteria: Criteria, weights: Floats, duals: Floats) -> Plane:
    """Plane that row duals of a run with weights of scaled impacts prove.

    ``criteria.arrays`` leaves the impacts free, so their duals count as weights alone.
    """
    count = len(criteria.names)
    total = weights - np.minimum(duals[-count:], 0.0)
    priced = replace(criteria.arrays, cost=total @ criteria.vectors)
    constant = safe_bound(priced, np.concatenate([duals[:-count], np.zeros(count)]))
    return _in_units(criteria, total, constant, np.full(count, np.inf))


def plane_of_bound(criteria: Criteria, weights: Floats, bound: float, at_most: Floats) -> Plane:
    """Plane that a bound on weighted scaled impacts is, within its limits."""
    return _in_units(criteria, weights, bound, at_most)


def _in_units(criteria: Criteria, weights: Floats, constant: float, within: Floats) -> Plane:
    weights = weights * criteria.units
    return Plane(weights, constant + float(weights @ criteria.constants), within)
