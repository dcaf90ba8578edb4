"""A limit that a user sets: where it stands in the scenario, and what relaxing it means.

Many rows of a program may stand behind one number of the scenario: the power limit of a region
is a row in every slot. A limit is described once, by how the problem changes with its number;
which rows and bounds move with it, and how far, is then read from the stamped program.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from carbonplan.problem import Problem

Changed = Callable[[Problem, float], Problem]
Overrides = Callable[[float], tuple[str, ...]]

STEP = 0.05  # share of a number by which it is relaxed, where one more has no meaning
NEARLY = 1e-4  # share of a number over which a price is taken, where rows bend with it


@dataclass(frozen=True)
class Limit:
    """A number of the scenario that keeps plans from being better.

    Attributes
    ----------
    kind
        What it limits, in one word.
    path
        Where it stands in the scenario.
    words
        What a reader calls it.
    unit, value
        As the scenario has it.
    step
        A change that relaxes it, in its unit.
    changed
        The problem with another number; None where only formulating anew tells.
    overrides
        The same for ``--set``; None where the scenario has no such place.
    families
        Rows and columns of the program that it stands behind.
    is_whole
        Whether it is about whole servers alone, so that a price has no meaning.
    probe
        Change of the number over which a price is taken.
    resolved_by_overrides
        Whether ``changed`` leaves out what formulating anew would also change.
    """

    kind: str
    path: str
    words: str
    unit: str
    value: float
    step: float
    changed: Changed | None
    overrides: Overrides | None
    families: tuple[str, ...]
    is_whole: bool = False
    probe: float | None = None
    resolved_by_overrides: bool = False

    @property
    def relaxed(self) -> float:
        """The number one step further."""
        return self.value + self.step

    def relaxed_overrides(self) -> tuple[str, ...]:
        """How a user repeats the step."""
        return () if self.overrides is None else self.overrides(self.relaxed)


def number(value: float) -> str:
    """A number as it is written after ``--set``."""
    return f"{value:.6g}"


def assignment(path: str) -> Overrides:
    """The override that sets one value."""
    return lambda value: (f"{path}={number(value)}",)
