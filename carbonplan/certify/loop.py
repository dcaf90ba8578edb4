"""The loop: plan, replay, raise the head-room of what missed a promise, and plan again.

It ends with a plan whose promises all hold on the trace, or with the reason why none was found:
requests that miss their limit even on nearly empty replicas, no plan with more head-room,
head-room as large as its field takes, or no round left. Of several plans that is chosen which
misses the fewest promises, then the one that misses by least, then the best.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from carbonplan import pipeline
from carbonplan.catalogue.gather import gather
from carbonplan.certify.cost import cost_of_certainty
from carbonplan.certify.reasons import first_words, hopeless, reasons
from carbonplan.certify.records import INTERRUPTED, Certification, Round
from carbonplan.certify.rule import following
from carbonplan.errors import NoPlanExists, StoppedWithoutPlan
from carbonplan.scenario import load
from carbonplan.steps import Report

if TYPE_CHECKING:
    from carbonplan.certify.judging import Judge
    from carbonplan.scenario.loaded import LoadedScenario

Planner = Callable[..., pipeline.Result]


@dataclass(frozen=True)
class Search:
    """How a certified plan is looked for.

    Attributes
    ----------
    rounds
        Most plans that are made.
    planner
        Makes a plan of a scenario, and writes nothing.
    on_round
        Is told each round as it ends.
    """

    options: pipeline.Options
    judge: Judge
    rounds: int
    planner: Planner = pipeline.run
    on_round: Callable[[Round], None] = lambda _round: None
    on_progress: Report | None = None


@dataclass(frozen=True)
class Certified:
    """The plan that was chosen, not written yet, and how it was found."""

    loaded: LoadedScenario
    result: pipeline.Result
    certification: Certification


@dataclass
class _Course:
    """What was found so far; plans are kept of the first round and the best one."""

    rounds: list[Round] = field(default_factory=list)
    first: pipeline.Result | None = None
    best: tuple[LoadedScenario, pipeline.Result, Round] | None = None
    hopeless: dict[str, str] = field(default_factory=dict)


def certify(loaded: LoadedScenario, search: Search) -> Certified:
    """A plan that keeps its promises on a trace, or the one that comes nearest.

    Raises
    ------
    InvalidInput, NoPlanExists, StoppedWithoutPlan, UnreliableAnswer, EnvironmentFailed
        There is no plan at the scenario's own head-room; the error says why.
    UsageError
        The plan rests on what cannot be replayed.
    MissingDependency
        numba is not installed.
    """
    course = _Course()
    start = {one.name: one.headroom for one in loaded.scenario.workloads}
    headroom: Mapping[str, float] | None = start
    while headroom is not None:
        last = _round(with_headroom(loaded, headroom), headroom, course, search)
        course.rounds.append(last)
        search.on_round(last)
        if last.status == INTERRUPTED or len(course.rounds) == search.rounds:
            break
        headroom = following(course.rounds, course.hopeless)
    scenario, result, chosen = course.best
    return Certified(
        scenario,
        result,
        Certification(
            rounds=tuple(course.rounds),
            chosen=chosen.number,
            overrides=_overrides(start, chosen.headroom),
            reasons=reasons(course.rounds, chosen, course.hopeless, search.rounds),
            sources=search.judge.sources,
            seed=search.judge.seed,
            cost=cost_of_certainty(course.first.plan, result.plan),
        ),
    )


def written(
    found: Certified, options: pipeline.Options, render: pipeline.Renderer | None
) -> pipeline.Result:
    """The plan with its certification, in its folder."""
    document = found.certification.document()
    plan = found.result.plan
    plan = replace(plan, summary={**plan.summary, "certification": document})
    folder = pipeline.write_out(found.loaded, gather(found.loaded), plan, options, render)
    return replace(found.result, plan=plan, folder=folder)


def with_headroom(loaded: LoadedScenario, headroom: Mapping[str, float]) -> LoadedScenario:
    """The scenario with other head-rooms, as overrides of it; itself where none differs."""
    start = {one.name: one.headroom for one in loaded.scenario.workloads}
    more = _overrides(start, headroom)
    if not more:
        return loaded
    overrides = (*loaded.overrides, *more)
    return load(loaded.path, overrides, loaded.variant, loaded.allowed_folders)


def _overrides(start: Mapping[str, float], headroom: Mapping[str, float]) -> tuple[str, ...]:
    return tuple(
        f"workloads[{name}].headroom={value:g}"
        for name, value in headroom.items()
        if value != start[name]
    )


def _round(
    loaded: LoadedScenario, headroom: Mapping[str, float], course: _Course, search: Search
) -> Round:
    """Plan at some head-room and replay; that there is no plan only the first round raises."""
    number = len(course.rounds) + 1
    options = replace(search.options, out=None)
    try:
        result = search.planner(loaded, options, on_progress=search.on_progress)
    except (NoPlanExists, StoppedWithoutPlan) as error:
        if course.best is None:
            raise
        return Round(number, headroom, problem=first_words(error))
    found = _replayed(loaded, result, Round(number, headroom), course, search)
    course.first = course.first or result
    if course.best is None or _rank(found) < _rank(course.best[2]):
        course.best = loaded, result, found
    return found


def _replayed(
    loaded: LoadedScenario,
    result: pipeline.Result,
    planned: Round,
    course: _Course,
    search: Search,
) -> Round:
    """The round with its plan's figures and what its replay said, unless it was interrupted.

    Where the first plan misses a promise, it is asked whom head-room could help at all.
    """
    summary = result.plan.summary
    value, bound = summary["objective"]["value"], summary["bound"]
    found = replace(planned, status=summary["status"], value=value, bound=bound)
    if found.status == INTERRUPTED:
        return found
    inputs = gather(loaded)
    found = replace(found, replayed=search.judge.replayed(inputs, result.plan))
    if course.first is None and not found.holds:
        course.hopeless |= hopeless(search.judge.alone(inputs, result.plan), found)
    return found


def _rank(found: Round) -> tuple[float, float, float]:
    """Promises that are missed, the sum of what is short, and the objective: less is better."""
    if found.replayed is None:
        return math.inf, math.inf, math.inf
    missed = found.replayed.missed
    short = sum(one.found.promised - one.found.share for one in missed)
    return len(missed), short, math.inf if found.value is None else found.value
