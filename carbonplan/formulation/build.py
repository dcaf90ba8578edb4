"""Pyomo models of a problem: one slot as a template to be stamped, or the whole horizon.

Both are made by the same families from the same rules. In the template the slot before is a
state of its own (``OPENING``) and what varies in time is a placeholder decision, so that its
columns become right-hand sides; over the whole horizon both are data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonplan.formulation import fleet, hosts, impacts, operations, over_horizon, risk
from carbonplan.formulation.operations.sets import Slots
from carbonplan.problem import Problem

if TYPE_CHECKING:
    import pyomo.environ as pyo

TEMPLATE_SLOT = "slot"
OPENING = "before"
SLOTWISE = ("previous", "slot_stage", "held")


def template(problem: Problem) -> pyo.ConcreteModel:
    """Fleet and operations of one slot, its opening state and signals left open."""
    first = problem.nodes[0].name
    slots = Slots(
        {TEMPLATE_SLOT: OPENING}, {TEMPLATE_SLOT: first}, {TEMPLATE_SLOT: TEMPLATE_SLOT}
    )
    return _build(problem, slots, compiled=True)


def horizon(problem: Problem) -> pyo.ConcreteModel:
    """Fleet and operations of every slot as one plain model, with objective and bounds."""
    stages = [node.name for node in problem.nodes]
    by_slot = {name: problem.data[name].values.tolist() for name in SLOTWISE}
    previous = {t: s if s >= 0 else f"{OPENING} {t}" for t, s in enumerate(by_slot["previous"])}
    slots = Slots(
        previous,
        {t: stages[y] for t, y in enumerate(by_slot["slot_stage"])},
        dict(enumerate(by_slot["held"])),
        frozenset(previous.values()) - frozenset(previous),
    )
    m = _build(problem, slots, compiled=False)
    impacts.add_objective(m, problem)
    over_horizon.add(m, problem)
    if problem.risk.weight:
        risk.add(m, problem)
    return m


def _build(problem: Problem, slots: Slots, *, compiled: bool) -> pyo.ConcreteModel:
    import pyomo.environ as pyo

    m = pyo.ConcreteModel()
    operations.sets.add(m, problem, slots)
    fleet.sets.add(m, problem)
    operations.parameters.add(m, problem, compiled=compiled)
    hosts.add(m, problem)
    for family in (*fleet.FAMILIES, *operations.DECISIONS):
        family.add(m)
    operations.parameters.add_signals(m, problem, compiled=compiled)
    for family in operations.FAMILIES:
        family.add(m)
    return m
