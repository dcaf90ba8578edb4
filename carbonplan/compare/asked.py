"""What is asked for: scenarios, variants and axes, from the command line or from the file.

Axes on the command line replace those of the scenario's ``compare``; one of these is kept by
giving its name alone. Variants are an axis of their own, on which ``base`` is the scenario as
it stands.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from carbonplan.compare.cases import (
    Axis,
    Case,
    Point,
    combined,
    distinct,
    label_of,
    refuse_too_many,
)
from carbonplan.errors import UsageError, nearest
from carbonplan.scenario.fields import Impact
from carbonplan.scenario.wording import inert, quoted

if TYPE_CHECKING:
    from carbonplan.scenario.comparison import Axis as AxisSection
    from carbonplan.scenario.loaded import LoadedScenario

ALL, BASE = "all", "base"
VARIANT, SCENARIO = "variant", "scenario"
OVER = "--over"
HOW = "give --variants, --over, several scenarios, or a compare section in the scenario"


@dataclass(frozen=True)
class Asked:
    """What is to be compared.

    Attributes
    ----------
    scenarios
        Scenario files.
    variants
        Names of variants separated by commas, or all; "" for none.
    over
        ``PATH=V1|V2`` each, or the name of an axis of the scenario.
    given
        Names of the axes that are circumstances, separated by commas; None for what the axes
        suggest, "" for none.
    overrides
        Of every case, before its own.
    """

    scenarios: tuple[Path, ...]
    variants: str = ""
    over: tuple[str, ...] = ()
    given: str | None = None
    overrides: tuple[str, ...] = ()
    allowed_folders: tuple[Path, ...] = field(default=())


@dataclass(frozen=True)
class Matrix:
    """The cases, the axes that they lie on, and which of these are circumstances.

    Attributes
    ----------
    title
        Names of the scenarios.
    """

    title: str
    axes: tuple[str, ...]
    given: tuple[str, ...]
    cases: tuple[Case, ...]


def matrix(asked: Asked) -> Matrix:
    """The cases that are asked for.

    Raises
    ------
    UsageError
        Nothing varies, or something that is asked for has no meaning.
    InvalidInput
        A scenario cannot be read, or two cases have one name.
    """
    several = len(asked.scenarios) > 1
    known: dict[str, Axis] = {}
    names: list[str] = []
    cases: list[Case] = []
    for path in asked.scenarios:
        loaded, variants = _read(path, asked)
        axes = [*_variant_axes(asked.variants, variants), *_axes(asked, loaded)]
        if not axes and not several:
            raise UsageError(f"{path}: nothing varies; {HOW}")
        names.append(loaded.scenario.name)
        own = Axis(SCENARIO, (Point(names[-1]),))
        axes = [own, *axes] if several else axes
        refuse_too_many(axes, str(path))
        known |= {axis.name: axis for axis in axes if axis.name not in known}
        common = (*asked.overrides, *_without_section(loaded))
        cases += combined(str(path), axes, common)
    given = _given(asked.given, list(known.values()))
    return Matrix(", ".join(names), tuple(known), given, distinct(cases))


def _given(chosen: str | None, axes: Sequence[Axis]) -> tuple[str, ...]:
    """Axes that are circumstances; those of numbers, beside others that are a choice."""
    names = [axis.name for axis in axes]
    if chosen is not None:
        asked = [name.strip() for name in chosen.split(",") if name.strip()]
        wrong = [f"no axis {quoted(n)}{nearest(n, names)}" for n in asked if n not in names]
        if wrong:
            raise UsageError(f"--given: {'; '.join(wrong)} (axes: {', '.join(names)})")
        return tuple(asked)
    some_choice = any(
        not axis.is_numeric and (len(axis.points) > 1 or axis.name == SCENARIO) for axis in axes
    )
    return tuple(
        axis.name
        for axis in axes
        if (axis.is_numeric and some_choice if axis.given is None else axis.given)
    )


def _read(path: Path, asked: Asked) -> tuple[LoadedScenario, tuple[str, ...]]:
    """A scenario as it stands, and the names of its variants."""
    from carbonplan.scenario import load
    from carbonplan.scenario.resolve import read_layers

    loaded = load(path, asked.overrides, None, asked.allowed_folders)
    layers = read_layers(loaded.path, str(path), asked.allowed_folders)
    return loaded, tuple(layers.variants)


def _without_section(loaded: LoadedScenario) -> tuple[str, ...]:
    """Overrides under which a case does not depend on what it is compared with."""
    return ("compare=[]",) if loaded.scenario.compare else ()


def _variant_axes(chosen: str, known: Sequence[str]) -> Iterator[Axis]:
    """The axis of variants, if any are asked for."""
    names = [name.strip() for name in chosen.split(",") if name.strip()]
    if names == [ALL] and ALL not in known:
        names = list(dict.fromkeys((BASE, *known)))
    wrong = [
        f"no variant {quoted(name)}{nearest(name, known)}"
        for name in names
        if name not in (BASE, *known)
    ]
    if wrong:
        listed = ", ".join(map(quoted, known)) or "none"
        raise UsageError(f"--variants: {'; '.join(wrong)} (variants: {listed})")
    if names:
        points = (Point(inert(n), variant=n if n in known else None) for n in names)
        yield Axis(VARIANT, tuple(points))


def _axes(asked: Asked, loaded: LoadedScenario) -> list[Axis]:
    """Axes of the command line, or else of the scenario unless variants are asked for."""
    sections = {section.axis: section for section in loaded.scenario.compare}
    if not asked.over:
        return [] if asked.variants else [axis_of(one) for one in sections.values()]
    axes = [
        axis_of(sections[text.strip()]) if text.strip() in sections else _parsed(text, sections)
        for text in asked.over
    ]
    names = [axis.name for axis in axes]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise UsageError(f"{OVER}: {', '.join(map(quoted, twice))} is given twice")
    return axes


def axis_of(section: AxisSection) -> Axis:
    """An axis of a scenario's ``compare``."""
    if section.cases is not None:
        points = (
            Point(inert(name), tuple(_override(path, value) for path, value in sets.items()))
            for name, sets in section.cases.items()
        )
        return Axis(section.axis, tuple(points), section.given)
    settings = [_override(section.path, value) for value in section.values]
    return Axis(section.axis, _points(section.values, settings), section.given)


