"""Pyomo models of a problem: one slot as a template to be stamped, or the whole horizon.

Both are made by the same families from the same rules. In the template the slot before is a
state of its own (``OPENING``) and what varies in time is a placeholder decision, so that its
columns become right-hand sides; over the whole horizon both are data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonplan.formulation import fleet, impacts, operations
from carbonplan.problem import Problem

if TYPE_CHECKING:
    import pyomo.environ as pyo

TEMPLATE_SLOT = "slot"
OPENING = "before"


def template(problem: Problem) -> pyo.ConcreteModel:
    """Fleet and operations of one slot, its opening state and signals left open."""
    return _build(problem, {TEMPLATE_SLOT: OPENING}, compiled=True)


def horizon(problem: Problem) -> pyo.ConcreteModel:
    """Fleet and operations of every slot as one plain model, with objective and bounds."""
    before = problem.data["previous"].values.tolist()
    previous = {t: s if s >= 0 else f"{OPENING} {t}" for t, s in enumerate(before)}
    m = _build(problem, previous, compiled=False)
    impacts.add_objective(m, problem)
    return m


def _build(problem: Problem, previous: dict, *, compiled: bool) -> pyo.ConcreteModel:
    import pyomo.environ as pyo

    m = pyo.ConcreteModel()
    openings = set(previous.values()) - set(previous)
    operations.sets.add(m, problem, previous, empty=set() if compiled else openings)
    operations.parameters.add(m, problem, compiled=compiled)
    for family in (*fleet.FAMILIES, *operations.FAMILIES):
        family.add(m)
    return m
