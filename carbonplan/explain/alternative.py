"""Another plan beside the one at hand: what it costs, and what is different in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.explain.asking import Asker, Difference, known
from carbonplan.explain.limit import Limit
from carbonplan.explain.places import Place, standing
from carbonplan.explain.prices import moved_by, standing_with
from carbonplan.explain.subject import Subject

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from carbonplan.program import Program

SMALLEST_SHARE = 5e-4  # of the requests, that is worth a line


@dataclass(frozen=True)
class ServersThere:
    """Servers of a SKU in a region: most that stand in any stage, in this plan and another."""

    sku: str
    region: str
    here: int
    there: int


@dataclass(frozen=True)
class Alternative:
    """The best plan under a condition, beside the plan.

    Attributes
    ----------
    costs
        What the objective's optimum rises by under the condition.
    impacts
        Each impact of the plan and of the other plan; found, not proven.
    servers
        Where they differ.
    requests
        Share of all requests that a place answers, in the plan and in the other one.
    binding
        Limits that bind there and not here.
    """

    costs: Difference
    impacts: Mapping[str, tuple[float, float]]
    servers: tuple[ServersThere, ...]
    requests: Mapping[Place, tuple[float, float]]
    binding: tuple[str, ...]


def alternative(
    subject: Subject, program: Program, asker: Asker, limits: Sequence[Limit]
) -> Alternative | None:
    """The best plan of a program with a condition; None where there is none."""
    solution = asker.solve(program)
    if solution.values is None:
        return None
    there = solution.values[: len(subject.values)]
    return Alternative(
        costs=known(solution).more_than(subject.known).never_negative(),
        impacts=_impacts(subject, there),
        servers=_servers(subject, there),
        requests=_requests(subject, there),
        binding=newly_binding(subject, there, limits),
    )


def newly_binding(
    subject: Subject, values: NDArray, limits: Sequence[Limit]
) -> tuple[str, ...]:
    """Paths of limits that bind beside other values and not beside the plan."""
    other = replace(subject, values=values)
    found = []
    for limit in limits:
        moved = moved_by(subject, limit)
        if moved is not None:
            here, there = (standing_with(one, limit, moved, None) for one in (subject, other))
            if there.binds and not here.binds:
                found.append(limit.path)
    return tuple(found)


def requests_by_place(subject: Subject, values: NDArray) -> dict[Place, float]:
    """Share of all answered requests by place [1]."""
    layout, problem = subject.program.columns["Load_rps"], subject.problem
    hours = problem.data["hours"].values
    total: dict[Place, float] = {}
    for (_, c, region), columns in zip(layout.labels, layout.positions, strict=True):
        if problem.role_of.get(c) != "prefill":
            place = (problem.sku_of[problem.engine_of[c]], region)
            total[place] = total.get(place, 0.0) + float(hours @ values[columns])
    everything = sum(total.values()) or 1.0
    return {place: load / everything for place, load in total.items()}


def _impacts(subject: Subject, there: NDArray) -> dict[str, tuple[float, float]]:
    return {
        name: tuple(float(vector @ values) + constant for values in (subject.values, there))
        for name, (vector, constant) in subject.program.impacts.items()
    }


def _servers(subject: Subject, there: NDArray) -> tuple[ServersThere, ...]:
    of_plan, of_other = (standing(subject.program, v) for v in (subject.values, there))
    return tuple(
        ServersThere(*place, of_plan.get(place, 0), of_other.get(place, 0))
        for place in sorted({*of_plan, *of_other})
        if of_plan.get(place, 0) != of_other.get(place, 0)
    )


def _requests(subject: Subject, there: NDArray) -> dict[Place, tuple[float, float]]:
    of_plan, of_other = (requests_by_place(subject, v) for v in (subject.values, there))
    found = {p: (of_plan[p], of_other[p]) for p in sorted(of_plan)}
    return {place: pair for place, pair in found.items() if np.max(pair) > SMALLEST_SHARE}
