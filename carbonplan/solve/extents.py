"""How little linear functions of a program can come to, without its whole numbers.

The relaxation is kept in the solver and only its costs change from one function to the next, so
that many are answered in about the time of one. What is returned is proved by the duals
(:mod:`carbonplan.solve.bounds`), whatever the solver claims.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.solve.arrays import Floats, arrays_of
from carbonplan.solve.bounds import safe_bound
from carbonplan.solve.limits import Limits
from carbonplan.solve.scaling import scaling_of

if TYPE_CHECKING:
    from carbonplan.program import Program

TOLERANCE = 1e-9


def least_of(program: Program, vectors: Sequence[Floats], limits: Limits) -> Iterator[float]:
    """A proven lower bound on each vector's product with any plan, -inf where none was found.

    Parameters
    ----------
    vectors
        Coefficients over the columns, (column,) each.
    limits
        Its time limit is that of all vectors together.
    """
    from carbonplan.solve.highs import Settings
    from carbonplan.solve.sifting import continuous_model
    from carbonplan.solve.watching import Watcher

    end = time.monotonic() + limits.time_limit_s
    original = arrays_of(program)
    scaling = scaling_of(original)
    scaled = replace(scaling.apply(original).relaxed(), offset=0.0)
    settings = Settings(
        time_limit_s=limits.time_limit_s,
        tolerance=TOLERANCE,
        threads=limits.threads,
        seed=limits.seed,
    )
    model = continuous_model(scaled, settings)
    for vector in vectors:
        left = end - time.monotonic()
        if left <= 0:
            yield -np.inf
            continue
        cost = vector * scaling.columns
        model.set_costs(cost)
        answer = model.run(Watcher(), time_limit_s=left)
        duals = answer.duals
        usable = duals is not None and duals.shape == scaled.row_lower.shape
        yield safe_bound(replace(scaled, cost=cost), duals) if usable else -np.inf
