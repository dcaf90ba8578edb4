"""What the sweep and its workers tell each other: a JSON line each."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Literal

from carbonplan.compare.cases import Case
from carbonplan.compare.records import Failure
from carbonplan.solve.limits import Progress


@dataclass(frozen=True)
class CaseOptions:
    """How every case is planned; None is what its scenario says."""

    gap: float | None = None
    time_limit_s: float | None = None
    threads: int | None = None
    seed: int | None = None
    allowed_folders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    """Something to do for a case.

    Attributes
    ----------
    do
        ``check``: whether it can be asked, its key, and whether its plan is there already;
        ``plan``: the plan, written to its folder.
    folder
        Of the plan.
    limit_s
        After which the worker counts as hung; None for no limit.
    """

    do: Literal["check", "plan"]
    case: Case
    folder: str
    options: CaseOptions = CaseOptions()
    limit_s: float | None = None

    def line(self) -> bytes:
        """The task as a worker reads it."""
        return json.dumps(asdict(self)).encode("ascii") + b"\n"


def task_of(line: str | bytes) -> Task:
    """The task that a line holds."""
    found = json.loads(line)
    case, options = found["case"], found["options"]
    return Task(
        found["do"],
        Case(**{**case, "overrides": tuple(case["overrides"])}),
        found["folder"],
        CaseOptions(**{**options, "allowed_folders": tuple(options["allowed_folders"])}),
        found["limit_s"],
    )


@dataclass(frozen=True)
class Answer:
    """What came of a task.

    Attributes
    ----------
    key
        Of what is asked.
    is_kept
        Of a check: the plan is there already.
    search_s
        Of a check: how long the solver may search in all [s].
    """

    key: str | None = None
    is_kept: bool = False
    search_s: float | None = None
    failure: Failure | None = field(default=None)


def message_of(line: bytes) -> Progress | Answer:
    """What a worker says."""
    found = json.loads(line)
    if "progress" in found:
        return Progress(**found["progress"])
    answer = found["answer"]
    failure = answer["failure"]
    if failure is not None:
        failure = Failure(**{**failure, "problems": tuple(failure["problems"])})
    return Answer(**{**answer, "failure": failure})


def line_of(message: Progress | Answer) -> str:
    """A worker's message as the sweep reads it."""
    kind = "progress" if isinstance(message, Progress) else "answer"
    return json.dumps({kind: asdict(message)}) + "\n"
