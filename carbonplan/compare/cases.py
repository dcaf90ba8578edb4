"""Cases: every combination of the points of some axes, each a scenario with overrides.

A case is called by the labels of its points, joined by commas, and lies in a folder of that
name as far as letters, digits and ``.,_=+-`` go; a name with other signs gets a folder of its
own by a hash.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from carbonplan.errors import InvalidInput, UsageError
from carbonplan.scenario.rules_comparison import MOST_CASES
from carbonplan.scenario.wording import inert, quoted

SEPARATOR = ","
LONGEST_FOLDER = 80
HASH_SIGNS = 8
_UNSAFE = re.compile(r"[^A-Za-z0-9.,_=+-]+")


@dataclass(frozen=True)
class Point:
    """A place on an axis.

    Attributes
    ----------
    label
        What it is called, inert in a terminal.
    overrides
        ``path=value`` each.
    number
        The value, where the axis is one of numbers.
    """

    label: str
    overrides: tuple[str, ...] = ()
    variant: str | None = None
    number: float | None = None


@dataclass(frozen=True)
class Axis:
    """Something that varies.

    Attributes
    ----------
    given
        Whether it is a circumstance, no choice; None for what its points suggest.
    """

    name: str
    points: tuple[Point, ...]
    given: bool | None = None

    @property
    def is_numeric(self) -> bool:
        """Whether every point is a number."""
        return all(point.number is not None for point in self.points)


@dataclass(frozen=True)
class Case:
    """A scenario with what makes it this case.

    Attributes
    ----------
    labels
        What its point is called on each axis.
    numbers
        Its place on the axes of numbers.
    """

    name: str
    scenario: str
    variant: str | None
    overrides: tuple[str, ...]
    labels: Mapping[str, str]
    numbers: Mapping[str, float]

    @property
    def folder(self) -> str:
        """Name of its folder: its own where every sign of it is harmless."""
        harmless = _UNSAFE.sub("-", self.name).strip("-.")[:LONGEST_FOLDER]
        if harmless == self.name:
            return harmless
        digest = hashlib.sha256(self.name.encode("utf-8", "surrogatepass")).hexdigest()
        return "-".join(part for part in (harmless, digest[:HASH_SIGNS]) if part)


def combined(scenario: str, axes: Sequence[Axis], overrides: Sequence[str]) -> Iterator[Case]:
    """Every combination of the points of axes; the last axis varies fastest.

    Parameters
    ----------
    overrides
        Of every case, before its own.
    """
    for points in product(*(axis.points for axis in axes)):
        labels = {axis.name: point.label for axis, point in zip(axes, points, strict=True)}
        yield Case(
            name=SEPARATOR.join(point.label for point in points),
            scenario=scenario,
            variant=next((p.variant for p in points if p.variant is not None), None),
            overrides=(*overrides, *(o for point in points for o in point.overrides)),
            labels=labels,
            numbers={
                axis.name: point.number
                for axis, point in zip(axes, points, strict=True)
                if point.number is not None
            },
        )


def refuse_too_many(axes: Iterable[Axis], subject: str) -> None:
    """Before the combinations are made: how many they would be."""
    counts = [len(axis.points) for axis in axes]
    if (found := math.prod(counts)) > MOST_CASES:
        words = " x ".join(map(str, counts))
        raise UsageError(
            f"{subject}: {words} = {found:,} cases, expected at most {MOST_CASES:,}"
        )


def distinct(cases: Iterable[Case]) -> tuple[Case, ...]:
    """The cases, if each has a name of its own; folders of some systems ignore case.

    Raises
    ------
    UsageError
        There is no case.
    InvalidInput
        Two cases have one name.
    """
    kept: dict[str, Case] = {}
    twice: dict[str, None] = {}
    for case in cases:
        known = kept.setdefault(case.folder.lower(), case)
        if known is not case:
            twice[f"two cases are called {quoted(case.name)}; give them different names"] = None
        if len(kept) > MOST_CASES:
            raise UsageError(f"more than {MOST_CASES:,} cases to compare")
    if twice:
        raise InvalidInput("cases to compare", list(twice))
    if not kept:
        raise UsageError("no case to compare")
    return tuple(kept.values())


def label_of(value: object, position: int) -> str:
    """What a value of a scenario is called: itself, or by its number where it is no text."""
    match value:
        case None:
            return "none"
        case bool():
            return "true" if value else "false"
        case list() if value and all(isinstance(item, str | int | float) for item in value):
            return inert("+".join(map(str, value)))
        case str() | int() | float():
            return inert(str(value))
    return f"value-{position + 1}"