def _parsed(text: str, known: Sequence[str]) -> Axis:
    """The axis of ``PATH=V1|V2|V3``."""
    from carbonplan.scenario.document import plain
    from carbonplan.scenario.overrides import steps_of
    from carbonplan.scenario.read import read_value

    path, equals, listed = text.partition("=")
    path, texts = path.strip(), [value.strip() for value in listed.split("|")]
    if not equals or not steps_of(path) or not all(texts):
        hint = nearest(text, known) if not equals else ""
        raise UsageError(
            f"{OVER} {quoted(text)}: expected PATH=V1|V2, such as workloads[chat].ttft_s=0.5|1,"
            f" or the name of an axis of the scenario{hint}"
        )
    try:
        values = [plain(read_value(value, OVER)) for value in texts]
    except ValueError as error:
        raise UsageError(f"{OVER} {quoted(text)}: {error}") from None
    return Axis(inert(path), _points(values, [f"{path}={value}" for value in texts]))


def _points(values: Sequence[object], settings: Sequence[str]) -> tuple[Point, ...]:
    """Points of the values of one path; they have numbers where all values are numbers."""
    numeric = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
    return tuple(
        Point(label_of(value, i), (setting,), number=float(value) if numeric else None)
        for i, (value, setting) in enumerate(zip(values, settings, strict=True))
    )


def _override(path: str, value: object) -> str:
    """``path=value``; JSON is YAML."""
    return f"{path}={json.dumps(value, ensure_ascii=False, allow_nan=False)}"


def asked_impacts(listed: str) -> tuple[str, ...]:
    """Impacts by their names, separated by commas.

    Raises
    ------
    UsageError
        A name that is no impact or is given twice, or none at all.
    """
    known = get_args(Impact)
    names = [name.strip() for name in listed.split(",") if name.strip()]
    wrong = [
        f"no impact {quoted(name)}{nearest(name, known)} (impacts: {', '.join(known)})"
        for name in names
        if name not in known
    ]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    wrong += [f"{name} is given twice" for name in twice]
    if wrong or not names:
        raise UsageError(f"--impacts: {'; '.join(wrong) or 'expected at least one impact'}")
    return tuple(names)
