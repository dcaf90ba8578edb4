"""Problems of a scenario: from pydantic's findings to lines that a planner can act on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from carbonplan.errors import nearest
from carbonplan.scenario.document import Place
from carbonplan.scenario.expectations import choices_at, expected_at, keys_at
from carbonplan.scenario.read import MAX_PROBLEMS
from carbonplan.scenario.wording import PathKeys, path_text, quoted, shown

if TYPE_CHECKING:
    from pydantic import ValidationError


@dataclass(frozen=True)
class Problem:
    """What is wrong at a path of the scenario."""

    path: PathKeys
    message: str


class BrokenRules(ValueError):
    """Rules that a section breaks; paths start at the section."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("; ".join(problem.message for problem in problems))


def problems_of_validation(error: ValidationError, data: object) -> list[Problem]:
    """Every finding of pydantic in the words of the project."""
    findings = error.errors(include_url=False)[: MAX_PROBLEMS + 1]
    paths = [
        document_path(finding["loc"], data, missing=finding["type"] == "missing")
        for finding in findings
    ]
    inner = {path[:length] for path in paths for length in range(len(path))}
    found: dict[Problem, None] = {}
    for path, finding in zip(paths, findings, strict=True):
        # of two alternatives, the one that fits no further than its type was not meant
        if not (finding["type"].endswith("_type") and path in inner):
            found |= dict.fromkeys(_problems(path, finding, data))
    return list(found)


def document_path(loc: Sequence[str | int], data: object, *, missing: bool) -> PathKeys:
    """Path in the document of a location in the schema, which also names alternatives."""
    path: list[str | int] = []
    for i, step in enumerate(loc):
        is_key = isinstance(data, Mapping) and step in data
        is_item = isinstance(data, list) and isinstance(step, int) and step < len(data)
        if is_key or is_item:
            data = data[step]
            path.append(step)
        elif missing and i == len(loc) - 1:
            path.append(step)
    return tuple(path)


def _problems(path: PathKeys, finding: Mapping[str, Any], data: object) -> Iterator[Problem]:
    kind, value = finding["type"], finding["input"]
    cause = finding.get("ctx", {}).get("error")
    if isinstance(cause, BrokenRules):
        for problem in cause.problems:
            yield Problem((*path, *problem.path), problem.message)
    elif kind == "missing":
        yield Problem(path, f"is missing; expected {expected_at(path)}")
    elif kind == "extra_forbidden" or finding["loc"][-1:] == ("[key]",):
        key = str(path[-1])
        hint = nearest(key, keys_at(path[:-1]))
        yield Problem(path, f"unknown key {quoted(key)}{hint}")
    else:
        remark = f" ({cause})" if cause is not None and str(cause) else ""
        expected = expected_at(path, _at(path[:-1], data))
        hint = nearest(value, choices_at(path)) if isinstance(value, str) else ""
        yield Problem(path, f"found {shown(value)}{remark}, expected {expected}{hint}")


def _at(path: PathKeys, data: Any) -> Mapping[str, Any] | None:
    for step in path:
        data = data[step]
    return data if isinstance(data, Mapping) else None


def lines(
    problems: Iterable[Problem], data: object, places: Mapping[PathKeys, Place]
) -> list[str]:
    """Problems as lines, those of one file together and in its order."""
    placed = [(place_of(problem.path, places), problem) for problem in problems]
    placed.sort(key=lambda pair: (pair[0].source, pair[0].line or 0))
    return [line_of(place, problem, data) for place, problem in placed]


def line_of(place: Place, problem: Problem, data: object) -> str:
    """``line 9, workloads[chat].ttft_s: found "fast", expected a number of seconds > 0``."""
    parts = (str(place), path_text(problem.path, data))
    where = ", ".join(part for part in parts if part)
    return f"{where}: {problem.message}" if where else problem.message


def place_of(path: PathKeys, places: Mapping[PathKeys, Place]) -> Place:
    """Where a path was written, or else the nearest part of the scenario around it."""
    for length in range(len(path), 0, -1):
        if path[:length] in places:
            return places[path[:length]]
    return Place("")
