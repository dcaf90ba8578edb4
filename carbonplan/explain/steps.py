"""What a limit one step further saves: the scenario solved again with it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carbonplan.errors import CarbonplanError, Interrupted
from carbonplan.explain.asking import NOISE, Asker, Difference, OutOfTime, known
from carbonplan.explain.limit import Limit
from carbonplan.explain.limits import relaxing
from carbonplan.explain.prices import Standing
from carbonplan.explain.subject import Subject

if TYPE_CHECKING:
    from carbonplan.program import Program

log = logging.getLogger(__name__)
NOT_MONOTONE = ("utilisation",)  # kinds of limits that also change what a request takes


@dataclass(frozen=True)
class Step:
    """What came of relaxing a limit by a step.

    Attributes
    ----------
    saves
        What the optimum falls by; None where it was not found out.
    alone
        Whether it was solved for alone; otherwise with all limits that do not bind, which
        proves no less.
    agrees
        Whether what the price says of the step lies within what is proven; None without a
        price.
    words
        Why there is no answer; empty where there is one.
    """

    saves: Difference | None
    alone: bool = True
    agrees: bool | None = None
    words: str = ""


@dataclass(frozen=True)
class Finding:
    """A limit, how it stands beside the plan, and what a step of it saves."""

    standing: Standing
    step: Step | None = None


def stepped(subject: Subject, found: Sequence[Standing], asker: Asker) -> list[Finding]:
    """Every limit a step further: those that bind each alone, the others all at once.

    Where the others together save something, each is tried alone as well.
    """
    slack = [one for one in found if one.binds is False and _restated(one.limit)]
    bind = [one for one in found if one.binds]
    others = [one for one in found if one not in slack and one not in bind]
    steps = {one.limit.path: _alone(subject, one, asker) for one in bind}
    if slack:
        together = _together(subject, slack, asker)
        alike = together.saves is None or _is_nothing(subject, together.saves, asker)
        for one in slack:
            steps[one.limit.path] = together if alike else _alone(subject, one, asker)
    steps |= {one.limit.path: _alone(subject, one, asker) for one in others}
    return [Finding(one, steps[one.limit.path]) for one in found]


def _restated(limit: Limit) -> bool:
    return limit.changed is not None and not limit.resolved_by_overrides


def _together(subject: Subject, slack: Sequence[Standing], asker: Asker) -> Step:
    """All limits that do not bind, a step further at once."""
    log.info("relaxing the %d limits that do not bind, together", len(slack))
    try:
        problem = relaxing(subject.problem, [one.limit for one in slack])
        saves = _saving(subject, subject.program_of(problem), asker).never_negative()
        return Step(saves, alone=False)
    except OutOfTime:
        return Step(None, alone=False, words="not reached in the time")


def _alone(subject: Subject, standing: Standing, asker: Asker) -> Step:
    """One limit a step further, formulated anew where only that tells all it changes."""
    limit = standing.limit
    if not limit.step:
        return Step(None, words="it cannot be relaxed further")
    log.info("relaxing %s", limit.path)
    try:
        asker.require_time()
        saves = _saving(subject, _program(subject, limit), asker)
        saves = saves if limit.kind in NOT_MONOTONE else saves.never_negative()
    except OutOfTime:
        return Step(None, words="not reached in the time")
    except Interrupted:
        raise
    except CarbonplanError as error:
        return Step(None, words=str(error).splitlines()[-1].strip(" -"))
    return Step(saves, agrees=_agrees(subject, standing, saves))


def _program(subject: Subject, limit: Limit) -> Program:
    if _restated(limit):
        return subject.program_of(limit.changed(subject.problem, limit.relaxed))
    return subject.with_overrides(limit.relaxed_overrides())[1]


def _saving(subject: Subject, program: Program, asker: Asker) -> Difference:
    """What the optimum of another program is less than the plan's."""
    return subject.known.more_than(known(asker.solve(program, subject.values)))


def _is_nothing(subject: Subject, saves: Difference, asker: Asker) -> bool:
    """Whether nothing is saved beyond what the gaps leave open."""
    room = (asker.limits.gap + NOISE) * abs(subject.known.objective or 0.0)
    return saves.at_least is not None and saves.at_least <= room and saves.is_within(room)


def _agrees(subject: Subject, standing: Standing, saves: Difference) -> bool | None:
    said = standing.saves_by_step
    if said is None or saves.at_least is None or saves.at_most is None:
        return None
    room = NOISE * abs(subject.known.objective or 0.0)
    return bool(saves.at_least - room <= said <= saves.at_most + room)
