r"""What a limit is worth beside a plan: prices of the program with its whole numbers held.

With the whole columns held at the plan's numbers the rest is a linear program,

.. math:: \min c^\top x, \quad b^- \le A x \le b^+, \quad x_i = \hat x_i \ (i \text{ whole})

Its duals y say how much the objective rises for each unit by which a side of a row rises, its
reduced costs :math:`d = c - A^\top y` the same of the bounds of columns. They hold for small
changes and as long as no whole number changes: what a further server saves is asked by solving
again, not by them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.solve.arrays import Floats, arrays_of
from carbonplan.solve.faults import answer_faults
from carbonplan.solve.limits import Limits
from carbonplan.solve.scaling import scaling_of
from carbonplan.solve.status import Claim

if TYPE_CHECKING:
    from carbonplan.program import Program

TOLERANCE = 1e-9


@dataclass(frozen=True)
class Prices:
    """Objective of a plan with its whole numbers held, and what changes of limits change of it.

    Attributes
    ----------
    rows
        Objective for one unit of a row's side, in the program's units, (row,); a row that
        does not bind has 0.
    columns
        Objective for one unit of a column, (column,); of whole columns at the numbers that
        they are held at.
    """

    objective: float
    rows: Floats
    columns: Floats


def prices(program: Program, values: Floats, limits: Limits) -> Prices | None:
    """Prices beside a plan, by a solve in this process; None where it does not succeed.

    Parameters
    ----------
    values
        The plan, (column,).
    """
    from carbonplan.solve.highs import Settings
    from carbonplan.solve.sifting import continuous_model
    from carbonplan.solve.watching import Watcher

    original = arrays_of(program)
    scaling = scaling_of(original)
    whole = np.flatnonzero(original.integer)
    scaled = scaling.apply(original)
    held = scaled.fixed(whole, np.round(values[whole]) / scaling.columns[whole]).relaxed()
    settings = Settings(
        time_limit_s=limits.time_limit_s,
        tolerance=TOLERANCE,
        threads=limits.threads,
        seed=limits.seed,
    )
    answer = continuous_model(held, settings).run(Watcher())
    unproven = answer.claim is not Claim.PROVED or answer.duals is None
    if unproven or answer_faults(held, answer):
        return None
    duals = answer.duals * scaling.rows / scaling.objective
    return Prices(answer.objective / scaling.objective, duals, original.reduced_costs(duals))
