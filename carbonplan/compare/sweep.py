"""All cases, checked first and then planned: side by side, resumable, each for itself.

Nothing is planned before every case was found sound, so that a misspelt name in the last one is
known at once. A case whose process is lost is planned once more when no other runs, in case it
was the memory that they shared. What is finished stays, whatever ends the sweep.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from carbonplan.compare import results
from carbonplan.compare.cases import Case
from carbonplan.compare.lock import held
from carbonplan.compare.pool import Ended, Event, Pool
from carbonplan.compare.records import BUG, CaseResult, Failure
from carbonplan.compare.tasks import Answer, CaseOptions, Task
from carbonplan.errors import EnvironmentFailed, Interrupted, InvalidInput, UsageError
from carbonplan.scenario.read import limited

SLACK_S, SLACK_FACTOR = 300.0, 2.0  # beyond the search, for the steps around it
SHOWN_NAMES = 3


class Observer(Protocol):
    """Whoever watches a sweep."""

    def checked(self, cases: int, kept: int) -> None:
        """All cases are sound, and so many need not be planned again."""

    def event(self, event: Event) -> None:
        """Something happened to a case that is planned."""

    def result(self, result: CaseResult) -> None:
        """A case has its result."""


@dataclass(frozen=True)
class Ways:
    """How a sweep is done.

    Attributes
    ----------
    command
        Of a worker process, after the interpreter.
    jobs
        Cases at the same time.
    limit_s
        After which a case counts as hung; None for what its time limit suggests.
    again
        Plan cases again that are there already.
    failed_again
        Try cases again that have no plan, whatever the reason.
    """

    command: tuple[str, ...]
    jobs: int
    limit_s: float | None = None
    again: bool = False
    failed_again: bool = False


@dataclass(frozen=True)
class Swept:
    """Results in the order of the cases, and whether the sweep was ended early."""

    results: tuple[CaseResult, ...]
    is_interrupted: bool = False


def sweep(
    cases: Sequence[Case], out: Path, options: CaseOptions, ways: Ways, observer: Observer
) -> Swept:
    """Plan cases into ``out/cases``.

    Raises
    ------
    InvalidInput, UsageError
        Some case is not sound; every problem of all cases is listed, nothing is planned.
    """
    with held(out), Pool(ways.command, ways.jobs) as pool:
        sweeping = _Sweep(out, options, ways, observer, pool)
        try:
            answers = sweeping.check(cases)
            refuse_unsound(cases, answers)
            sweeping.keep(cases, answers)
            sweeping.plan([case for case in cases if case.name not in sweeping.found], answers)
        except KeyboardInterrupt:
            if not sweeping.is_checked:
                raise
            rest = {c.name: results.not_run(c, Interrupted.exit_code) for c in cases}
            return Swept(tuple((rest | sweeping.found)[c.name] for c in cases), True)
    return Swept(tuple(sweeping.found[case.name] for case in cases))


@dataclass
class _Sweep:
    """A sweep under way: ``found`` holds the results so far, by name."""

    out: Path
    options: CaseOptions
    ways: Ways
    observer: Observer
    pool: Pool
    found: dict[str, CaseResult] = field(default_factory=dict)
    is_checked: bool = False

    def check(self, cases: Sequence[Case]) -> dict[str, Answer]:
        """What is known of each case before it is planned."""
        ended = self._ended(self._task("check", case) for case in cases)
        return {one.task.case.name: one.answer for one in ended}

    def keep(self, cases: Sequence[Case], answers: Mapping[str, Answer]) -> None:
        """Take over what an earlier sweep found."""
        for case in cases:
            answer = answers[case.name]
            if answer.is_kept and not self.ways.again:
                self.found[case.name] = results.planned(self.out, case)
            elif not (self.ways.again or self.ways.failed_again):
                failure = results.kept_failure(self.out, case, answer.key)
                if failure is not None:
                    self.found[case.name] = results.failed(case, failure)
        self.is_checked = True
        self.observer.checked(len(cases), len(self.found))

    def plan(self, cases: Sequence[Case], answers: Mapping[str, Answer]) -> None:
        """Plan the others; each that is lost once more, alone."""
        tasks = [self._task("plan", case, answers[case.name]) for case in cases]
        lost = []
        for ended in self._ended(tasks):
            if ended.is_lost:
                lost.append(ended.task)
            else:
                self._settle(ended, answers)
        for ended in self._ended(lost, jobs=1):
            self._settle(ended, answers)

    def _task(self, do: str, case: Case, checked: Answer | None = None) -> Task:
        folder = self.out / results.CASES / case.folder
        task = Task(do, case, str(folder.absolute()), self.options, self.ways.limit_s)
        if checked is None or self.ways.limit_s is not None:
            return task
        return replace(task, limit_s=SLACK_FACTOR * checked.search_s + SLACK_S)

    def _ended(self, tasks: Iterable[Task], jobs: int | None = None) -> Iterator[Ended]:
        for event in self.pool.run(tasks, jobs):
            if self.is_checked:
                self.observer.event(event)
            if isinstance(event, Ended):
                yield event

    def _settle(self, ended: Ended, answers: Mapping[str, Answer]) -> None:
        case, failure, found = ended.task.case, ended.answer.failure, None
        if failure is None:
            try:
                found = results.planned(self.out, case)
                results.forget_failure(self.out, case)
            except (OSError, ValueError, KeyError, TypeError) as error:
                words = f"its plan cannot be read ({type(error).__name__}: {error})"
                failure = Failure("EnvironmentFailed", EnvironmentFailed.exit_code, words)
        if found is None:
            with suppress(EnvironmentFailed):  # without its record it is tried again, no more
                results.keep_failure(self.out, case, answers[case.name].key, failure)
            found = results.failed(case, failure)
        self.found[case.name] = found
        self.observer.result(found)


def refuse_unsound(cases: Sequence[Case], answers: Mapping[str, Answer]) -> None:
    """Raise what is wrong with any case, each problem once with the cases that have it."""
    failures = [
        (case.name, answers[case.name].failure) for case in cases if answers[case.name].failure
    ]
    if not failures:
        return
    names: dict[str, list[str]] = {}
    for name, failure in failures:
        for problem in failure.problems or (failure.message,):
            names.setdefault(problem, []).append(name)
    lines = limited([f"{_listed(of, len(cases))}: {what}" for what, of in names.items()])
    if all(failure.exit_code == UsageError.exit_code for _, failure in failures):
        raise UsageError("\n".join(lines))
    _raise_others([failure for _, failure in failures])
    raise InvalidInput("cases to compare", lines)


def _raise_others(failures: Sequence[Failure]) -> None:
    """What is neither the user's nor the data's fault is told as it is."""
    for failure in failures:
        if failure.exit_code == BUG:
            raise RuntimeError(failure.message)
        if failure.exit_code not in (UsageError.exit_code, InvalidInput.exit_code):
            raise EnvironmentFailed(f"a case could not be checked: {failure.message}")


def _listed(names: Sequence[str], all_cases: int) -> str:
    if len(names) == all_cases:
        return "every case"
    rest = len(names) - SHOWN_NAMES
    return ", ".join(names[:SHOWN_NAMES]) + (f" and {rest} more" if rest > 0 else "")
