"""Errors that a person can act on; each class carries the exit code of the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches


class CarbonplanError(Exception):
    """A failure with a cause outside the program; its text is all that the user sees."""

    exit_code = 1


class UsageError(CarbonplanError):
    """The command was called in a way that has no meaning."""

    exit_code = 2


class InvalidInput(CarbonplanError):
    """The scenario or its data are invalid; every problem found is listed.

    Parameters
    ----------
    subject
        File or thing that was read.
    problems
        One line each: where, what was found, what was expected, the nearest right name.
    """

    exit_code = 3

    def __init__(self, subject: str, problems: Sequence[str]) -> None:
        self.subject = subject
        self.problems = tuple(problems)
        count = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        lines = "".join(f"\n  - {problem}" for problem in self.problems)
        super().__init__(f"{subject}: {count}{lines}")


class NoPlanExists(CarbonplanError):
    """No plan can meet the scenario; the reasons are named in the scenario's words.

    Parameters
    ----------
    reasons
        One line each, the plainest first.
    diagnosis
        The same and more as plain values, where the scenario was diagnosed.
    """

    exit_code = 4

    def __init__(
        self,
        subject: str,
        reasons: Sequence[str],
        diagnosis: Mapping[str, object] | None = None,
    ) -> None:
        self.subject = subject
        self.reasons = tuple(reasons)
        self.diagnosis = diagnosis
        first, rest = ("", self.reasons) if diagnosis is None else _headed(self.reasons)
        lines = "".join(f"\n  - {reason}" for reason in rest)
        super().__init__(f"no plan meets {subject}{first}{lines}")


def _headed(reasons: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The first reason as the rest of a headline, and the others."""
    return f": {reasons[0]}", reasons[1:]


class StoppedAtLimit(CarbonplanError):
    """A limit ended the search; the best plan found is written with its gap."""

    exit_code = 5


class StoppedWithoutPlan(CarbonplanError):
    """A limit ended the search before any plan was found."""

    exit_code = 6


class UnreliableAnswer(CarbonplanError):
    """The program is unbounded, or the solver's answer did not survive its checks."""

    exit_code = 7


class MissingDependency(CarbonplanError):
    """An optional dependency is needed for this and is not installed."""

    exit_code = 8


class EnvironmentFailed(CarbonplanError):
    """Disk, permission, memory, network or a data provider failed."""

    exit_code = 9


class ThresholdCrossed(CarbonplanError):
    """A gate found a rise beyond its threshold."""

    exit_code = 10


class PlanDoesNotHold(CarbonplanError):
    """The plan does not keep what it promises when recomputed or replayed."""

    exit_code = 11


class Interrupted(CarbonplanError):
    """The user or the system asked to stop; the best plan found is written."""

    exit_code = 130


class Terminated(Interrupted):
    """The system asked to stop (SIGTERM); the best plan found is written."""

    exit_code = 143


def nearest(found: str, known: Iterable[str]) -> str:
    """Ending of a message about an unknown name: the known name most like it, if any is."""
    by_lower_case = {name.lower(): name for name in known}
    close = get_close_matches(found[:64].lower(), by_lower_case, n=1, cutoff=0.5)
    return f'; nearest: "{by_lower_case[close[0]]}"' if close else ""
