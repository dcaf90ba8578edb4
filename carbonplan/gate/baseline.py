"""The baseline file: what plans came to when they were last accepted, small enough to review.

One file holds any number of scenarios, each under its name, or ``name@variant``. With the
impacts stand the scenario, its fleet, the means of its series and the hashes of its files, so
that a later check can say what has changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from carbonplan.errors import EnvironmentFailed, InvalidInput, nearest
from carbonplan.gate.least import Known
from carbonplan.gate.thresholds import Threshold, threshold
from carbonplan.plan.atomic import write_file
from carbonplan.scenario.wording import inert, shown

LARGEST_BYTES = 16 * 2**20
DEEPEST = 40
FORMAT = 1
WIDTH = 96
Finite = Annotated[float, Field(allow_inf_nan=False, strict=True)]
Text = Annotated[str, Field(max_length=400)]


class _Record(BaseModel):
    """Nothing else than what is named."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Kept(_Record):
    """An impact of a plan that was accepted; see ``Known``."""

    unit: Text
    value: Finite
    at_least: Finite | None
    within: Annotated[Finite, Field(ge=0)] | None

    def known(self) -> Known:
        return Known(self.unit, self.value, self.at_least, self.within)


class Servers(_Record):
    """Servers that stand in a region in a stage."""

    stage: Text
    sku: Text
    region: Text
    count: Annotated[int, Field(ge=0, strict=True)]


class Entry(_Record):
    """What one scenario came to.

    Attributes
    ----------
    hours
        That the plan stands for: of its slots, with their weights [h].
    objective
        Name of what is minimised, as ``named_objective`` has it.
    gap
        Of the objective; None where it has no meaning.
    series
        Mean of each series, by its name and label.
    """

    variant: Text | None = None
    fingerprint: Text
    hours: Annotated[Finite, Field(gt=0)]
    objective: Text
    gap: Finite | None
    impacts: dict[Text, Kept]
    max_increase: dict[Text, Text] = {}
    servers: list[Servers]
    scenario: dict[Text, Any]
    series: dict[Text, dict[Text, Finite]]
    files: dict[Text, Text]
    versions: dict[Text, Text | None]


class Baseline(_Record):
    """A baseline file; its ``max_increase`` holds where a plan has none of its own."""

    carbonplan_baseline: Literal[1] = FORMAT
    max_increase: dict[Text, Text] = {}
    plans: dict[Text, Entry] = {}


def key_of(scenario_name: str, variant: str | None) -> str:
    """What a scenario is called in a baseline file."""
    return scenario_name if variant is None else f"{scenario_name}@{variant}"


def read_baseline(path: Path) -> Baseline:
    """The baseline file at a path.

    Raises
    ------
    InvalidInput
        There is none, or it is not a baseline file; every problem is listed.
    EnvironmentFailed
        The system refused to read.
    """
    subject = str(path)
    if not path.is_file():
        raise InvalidInput(subject, ["no such file; `carbonplan check --update` writes one"])
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise EnvironmentFailed(f"could not read {path}: {error.strerror}") from error
    if len(content) > LARGEST_BYTES:
        raise InvalidInput(subject, [f"larger than {LARGEST_BYTES} bytes"])
    try:
        found = json.loads(content, parse_constant=_refused, object_pairs_hook=_without_doubles)
        _refuse_deep(found)
        return Baseline.model_validate(found)
    except ValidationError as error:
        raise InvalidInput(subject, [_problem(one) for one in error.errors()[:20]]) from None
    except (ValueError, RecursionError) as error:
        raise InvalidInput(subject, [f"not valid JSON ({inert(str(error))})"]) from None


def entry_of(baseline: Baseline, key: str, path: Path) -> Entry:
    """The entry of a scenario, or the error that says how to make one."""
    if key not in baseline.plans:
        raise InvalidInput(
            str(path),
            [
                f"no plan {shown(key)}{nearest(key, baseline.plans)}; "
                "`carbonplan check --update` adds it"
            ],
        )
    return baseline.plans[key]


def thresholds_of(baseline: Baseline, entry: Entry | None, path: Path) -> dict[str, Threshold]:
    """Thresholds that stand in a baseline file for one of its scenarios."""
    own = {} if entry is None else entry.max_increase
    found, wrong = {}, []
    for impact, amount in {**baseline.max_increase, **own}.items():
        try:
            found[impact] = threshold(impact, amount)
        except ValueError as error:
            wrong.append(f"max_increase.{inert(impact)}: {error}")
    if wrong:
        raise InvalidInput(str(path), wrong)
    return found


def write_baseline(path: Path, baseline: Baseline, key: str, entry: Entry) -> None:
    """Write a baseline file with one entry replaced or added, whole or not at all."""
    plans = {**baseline.plans, key: entry}
    changed = baseline.model_copy(update={"plans": dict(sorted(plans.items()))})
    write_file(path, (_json_text(_document(changed)) + "\n").encode("utf-8"), overwrite=True)


def _json_text(value: object, indent: str = "") -> str:
    """JSON of which a change shows on few lines: what is short stands on one line."""
    line = json.dumps(value, ensure_ascii=False, allow_nan=False)
    nested = isinstance(value, Mapping | list) and value
    if not nested or len(indent) + len(line) <= WIDTH:
        return line
    below = indent + "  "
    if isinstance(value, list):
        lines = [f"{below}{_json_text(item, below)}" for item in value]
        return "[\n" + ",\n".join(lines) + f"\n{indent}]"
    lines = [
        f"{below}{json.dumps(key, ensure_ascii=False)}: {_json_text(item, below)}"
        for key, item in value.items()
    ]
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"


def _document(baseline: Baseline) -> dict[str, object]:
    """The file without what is empty by itself."""
    content = baseline.model_dump(mode="json")
    for entry in content["plans"].values():
        for key in ("variant", "max_increase"):
            if not entry[key]:
                del entry[key]
    if not content["max_increase"]:
        del content["max_increase"]
    return content


def _problem(error: Mapping[str, Any]) -> str:
    """``plans.week.hours: found -1, expected ...`` of what pydantic found."""
    where = ".".join(inert(str(step)) for step in error["loc"]) or "the file"
    if error["type"] == "missing":
        return f"{where}: missing"
    return f"{where}: found {shown(error['input'])}, expected otherwise ({error['msg']})"


def _refuse_deep(value: object) -> None:
    """Refuse nesting that no baseline file has, and that could not be written again."""
    level = [value]
    for _ in range(DEEPEST):
        level = [
            below
            for one in level
            if isinstance(one, dict | list)
            for below in (one.values() if isinstance(one, dict) else one)
        ]
    if level:
        raise ValueError(f"nested deeper than {DEEPEST} levels")


def _refused(text: str) -> None:
    raise ValueError(f"{text} is not a number")


def _without_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError("a key stands twice")
    return content
