r"""Is a plan dearer than its baseline allows? Decided on intervals, never on single numbers.

The least that a scenario can come to lies in an interval: at least the proven bound b, at most
the value o of the plan found. With the baseline's value :math:`o_0` and the allowance a,

.. math::
   b_1 > o_0 + a \Rightarrow \text{dearer} \qquad
   o_1 \le o_0 + a \Rightarrow \text{not dearer} \qquad \text{else undecided}

A scenario that has not changed is never called dearer, whatever its seed: its bound is not
above its least value, and that is not above the baseline's, which a plan has attained.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

ROUNDING = 1e-6
"""Relative: numbers that lie closer are the same to a solver, which keeps limits that well."""


class Verdict(StrEnum):
    """What can be said of a rise."""

    DEARER = "dearer"  # proven: above what is allowed
    NOT_DEARER = "not dearer"  # proven: within what is allowed
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Interval:
    """Where the least of an impact lies: from what is proven, if anything is, to the value.

    The value is attained by a plan.
    """

    at_least: float | None
    value: float

    @property
    def gap(self) -> float | None:
        """Width relative to the value; None where it has no meaning [1]."""
        if self.at_least is None or not self.value:
            return None
        return max(self.value - self.at_least, 0.0) / abs(self.value)


@dataclass(frozen=True)
class Decision:
    """A verdict, the limit that it was held against, and the gap that would have decided.

    Attributes
    ----------
    deciding_gap
        Where it is undecided: as long as no better plan is found, a bound within this gap of
        the value proves the rise, and a plan at the limit disproves it [1].
    """

    verdict: Verdict
    limit: float
    deciding_gap: float | None = None


def decide(reference: float, allowance: float, new: Interval) -> Decision:
    """Hold a new interval against the value of a baseline and what it may rise by."""
    limit = reference + allowance
    reach = limit + ROUNDING * abs(limit)
    if new.value <= reach:
        return Decision(Verdict.NOT_DEARER, limit)
    if new.at_least is not None and new.at_least > reach:
        return Decision(Verdict.DEARER, limit)
    gap = (new.value - reach) / abs(new.value) if new.value else None
    return Decision(Verdict.UNDECIDED, limit, gap)
