"""Numbers that are known within two ends: what a solve proves is never a single number."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carbonplan.compare.records import CaseResult

SAME_VALUE = 1e-6  # relative: an objective that is the impact, as both were summed


@dataclass(frozen=True)
class Interval:
    """A number that lies between two others; None where an end is not known."""

    at_least: float | None
    at_most: float | None

    def minus(self, other: Interval) -> Interval:
        """The difference of two numbers, each somewhere between its ends."""
        return Interval(
            difference(self.at_least, other.at_most), difference(self.at_most, other.at_least)
        )


def difference(more: float | None, less: float | None) -> float | None:
    """Of two numbers that may not be known."""
    return None if more is None or less is None else more - less


def within(result: CaseResult, impact: str) -> Interval:
    """Where an impact of a case lies: between bound and plan, where it is minimised."""
    value = result.impacts[impact].value
    known = result.objective == impact and None not in (result.value, result.bound)
    if known and math.isclose(value, result.value, rel_tol=SAME_VALUE):
        return Interval(min(result.bound, value), value)
    return Interval(value, value)
