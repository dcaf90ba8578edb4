"""A check from scenario to outcome, and the baseline that accepts it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from carbonplan.errors import PlanDoesNotHold, ThresholdCrossed, UsageError
from carbonplan.gate.baseline import (
    Baseline,
    Entry,
    entry_of,
    read_baseline,
    thresholds_of,
    write_baseline,
)
from carbonplan.gate.changes import Changes, changes
from carbonplan.gate.check import (
    Judged,
    Question,
    found_impacts,
    judge,
    known_impacts,
    names_of,
)
from carbonplan.gate.decision import Verdict
from carbonplan.gate.planning import Clock, Planned
from carbonplan.gate.summary import entry, horizon_hours
from carbonplan.gate.thresholds import EXAMPLES, Threshold
from carbonplan.steps import Report

if TYPE_CHECKING:
    from carbonplan.plan import Plan


@dataclass(frozen=True)
class Outcome:
    """What a check found.

    Attributes
    ----------
    key
        Name of the scenario in the baseline file.
    old, new
        Entry of the baseline file, None where there was none, and what it would be now.
    judged
        Impacts with thresholds; empty where the baseline was updated.
    violations
        What the plan does not keep when it is recomputed.
    """

    key: str
    plan: Plan
    old: Entry | None
    new: Entry
    judged: tuple[Judged, ...]
    changes: Changes | None
    violations: tuple[str, ...]
    strict: bool = False
    updated: bool = False

    @property
    def verdict(self) -> Verdict:
        """That of all impacts together: the worst."""
        found = {one.verdict for one in self.judged}
        for verdict in (Verdict.DEARER, Verdict.UNDECIDED):
            if verdict in found:
                return verdict
        return Verdict.NOT_DEARER

    @property
    def fails(self) -> bool:
        """Whether a threshold was crossed or, if strict, may have been."""
        undecided = self.strict and self.verdict is Verdict.UNDECIDED
        return self.verdict is Verdict.DEARER or undecided

    @property
    def exit_code(self) -> int:
        if self.violations:
            return PlanDoesNotHold.exit_code
        return ThresholdCrossed.exit_code if self.fails else 0


@dataclass(frozen=True)
class Standard:
    """What a plan is to be held against: read before anything is solved.

    Attributes
    ----------
    given
        Thresholds that were asked for with the check.
    asked
        These, and those of the file that they do not replace.
    """

    path: Path
    key: str
    baseline: Baseline
    old: Entry | None
    given: Mapping[str, Threshold]
    asked: Mapping[str, Threshold]


def standard(path: Path, key: str, given: Mapping[str, Threshold], *, update: bool) -> Standard:
    """The entry of a scenario in a baseline file, and the thresholds.

    Raises
    ------
    InvalidInput
        There is no such baseline, or it holds no plan of the scenario; an update needs none.
    UsageError
        There is no threshold to hold a plan against.
    """
    new_file = update and not path.exists()
    baseline = Baseline() if new_file else read_baseline(path)
    old = baseline.plans.get(key) if update else entry_of(baseline, key, path)
    asked = {**thresholds_of(baseline, old, path), **given}
    if not asked and not update:
        raise UsageError(f"no threshold: give --max-increase, such as {EXAMPLES}")
    return Standard(path, key, baseline, old, given, asked)


def checked(
    found: Planned,
    held: Standard,
    *,
    strict: bool = False,
    refine: bool = True,
    on_progress: Report | None = None,
) -> Outcome:
    """Hold a plan against its baseline."""
    named = names_of(held.asked, found)
    hours = horizon_hours(found.plan.data)
    clock = Clock(found.prepared.limits.time_limit_s)
    question = Question(held.old, hours, clock, refine, on_progress)
    found, judged = judge(found, named, question)
    impacts = found_impacts(found) | {one.impact: one.new for one in judged}
    new = _entry(found, impacts, named)
    return Outcome(
        key=held.key,
        plan=found.plan,
        old=held.old,
        new=new,
        judged=judged,
        changes=changes(held.old, new),
        violations=_violations(found),
        strict=strict,
    )


def updated(found: Planned, held: Standard, on_progress: Report | None = None) -> Outcome:
    """Accept a plan: write it into the baseline file, unless it does not hold."""
    named = names_of(held.asked, found)
    clock = Clock(found.prepared.limits.time_limit_s)
    impacts = known_impacts(found, named, clock, on_progress)
    own = {} if held.old is None else thresholds_of(Baseline(), held.old, held.path)
    new = _entry(found, impacts, {**own, **held.given})
    violations = _violations(found)
    if not violations:
        write_baseline(held.path, held.baseline, held.key, new)
    return Outcome(
        key=held.key,
        plan=found.plan,
        old=held.old,
        new=new,
        judged=(),
        changes=None if held.old is None else changes(held.old, new),
        violations=violations,
        updated=not violations,
    )


def _entry(found: Planned, impacts: Mapping, asked: Mapping[str, Threshold]) -> Entry:
    return entry(
        found.plan,
        found.prepared.inputs,
        impacts,
        found.minimised,
        asked,
        found.prepared.loaded.variant,
    )


def _violations(found: Planned) -> tuple[str, ...]:
    return () if found.verification is None else tuple(found.verification.violations)
