"""The tiny problem with a choice: its two classes are two ways of dividing one workload.

Partition a is the chat class, served by two accelerators alone; partition b is the other class,
online here, served by one alone. Each asks for 40 and then 20 requests/s.
"""

from __future__ import annotations

from dataclasses import replace

from carbonplan.problem import Problem, with_upper_bounds
from tests.tiny import CHAT, NIGHT, ONE, TWO, tiny

A, B = "chat/a", "chat/b"
DEMAND = [[[40.0, 20.0]], [[40.0, 20.0]]]


def divided(changes: dict[str, object] | None = None, **settings: object) -> Problem:
    """The problem, with changed coefficients or settings."""
    coefficients = {
        "demand_rps": DEMAND,
        "arrivals_rps": [[0.0, 0.0], [0.0, 0.0]],
        "backlog_limit_krequests": [[0.0, 0.0], [0.0, 0.0]],
        "rate_rps": [[0.0, 25.0], [10.0, 0.0]],
        **(changes or {}),
    }
    problem = tiny(
        coefficients,
        online=(CHAT, NIGHT),
        batch=(),
        routes=tuple((k, "users", r) for k in (CHAT, NIGHT) for r in ("clean", "dirty")),
        serving=tuple(
            (k, c, r) for k, c in ((CHAT, TWO), (NIGHT, ONE)) for r in ("clean", "dirty")
        ),
        partition_of={CHAT: A, NIGHT: B},
        partitions_of={"chat": (A, B)},
        carriers={
            ("demand_rps", (k, "users")): ("Chosen", (q,)) for k, q in ((CHAT, A), (NIGHT, B))
        },
    )
    return with_upper_bounds(replace(problem, **settings))


def only(problem: Problem, class_name: str) -> Problem:
    """The same with the partition of one class alone, and nothing to choose."""
    alone = {
        "online": (class_name,),
        "routes": tuple(route for route in problem.routes if route[0] == class_name),
        "serving": tuple(one for one in problem.serving if one[0] == class_name),
    }
    demand = problem.data["demand_rps"].copy()
    demand.loc[{"request_class": [k for k in (CHAT, NIGHT) if k != class_name]}] = 0.0
    data = problem.data.assign(demand_rps=demand)
    return with_upper_bounds(
        replace(problem, data=data, partition_of={}, partitions_of={}, carriers={}, **alone)
    )
