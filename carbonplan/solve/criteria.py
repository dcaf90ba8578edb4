r"""Impacts of a program as objectives and as rows: what changes from point to point of a front.

The program has one more row for each impact, :math:`F_i(x) \le \varepsilon_i`, free at first.
Only its right-hand side and the cost change from one run to the next. Impacts are in scaled
units here, in which the largest coefficient of each lies between a half and one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.solve.arrays import Arrays, Floats, arrays_of
from carbonplan.solve.scaling import COST_EXPONENT, Scaling, scaling_of

if TYPE_CHECKING:
    from carbonplan.program import Program


@dataclass(frozen=True)
class Criteria:
    """A scaled program whose last rows are impacts.

    Attributes
    ----------
    vectors
        Coefficients of each scaled impact over the scaled columns, (impact, column).
    units
        Scaled impact for one unit of the impact, a power of two, (impact,).
    constants
        What each impact is without any decision, in its unit, (impact,).
    """

    names: tuple[str, ...]
    arrays: Arrays
    scaling: Scaling
    vectors: Floats
    units: Floats
    constants: Floats

    def impacts(self, values: Floats) -> Floats:
        """Impacts of a point of the scaled program, in their units, (impact,)."""
        return self.vectors @ values / self.units + self.constants

    def row_upper(self, at_most: Floats) -> Floats:
        """Upper bounds of the rows with limits on the impacts, in their units, (row,)."""
        upper = self.arrays.row_upper.copy()
        upper[-len(self.names) :] = (at_most - self.constants) * self.units
        return upper

    def limited(self, weights: Floats, at_most: Floats) -> Arrays:
        """Return the program with weights of scaled impacts as cost, within limits."""
        return replace(
            self.arrays, cost=weights @ self.vectors, row_upper=self.row_upper(at_most)
        )

    def weighed(self, weights: Floats) -> Floats:
        """Weights of scaled impacts from weights of impacts, with costs of the usual size.

        The largest cost is brought near 2**10, as the scaling of any program does.
        """
        scaled = weights / self.units
        largest = np.abs(scaled @ self.vectors).max(initial=0.0)
        if largest == 0.0:
            return scaled
        return scaled * np.exp2(COST_EXPONENT - np.ceil(np.log2(largest)))


def criteria_of(program: Program, names: Sequence[str]) -> Criteria:
    """Program with a row for each of the impacts, scaled."""
    import scipy.sparse as sp

    vectors = np.array([program.impacts[name][0] for name in names])
    free = np.full(len(names), np.inf)
    extended = replace(
        program,
        matrix=sp.csc_array(sp.vstack([program.matrix, sp.csr_array(vectors)])),
        row_lower=np.concatenate([program.row_lower, -free]),
        row_upper=np.concatenate([program.row_upper, free]),
    )
    original = arrays_of(extended)
    scaling = scaling_of(original)
    largest = np.abs(vectors * scaling.columns).max(axis=1, initial=0.0)
    units = np.exp2(-np.ceil(np.log2(np.where(largest > 0, largest, 1.0))))
    rows = np.concatenate([scaling.rows[: -len(names)], units])
    scaling = replace(scaling, rows=rows)
    return Criteria(
        names=tuple(names),
        arrays=replace(scaling.apply(original), offset=0.0),
        scaling=scaling,
        vectors=vectors * scaling.columns * units[:, None],
        units=units,
        constants=np.array([program.impacts[name][1] for name in names]),
    )
