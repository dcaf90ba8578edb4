"""Try, check, and try again in another way before anything is believed.

An attempt that crashes, hangs, fails or contradicts a recomputation in numpy is followed by one
without presolve, then by one with another seed and tighter tolerances. Only what was checked is
returned.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from carbonplan.solve.arrays import Arrays, Floats
from carbonplan.solve.faults import plan_faults
from carbonplan.solve.job import Incumbent, Job, Outcome
from carbonplan.solve.judgement import (
    all_agree,
    clamped,
    earned_status,
    outcome_faults,
)
from carbonplan.solve.limits import Limits
from carbonplan.solve.solution import Status
from carbonplan.solve.status import TESTED_VERSIONS, Claim

SHORTEST_ATTEMPT_S = 0.5
RESCUE_S = 2.0
OTHER_TOLERANCE = 1e-9


class AttemptLost(RuntimeError):
    """A worker ended without an answer."""


class Runner(Protocol):
    """Runs attempts, in this process or each in a worker."""

    def run(self, arrays: Arrays, job: Job, *, heedless: bool = False) -> Outcome:
        """Return what an attempt claims, or raise :class:`AttemptLost`.

        A heedless attempt is short and goes on although a signal asked to stop.
        """

    def incumbent(self) -> Incumbent | None:
        """Return the best plan that any attempt has saved."""

    def interrupted(self) -> bool:
        """Whether a signal asked to stop."""


@dataclass(frozen=True)
class Verdict:
    """A checked outcome and the status that it earns."""

    status: Status
    outcome: Outcome
    steps: tuple[str, ...]


def climb(
    arrays: Arrays,
    limits: Limits,
    runner: Runner,
    *,
    cross_check: bool,
    start: Floats | None = None,
) -> Verdict:
    """Run the rungs of the ladder until an outcome stands, and say what it is worth."""
    steps: list[str] = []
    outcomes: list[Outcome] = []
    end = time.monotonic() + limits.time_limit_s
    standing: list[Outcome] = []
    for name, job in _rungs(limits, end, start):
        if runner.interrupted() or (steps and job.seconds < SHORTEST_ATTEMPT_S):
            break
        try:
            outcome = runner.run(arrays, job)
        except AttemptLost as lost:
            steps.append(f"{name}: {lost}")
            continue
        faults = outcome_faults(arrays, limits, outcome)
        steps += [*_version_note(outcome), *outcome.steps]
        steps += [f"{name}: {fault}" for fault in faults]
        outcomes.append(outcome)
        if not faults:
            standing.append(outcome)
        if standing and (len(standing) > cross_check or outcome.claim is Claim.INTERRUPTED):
            return _accept(limits, standing, steps)
        if outcome.claim is Claim.OUT_OF_MEMORY:
            break
    is_late = end - time.monotonic() < SHORTEST_ATTEMPT_S
    outcome = _rescue(arrays, limits, runner, outcomes)
    what = "no plan" if outcome.values is None else "the best plan is kept"
    status = _rescued_status(limits, outcome, is_late=is_late)
    return Verdict(status, outcome, (*steps, f"no answer stands; {what}"))


def _rungs(limits: Limits, end: float, start: Floats | None) -> Iterator[tuple[str, Job]]:
    """Jobs of the ladder, each with the time that is left when it is asked for."""
    first = Job(
        limits.time_limit_s,
        limits.gap,
        limits.threads,
        limits.seed,
        max_nodes=limits.max_nodes,
        start=start,
    )
    for name, job in (
        ("first attempt", first),
        ("without presolve", replace(first, presolve=False)),
        (
            f"seed {limits.seed + 1}, tolerance {OTHER_TOLERANCE:g}",
            replace(first, seed=limits.seed + 1, tolerance=OTHER_TOLERANCE),
        ),
    ):
        yield name, job.lasting(end - time.monotonic())


def _version_note(outcome: Outcome) -> tuple[str, ...]:
    if outcome.solver_version in TESTED_VERSIONS:
        return ()
    tested = ", ".join(TESTED_VERSIONS)
    return (f"warning: HiGHS {outcome.solver_version}; tested with {tested}",)


def _accept(limits: Limits, standing: list[Outcome], steps: list[str]) -> Verdict:
    """Return the last outcome, unless another that stands contradicts it."""
    outcome = clamped(standing[-1])
    if not all_agree(standing):
        return Verdict(
            Status.UNRELIABLE, outcome, (*steps, "two attempts contradict each other")
        )
    return Verdict(earned_status(limits, outcome), outcome, tuple(steps))


def _rescue(
    arrays: Arrays,
    limits: Limits,
    runner: Runner,
    outcomes: list[Outcome],
) -> Outcome:
    """Return the best plan that passes the checks where no outcome stands."""
    plans = [outcome.values for outcome in outcomes if outcome.values is not None]
    bounds = [outcome.safe_bound for outcome in outcomes]
    incumbent = runner.incumbent()
    if incumbent is not None:
        plans.append(_rounded(arrays, limits, runner, incumbent.values))
    if incumbent is not None and not any(outcome.faults for outcome in outcomes):
        bounds.append(incumbent.bound)
    sound = [plan for plan in plans if plan is not None and not plan_faults(arrays, plan)]
    best = min(sound, key=arrays.objective, default=None)
    return clamped(
        Outcome(
            _last_claim(runner, outcomes),
            best,
            None if best is None else arrays.objective(best),
            max((bound for bound in bounds if bound is not None), default=None),
            nodes=sum(outcome.nodes for outcome in outcomes),
            solver_version=outcomes[-1].solver_version if outcomes else "",
        )
    )


def _rounded(arrays: Arrays, limits: Limits, runner: Runner, values: Floats) -> Floats | None:
    """A saved plan with whole numbers, its continuous columns solved again if need be."""
    if values.shape != (arrays.columns_count,) or not np.isfinite(values).all():
        return None
    whole = np.flatnonzero(arrays.integer)
    rounded = values.copy()
    rounded[whole] = np.round(values[whole])
    if not plan_faults(arrays, rounded):
        return rounded
    job = Job(RESCUE_S, limits.gap, limits.threads, limits.seed)
    try:
        return runner.run(
            arrays.fixed(whole, rounded[whole]).relaxed(), job, heedless=True
        ).values
    except AttemptLost:
        return None


def _last_claim(runner: Runner, outcomes: list[Outcome]) -> Claim:
    """What the attempts came to: a signal, memory, a contradiction, a crash or a limit."""
    if runner.interrupted():
        return Claim.INTERRUPTED
    claims = [outcome.claim for outcome in outcomes]
    for claim in (Claim.OUT_OF_MEMORY, Claim.INFEASIBLE, Claim.UNBOUNDED):
        if claim in claims:
            return claim
    return Claim.FAILED


def _rescued_status(limits: Limits, outcome: Outcome, is_late: bool) -> Status:
    if outcome.claim in (Claim.INTERRUPTED, Claim.OUT_OF_MEMORY):
        return earned_status(limits, outcome)
    if outcome.claim in (Claim.INFEASIBLE, Claim.UNBOUNDED):
        return Status.UNRELIABLE
    if outcome.values is None and not is_late:
        return Status.UNRELIABLE
    return earned_status(limits, outcome)
