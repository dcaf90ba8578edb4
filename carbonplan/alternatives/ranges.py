"""How many servers near-optimal plans have: between which numbers, and what is proved of it.

Of each group two things are known on either side: a plan that has so few (so many), and a proof
that none has fewer (more). What is known of pairs says something of SKUs and regions and the
other way round, since they add up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from carbonplan.alternatives.groups import Group


class Mark(StrEnum):
    """Whether near-optimal plans have servers of a group."""

    MUST = "must-have"  # all of them do: proved
    MAY = "may-have"  # some do and some do not: plans of both kinds are known
    NEVER = "never"  # none does: proved
    OPEN = "not decided"


@dataclass(frozen=True)
class Range:
    """Servers of a group in near-optimal plans.

    Attributes
    ----------
    planned
        In the best plan.
    least_proven, least_found
        No near-optimal plan has fewer than the first; one has as few as the second.
    most_found, most_proven
        One has as many as the first; none has more than the second.
    price
        Least that the objective rises without any of a group that all plans have, or with one
        of a group that none has, as a share of it; infinite where there is no such plan; None
        where it was not asked for [1].
    held
        Servers that every plan has, near-optimal or not: those that stand and stay.
    """

    sku: str | None
    region: str | None
    title: str
    planned: int
    least_proven: int
    least_found: int
    most_found: int
    most_proven: int
    price: float | None = None
    held: int = 0

    @property
    def mark(self) -> Mark:
        """Whether near-optimal plans have servers of the group."""
        if self.least_proven > 0:
            return Mark.MUST
        if self.most_proven == 0:
            return Mark.NEVER
        if self.least_found == 0 and self.most_found > 0:
            return Mark.MAY
        return Mark.OPEN

    @property
    def why_open(self) -> str | None:
        """What is neither found nor excluded, where no mark is decided."""
        if self.mark is not Mark.OPEN:
            return None
        if self.most_found == 0:
            return "no plan with any was found, and none is excluded"
        return "no plan without any was found, and none is excluded"

    @property
    def open_least(self) -> int:
        """Numbers between what was found and what is proved, below."""
        return self.least_found - self.least_proven

    @property
    def open_most(self) -> int:
        """Numbers between what was found and what is proved, above."""
        return self.most_proven - self.most_found


def range_of(group: Group, planned: int, most: int) -> Range:
    """What is known with the best plan alone: as many as its columns may hold."""
    return Range(group.sku, group.region, group.title, planned, 0, planned, planned, most)


def widened(ranges: Sequence[Range], servers: Sequence[int]) -> list[Range]:
    """Ranges with a further plan found, that has so many servers of each group."""
    return [
        replace(one, least_found=min(one.least_found, n), most_found=max(one.most_found, n))
        for one, n in zip(ranges, servers, strict=True)
    ]


def added_up(ranges: Sequence[Range]) -> list[Range]:
    """Ranges with what pairs prove of their SKU and region, and these of their pairs."""
    found = list(ranges)
    while True:
        before = list(found)
        for at, whole in enumerate(found):
            parts = _parts(found, whole)
            if parts:
                _narrow(found, at, parts)
        if found == before:
            return found


def _parts(ranges: Sequence[Range], whole: Range) -> list[int]:
    """Positions of the pairs that a SKU or a region adds up."""
    if whole.sku is not None and whole.region is not None:
        return []
    return [
        at
        for at, one in enumerate(ranges)
        if one.sku is not None
        and one.region is not None
        and (one.sku == whole.sku or one.region == whole.region)
    ]


def _narrow(ranges: list[Range], at: int, parts: Sequence[int]) -> None:
    least = sum(ranges[part].least_proven for part in parts)
    most = sum(ranges[part].most_proven for part in parts)
    ranges[at] = proved(ranges[at], least, most)
    whole = ranges[at]
    for part in parts:
        one = ranges[part]
        others_least, others_most = least - one.least_proven, most - one.most_proven
        ranges[part] = proved(
            one, whole.least_proven - others_most, whole.most_proven - others_least
        )


def proved(one: Range, least: int, most: int) -> Range:
    """A range of which it is proved too that it is from least to most.

    A proof never goes past a plan that was found: where tolerances let it, the plan counts.
    """
    return replace(
        one,
        least_proven=min(max(one.least_proven, least), one.least_found),
        most_proven=max(min(one.most_proven, most), one.most_found),
    )
