"""Why no plan was found that keeps every promise, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from carbonplan.certify.records import INTERRUPTED, Round
from carbonplan.certify.rule import MOST, misses
from carbonplan.errors import NoPlanExists, StoppedWithoutPlan
from carbonplan.replay.judge import Promise

LIMITS = {
    "ttft": "the time to first token",
    "tpot": "the time per token",
    "deadline": "the deadline",
}


def hopeless(alone: Sequence[Promise], found: Round) -> dict[str, str]:
    """Workloads that miss a promise even on nearly empty replicas, and by how much.

    Parameters
    ----------
    alone
        Promises of the same replicas with a hundredth of the online requests.
    found
        The round in which they had all of them.
    """
    missed = misses(found.replayed) if found.replayed else {}
    return {
        one.workload: (
            f"{one.workload}: {LIMITS[one.found.measure]} is kept by "
            f"{100 * one.found.share:.4g} % of the requests, {100 * one.found.promised:g} % "
            "were promised, even if only a hundredth of them comes to the same replicas; no "
            "head-room helps requests that miss a limit by themselves"
        )
        for one in alone
        if one.workload in missed and one.found.high < one.found.promised
    }


def reasons(
    rounds: Sequence[Round], chosen: Round, by_themselves: Mapping[str, str], most: int
) -> tuple[str, ...]:
    """What kept a plan from being certified; nothing where it is.

    Parameters
    ----------
    by_themselves
        What is said of workloads that no head-room helps.
    most
        Rounds that were allowed.
    """
    if chosen.holds:
        return ()
    last = rounds[-1]
    if last.status == INTERRUPTED:
        return ("interrupted before a plan was found that keeps every promise",)
    found = list(by_themselves.values())
    without = [one for one in rounds if one.problem]
    found += [f"no plan with {_shown(one)}: {one.problem}" for one in without[-1:]]
    unseen = chosen.replayed.unseen if chosen.replayed else ()
    found += [f"{name}: none of its requests was among those replayed" for name in unseen]
    missed = misses(chosen.replayed) if chosen.replayed else {}
    found += [
        f"{name}: its head-room is {MOST:g}, the most that the scenario takes"
        for name in missed
        if chosen.headroom[name] >= MOST
    ]
    if len(rounds) == most and not missed.keys() <= by_themselves.keys():
        found.append(f"{most} rounds are used up (--certify-rounds)")
    return tuple(found)


def first_words(error: NoPlanExists | StoppedWithoutPlan) -> str:
    """Why there is no plan, in a line."""
    if isinstance(error, NoPlanExists) and error.reasons:
        return error.reasons[0]
    return str(error).splitlines()[0]


def _shown(one: Round) -> str:
    return "head-room " + ", ".join(f"{name} {value:g}" for name, value in one.headroom.items())
