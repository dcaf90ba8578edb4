"""Plans that can be explained in the head: the tiny problem, online and continuous."""

from __future__ import annotations

import numpy as np

from carbonplan.explain.asking import Asker, known
from carbonplan.explain.subject import Subject
from carbonplan.problem import Problem
from carbonplan.program.stamping import stamp
from carbonplan.solve import Limits, solve
from tests.tiny import tiny

EXACT = Limits(gap=0.0, time_limit_s=60.0)
NO_BATCH = {"arrivals_rps": [[0.0, 0.0]] * 2, "backlog_limit_krequests": [[0.0, 0.0]] * 2}
SIMPLE = {"whole_replicas": False, "switch_off": False, "start_costs": False}
KW_PER_RPS = 0.04 + 0.2 / 25  # of two accelerators: a request, and its share of the replica


def case(changes: dict[str, object] | None = None, **settings: object) -> Problem:
    """The tiny problem without batch work, whole replicas, switching and starts."""
    return tiny(NO_BATCH | (changes or {}), **(SIMPLE | settings))


def subject(problem: Problem) -> Subject:
    """The optimum of a problem as a subject."""
    program = stamp(problem)
    solution = solve(program, EXACT, isolated=False)
    return Subject(
        name="tiny",
        problem=problem,
        program=program,
        values=solution.values,
        known=known(solution),
        objective="carbon",
        unit="kgCO2e",
    )


def asker(seconds: float = 60.0) -> Asker:
    """Who solves exactly and in this process."""
    return Asker(EXACT, seconds, isolated=False)


def alike(clean: float, dirty: float) -> dict[str, object]:
    """Regions that differ by their intensity alone, the same in all hours."""
    return {
        "pue": np.ones((2, 2)),
        "intensity_kgco2e_per_kwh": [[clean, clean], [dirty, dirty]],
    }
