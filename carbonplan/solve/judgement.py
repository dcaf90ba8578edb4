"""What an outcome is worth, recomputed from its values and compared with what it claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from carbonplan.solve.arrays import Arrays
from carbonplan.solve.faults import agree, claim_faults, plan_faults
from carbonplan.solve.job import Outcome
from carbonplan.solve.limits import Limits
from carbonplan.solve.solution import Status
from carbonplan.solve.status import Claim

GAP_ROUNDING = 1e-6  # what polishing may cost of the gap that was asked for


def outcome_faults(arrays: Arrays, limits: Limits, outcome: Outcome) -> tuple[str, ...]:
    """Why an outcome cannot be believed, recomputed from its values alone."""
    faults = list(outcome.faults)
    if outcome.values is not None:
        faults += plan_faults(arrays, outcome.values)
    if outcome.values is not None and not faults:
        faults += claim_faults(arrays, outcome.values, outcome.objective, outcome.bound)
        faults += claim_faults(arrays, outcome.values, outcome.objective, outcome.safe_bound)
    if outcome.claim is Claim.PROVED and not faults and not is_within_gap(limits, outcome):
        faults.append(
            f"called optimal, but the plan costs {outcome.objective} and the bound is "
            f"{outcome.bound}"
        )
    if outcome.claim is Claim.INFEASIBLE and outcome.relaxed_rows is None:
        faults.append("called infeasible, not confirmed")
    if outcome.claim is Claim.INFEASIBLE and outcome.values is not None:
        faults.append("called infeasible, but there is a plan")
    if outcome.claim in (Claim.UNBOUNDED, Claim.FAILED, Claim.EMPTY) and not faults:
        faults.append(f"the solver's answer is: {outcome.claim}")
    return tuple(faults)


def all_agree(standing: Sequence[Outcome]) -> bool:
    """Whether plans and bounds of several outcomes can belong to one program."""
    if len({outcome.claim is Claim.INFEASIBLE for outcome in standing}) > 1:
        return False
    objectives = [o.objective for o in standing if o.objective is not None]
    bounds = [o.bound for o in standing if o.bound is not None]
    if not objectives or not bounds:
        return True
    return max(bounds) <= min(objectives) or agree(max(bounds), min(objectives))


def earned_status(limits: Limits, outcome: Outcome) -> Status:
    if outcome.values is not None and is_within_gap(limits, outcome):
        return Status.OPTIMAL
    if outcome.claim is Claim.INTERRUPTED:
        return Status.INTERRUPTED
    if outcome.claim is Claim.OUT_OF_MEMORY:
        return Status.OUT_OF_MEMORY
    if outcome.claim is Claim.INFEASIBLE:
        return Status.INFEASIBLE
    return Status.NO_PLAN if outcome.values is None else Status.FEASIBLE


def is_within_gap(limits: Limits, outcome: Outcome) -> bool:
    if outcome.objective is None or outcome.bound is None:
        return False
    room = (limits.gap + GAP_ROUNDING) * abs(outcome.objective)
    return outcome.objective - outcome.bound <= max(room, GAP_ROUNDING)


def clamped(outcome: Outcome) -> Outcome:
    """Return the outcome with a bound that is never above the objective."""
    if outcome.objective is None or outcome.bound is None:
        return outcome
    return replace(outcome, bound=min(outcome.bound, outcome.objective))
