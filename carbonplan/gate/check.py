"""A plan against its baseline: every impact that has a threshold, and what has changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from carbonplan.errors import UsageError, nearest
from carbonplan.gate.baseline import Entry
from carbonplan.gate.decision import Decision, Interval, Verdict, decide
from carbonplan.gate.least import Known, least, slack_within
from carbonplan.gate.planning import Clock, Planned, refined
from carbonplan.gate.thresholds import OBJECTIVE, Threshold
from carbonplan.steps import Report

REFINED = 0.5  # of the gap that would decide: so much closer is asked for


@dataclass(frozen=True)
class Judged:
    """One impact held against its baseline.

    Attributes
    ----------
    old
        Of the baseline, for a horizon as long as the new one.
    reason
        Why nothing can be decided, where it is not the gap.
    """

    impact: str
    unit: str
    threshold: Threshold
    old: Known
    new: Known
    decision: Decision
    reason: str = ""

    @property
    def verdict(self) -> Verdict:
        return self.decision.verdict


def names_of(asked: Mapping[str, Threshold], found: Planned) -> dict[str, Threshold]:
    """Thresholds by the names of impacts; ``objective`` becomes the impact that it is.

    Raises
    ------
    UsageError
        The plan has no such impact, nothing decides by it, or it is named twice.
    """
    named: dict[str, Threshold] = {}
    wrong = []
    for name, one in asked.items():
        impact = found.minimised if name == OBJECTIVE else name
        wrong += _problems(impact, found)
        if impact in named:
            wrong.append(f"{impact} is the objective and has two thresholds")
        named[impact] = one
    for impact, one in named.items():
        wrong += _unit_problems(one, unit_of(impact, found))
    if wrong:
        raise UsageError("\n".join(dict.fromkeys(wrong)))
    return named


def _problems(impact: str, found: Planned) -> list[str]:
    known = found.plan.impacts
    if impact != OBJECTIVE and impact not in known:
        return [f"the plan has no {impact}{nearest(impact, known)} ({', '.join(known)})"]
    scenario = found.prepared.inputs.scenario
    decides = scenario.objective.named | {bound.impact for bound in scenario.bounds}
    if impact == "latency" and impact not in decides:
        return ["latency has no say in this scenario: name it in its objective or a bound"]
    return []


def _unit_problems(one: Threshold, unit: str) -> list[str]:
    try:
        one.allowance(0.0, unit, 1.0)
    except ValueError as error:
        return [f"--max-increase {one.impact}={one.written}: {error}"]
    return []


def unit_of(impact: str, found: Planned) -> str:
    """Unit of an impact, or of the objective that is none."""
    if impact in found.plan.impacts:
        return found.plan.impacts[impact].unit
    return str(found.plan.summary["objective"]["unit"])


def known_impacts(
    found: Planned,
    asked: Mapping[str, Threshold],
    clock: Clock,
    on_progress: Report | None = None,
) -> dict[str, Known]:
    """What is known of every impact: proven of the objective and of those asked for."""
    plain = found_impacts(found)
    secondary = [name for name in asked if name != found.minimised]
    return plain | {
        name: least_of(name, found, found.slack, clock, on_progress) for name in secondary
    }


def found_impacts(found: Planned) -> dict[str, Known]:
    """The objective with its bound; other impacts as the plan has them, with its slack."""
    objective, name = found.objective, found.minimised
    within = slack_within(objective.value, objective.at_least)
    levels = found.plan.summary["objective"].get("levels")
    if levels:
        own = found.plan.impacts[name].value
        within = slack_within(max(own, objective.value), objective.at_least)
    impacts = {
        impact: Known(total.unit, total.value, None, within)
        for impact, total in found.plan.impacts.items()
    }
    unit = unit_of(name, found)
    return impacts | {name: Known(unit, objective.value, objective.at_least, 0.0)}


def least_of(
    impact: str,
    found: Planned,
    slack: float,
    clock: Clock,
    on_progress: Report | None = None,
    gap: float | None = None,
) -> Known:
    """What is known of the least of an impact within a slack.

    Parameters
    ----------
    gap
        To which it is asked for; None for that of the plan.
    """
    limits = found.prepared.limits
    limits = replace(
        limits, time_limit_s=clock.left_s(), gap=limits.gap if gap is None else gap
    )
    interval, within = least(
        found.program,
        impact,
        found.objective,
        slack,
        limits,
        start=found.values,
        found=found.plan.impacts[impact].value,
        on_progress=on_progress,
    )
    unit = found.plan.impacts[impact].unit
    return Known(unit, interval.value, interval.at_least, within)


@dataclass(frozen=True)
class Question:
    """What a plan is held against, and how hard to try.

    Attributes
    ----------
    hours
        That the plan stands for [h].
    refine
        Solve once more, with the gap that decides, what the first solve leaves undecided.
    """

    entry: Entry
    hours: float
    clock: Clock
    refine: bool = True
    on_progress: Report | None = None

    def closer_gap(self, one: Judged) -> float | None:
        """Gap of another solve; None where none is asked for or would help."""
        gap = one.decision.deciding_gap
        return REFINED * gap if self.refine and gap and not one.reason else None


def judge(
    found: Planned, asked: Mapping[str, Threshold], question: Question
) -> tuple[Planned, tuple[Judged, ...]]:
    """Hold a plan against its baseline; the plan may be a better one afterwards."""
    judged = {}
    impact = found.minimised
    if impact in asked:
        found, judged[impact] = _judge_objective(found, asked[impact], question)
    for name in asked:
        if name not in judged:
            judged[name] = _judge_other(name, found, asked[name], question)
    return found, tuple(judged[name] for name in asked)


def _judge_objective(
    found: Planned, threshold: Threshold, question: Question
) -> tuple[Planned, Judged]:
    """The objective; another solve where the first leaves it undecided."""
    impact = found.minimised
    one = _held(impact, found_impacts(found)[impact], threshold, question)
    gap = question.closer_gap(one)
    if gap is not None and found.values is not None:
        found = refined(found, gap, question.clock.left_s(), question.on_progress)
        one = _held(impact, found_impacts(found)[impact], threshold, question)
    return found, one


def _judge_other(
    impact: str, found: Planned, threshold: Threshold, question: Question
) -> Judged:
    """An impact that is not the objective, as the least within the baseline's slack."""
    kept = question.entry.impacts.get(impact)
    slack = max(found.slack, (kept.within or 0.0) if kept else 0.0)
    clock, on_progress = question.clock, question.on_progress
    known = least_of(impact, found, slack, clock, on_progress)
    one = _held(impact, known, threshold, question)
    gap = question.closer_gap(one)
    if gap is None:
        return one
    closer = least_of(impact, found, slack, clock, on_progress, gap)
    return _held(impact, _joined(known, closer), threshold, question)


