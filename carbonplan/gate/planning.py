"""The plan that is judged: found here, or read from its folder."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from carbonplan.difference.outcomes import SAME_OBJECTIVE
from carbonplan.errors import InvalidInput, UsageError
from carbonplan.gate.decision import Interval
from carbonplan.gate.least import LEAST_SLACK
from carbonplan.gate.thresholds import OBJECTIVE
from carbonplan.pipeline import Options, Prepared, prepare, verified
from carbonplan.steps import Report, solved_in_order, unless_interrupted, with_values

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from carbonplan.plan import Plan
    from carbonplan.program import Program
    from carbonplan.scenario.loaded import LoadedScenario
    from carbonplan.solve.solution import Solution
    from carbonplan.verify import Verification

LEAST_TIME_SHARE = 0.1  # of the time limit, which each further solve may always have


@dataclass(frozen=True)
class Planned:
    """A plan with what is proven of it, and its program for further questions.

    Attributes
    ----------
    minimised
        Impact that the objective is, or ``objective`` where it is none alone; of levels, that
        of the first.
    objective
        Where its least lies.
    slack
        Of the objective [1], within which other impacts are least: what the scenario's levels
        and its gap leave room for.
    values
        The plan over the program's columns; None where it was read.
    """

    prepared: Prepared
    plan: Plan
    verification: Verification | None
    minimised: str
    objective: Interval
    slack: float
    values: NDArray[np.float64] | None = None

    @property
    def program(self) -> Program:
        """The program, minimising the objective or the first of its levels."""
        return self.prepared.program


class Clock:
    """The time limit of all solves after the first together."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._end = time.monotonic() + limit_s

    def left_s(self) -> float:
        """What is left; never less than a further solve may always have [s]."""
        return max(self._end - time.monotonic(), LEAST_TIME_SHARE * self._limit_s)


def planned(
    loaded: LoadedScenario, options: Options, on_progress: Report | None = None
) -> Planned:
    """Plan a scenario for its check."""
    return plan_of(prepare(loaded, options), on_progress)


def plan_of(prepared: Prepared, on_progress: Report | None = None) -> Planned:
    """The plan of a program that stands ready."""
    from carbonplan.plan.objective import with_levels

    prepared = _first_level(prepared)
    inputs, program, limits = prepared.inputs, prepared.program, prepared.limits
    if not inputs.scenario.objective.lexicographic:
        solution = unless_interrupted(prepared.solution(on_progress))
        return _judged_later(prepared, prepared.plan(solution), solution)
    ordered = solved_in_order(prepared.problem, program, inputs, limits, on_progress)
    solution = unless_interrupted(ordered.solution)
    last = replace(prepared, program=ordered.program)
    return _judged_later(prepared, with_levels(last.plan(solution), ordered.levels), solution)


def _first_level(prepared: Prepared) -> Prepared:
    """With a program that minimises the first level, where there are levels."""
    from carbonplan.program.restricting import minimising

    order = prepared.inputs.scenario.objective.lexicographic
    if not order:
        return prepared
    return replace(prepared, program=minimising(prepared.program, order[0].impact))


def _judged_later(prepared: Prepared, plan: Plan, solution: Solution) -> Planned:
    verification, plan = verified(prepared.inputs, plan)
    return replace(_known(prepared, plan), verification=verification, values=solution.values)


def _known(prepared: Prepared, plan: Plan) -> Planned:
    """What is proven of a plan's objective, or of its first level."""
    levels = plan.summary["objective"].get("levels") or ()
    room = prepared.limits.gap + (levels[0]["slack"] if levels else 0.0)
    return Planned(
        prepared,
        plan,
        None,
        minimised(plan.summary, {n: t.value for n, t in plan.impacts.items()}),
        objective_of(plan.summary),
        max(room, LEAST_SLACK),
    )


def objective_of(summary: Mapping[str, object]) -> Interval:
    """Where the least of a plan's objective lies, of levels that of the first."""
    objective = summary["objective"]
    levels = objective.get("levels") or ()
    if levels:
        return Interval(levels[0]["bound"], levels[0]["value"])
    return Interval(summary["bound"], objective["value"])


def minimised(summary: Mapping[str, object], values: Mapping[str, float]) -> str:
    """The impact that an objective is; ``objective`` where it is none, as of weighted sums."""
    objective = summary["objective"]
    levels = objective.get("levels") or ()
    if levels:
        return levels[0]["impact"]
    name, value = objective["impact"], objective["value"]
    known = values.get(name)
    is_it = known is not None and abs(known - value) <= SAME_OBJECTIVE * max(abs(value), 1.0)
    return name if is_it else OBJECTIVE


def refined(
    found: Planned, gap: float, limits_s: float, on_progress: Report | None = None
) -> Planned:
    """The same with the objective known to a smaller gap; a better plan replaces the plan.

    The plan of levels stays: only its first is asked more closely.
    """
    from carbonplan.solve import solve

    prepared = found.prepared
    limits = replace(prepared.limits, gap=gap, time_limit_s=limits_s)
    solution = solve(prepared.program, limits, on_progress=on_progress, start=found.values)
    solution = unless_interrupted(solution)
    better = with_values(prepared.problem, solution, prepared.inputs, limits)
    bounds = [b for b in (found.objective.at_least, better.bound) if b is not None]
    value = min(found.objective.value, better.objective)
    objective = Interval(min(max(bounds), value) if bounds else None, value)
    if found.plan.summary["objective"].get("levels"):
        return replace(found, objective=objective)
    kept = replace(better, bound=objective.at_least)
    again = _judged_later(prepared, prepared.plan(kept), kept)
    return replace(again, objective=objective, slack=found.slack)


def of_folder(folder: Path, options: Options) -> Planned:
    """The plan in a folder, with the program that it was made from.

    Raises
    ------
    InvalidInput
        An input of the plan has changed since, so its program is another.
    UsageError
        The plan was made without foresight: its bound is not that of its own question.
    """
    from carbonplan.pipeline import changed_inputs, reload
    from carbonplan.plan import read
    from carbonplan.plan.manifest import part

    plan = read(folder)
    if plan.summary.get("foresight") is not None:
        raise UsageError(f"{folder}: a plan without foresight cannot be checked")
    asked = part(folder, "options")
    mine = {
        name: asked.get(name) if getattr(options, name) is None else getattr(options, name)
        for name in ("gap", "time_limit_s", "threads", "seed")
    }
    prepared = _first_level(prepare(reload(folder), replace(options, **mine)))
    changed = changed_inputs(folder, prepared.inputs)
    if changed:
        raise InvalidInput(
            str(folder), [f"{name} has changed since the plan was made" for name in changed]
        )
    holds, plan = verified(prepared.inputs, plan)
    return replace(_known(prepared, plan), verification=holds)
