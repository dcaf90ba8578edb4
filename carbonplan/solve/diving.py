"""Whole numbers one after the other, and exchanges between them, from the basis at hand.

A dive holds the columns that are nearest to whole numbers, but not there, at them; dual simplex
goes on from the basis at hand and moves what it must of the others. Where that leaves no plan,
they are held at the numbers above. At its end a unit of one column may cost more than what
others would take to stand in for it: such exchanges are dives of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from carbonplan.solve.arrays import Arrays
from carbonplan.solve.highs import Model
from carbonplan.solve.status import Answer, Claim

Run = Callable[[Model], Answer]

WHOLE = 1e-6
NEAR = 0.05  # columns as near as this to whole numbers are held at once
GAINED = 1e-9  # relative, of what an exchange must gain at least


def dive(model: Model, program: Arrays, answer: Answer, run: Run) -> Answer | None:
    """Answer with every whole column at a whole number, if the dive ends at a plan.

    Parameters
    ----------
    model
        The relaxation of the program, with a basis to start from.
    program
        With the columns that must be whole.
    answer
        Of the relaxation.
    """
    whole = np.flatnonzero(program.integer)
    lower, upper = program.lower.copy(), program.upper.copy()
    while True:
        is_free = lower[whole] < upper[whole]
        if not is_free.any():
            return answer
        away = np.abs(answer.values[whole] - np.round(answer.values[whole]))
        is_between = is_free & (away > WHOLE)
        nearest = max(NEAR, float(away[is_between].min(initial=0.5)))
        chosen = whole[(is_between & (away <= nearest)) if is_between.any() else is_free]
        at = answer.values[chosen]
        for numbers in (np.round(at), np.ceil(at)):
            lower[chosen] = upper[chosen] = numbers
            model.set_bounds(lower, upper)
            answer = run(model)
            if answer.claim is Claim.PROVED:
                break
        else:
            return None


def exchanged(model: Model, program: Arrays, answer: Answer, run: Run, tries: int) -> Answer:
    """Answer after exchanges that lower the cost: one unit less of a column for some of others.

    The units that cost most by their row duals are tried first, each while no other column has
    fewer than before or more than one unit more.
    """
    whole = np.flatnonzero(program.integer)
    costs = program.reduced_costs(answer.duals)[whole]
    has_one = answer.values[whole] >= program.lower[whole] + 1 - WHOLE
    dear = np.flatnonzero(has_one & (costs > 0))
    for position in dear[np.argsort(-costs[dear])][:tries]:
        fleet = np.round(answer.values[whole])
        most = np.minimum(fleet + 1, program.upper[whole])
        fleet[position] = most[position] = fleet[position] - 1
        if fleet[position] < program.lower[whole[position]]:
            continue
        lower, upper = program.lower.copy(), program.upper.copy()
        lower[whole], upper[whole] = fleet, most
        other = replace(program, lower=lower, upper=upper)
        model.set_bounds(lower, upper)
        found = run(model)
        if _is_better(found, answer):
            found = dive(model, other, found, run)
        if _is_better(found, answer):
            answer = found
    return answer


def _is_better(found: Answer | None, answer: Answer) -> bool:
    if found is None or found.claim is not Claim.PROVED:
        return False
    return found.objective < answer.objective - GAINED * abs(answer.objective)