def _joined(one: Known, other: Known) -> Known:
    """What two solves of the same question prove together."""
    bounds = [b for b in (one.at_least, other.at_least) if b is not None]
    value = min(one.value, other.value)
    return replace(other, value=value, at_least=min(max(bounds), value) if bounds else None)


def _held(impact: str, new: Known, threshold: Threshold, question: Question) -> Judged:
    """What is known of an impact against what the baseline keeps of it."""
    entry, hours = question.entry, question.hours
    kept = entry.impacts.get(impact)
    if kept is None or kept.unit != new.unit:
        reason = f"the baseline has no {impact} in {new.unit}"
        nothing = Known(new.unit, 0.0, None, None)
        decision = Decision(Verdict.UNDECIDED, 0.0)
        return Judged(impact, new.unit, threshold, nothing, new, decision, reason)
    factor = hours / entry.hours
    old = replace(
        kept.known(),
        value=kept.value * factor,
        at_least=None if kept.at_least is None else kept.at_least * factor,
    )
    allowance = threshold.allowance(old.value, new.unit, hours)
    decision = decide(old.value, allowance, Interval(new.at_least, new.value))
    reason = ""
    if kept.within is None:
        reason = (
            "the baseline proves no bound on its objective, so its other impacts are chance"
        )
        decision = Decision(Verdict.UNDECIDED, decision.limit)
    return Judged(impact, new.unit, threshold, old, new, decision, reason)
