"""Every limit of a scenario that its program knows of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from carbonplan.explain.fleet_limits import fleet_limits
from carbonplan.explain.limit import Limit
from carbonplan.explain.service_limits import service_limits
from carbonplan.problem import Problem

if TYPE_CHECKING:
    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.program import Program


def limits(problem: Problem, program: Program, inputs: Inputs | None = None) -> list[Limit]:
    """Every limit of a problem that has rows or bounds in its program, or none of its own."""
    found = [*fleet_limits(problem, inputs), *service_limits(problem, inputs)]
    return [limit for limit in found if not limit.families or _has_any(program, limit)]


def relaxing(problem: Problem, some: Iterable[Limit]) -> Problem:
    """The problem with several limits a step further."""
    for limit in some:
        problem = limit.changed(problem, limit.relaxed)
    return problem


def _has_any(program: Program, limit: Limit) -> bool:
    return any(name in program.rows or name in program.columns for name in limit.families)
