"""What is found out of near-optimal plans."""

from __future__ import annotations

from dataclasses import dataclass

from carbonplan.alternatives.groups import Group, counts
from carbonplan.alternatives.ranges import Range
from carbonplan.program import Program
from carbonplan.program.records import Floats


@dataclass(frozen=True)
class Found:
    """A near-optimal plan and the question that found it."""

    question: str
    values: Floats
    objective: float
    servers: tuple[int, ...]  # of each group
    impacts: dict[str, float]


@dataclass(frozen=True)
class Extreme:
    """How little of an impact a near-optimal plan can have, in its unit."""

    impact: str
    planned: float
    found: float
    proven: float | None  # no near-optimal plan has less


@dataclass(frozen=True)
class Alternatives:
    """What is known of the near-optimal plans.

    Attributes
    ----------
    objective, bound
        Of the best plan, and what is proved of it.
    at_most
        Objective up to which a plan is near-optimal.
    plans
        The best plan, then the others most unlike it and each other.
    solved, unsolved
        Solves; numbers of ranges that are exact without a question of their own.
    open
        Numbers of ranges that are not exact.
    """

    objective: float
    bound: float | None
    slack: float
    at_most: float
    groups: tuple[Group, ...]
    ranges: tuple[Range, ...]
    extremes: tuple[Extreme, ...]
    plans: tuple[Found, ...]
    known: int
    solved: int
    unsolved: int
    open: int
    interrupted_by: str | None


def found_plan(
    question: str, program: Program, groups: tuple[Group, ...], values: Floats
) -> Found:
    """A plan with what is counted of it."""
    return Found(
        question=question,
        values=values,
        objective=float(program.cost @ values) + program.offset,
        servers=counts(groups, values),
        impacts={
            name: float(vector @ values) + constant
            for name, (vector, constant) in program.impacts.items()
        },
    )
