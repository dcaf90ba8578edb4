"""Does a plan keep what it promises? Each workload's limits, at its percentile.

Online: time to first token and time per token. Batch: the deadline. A promise is kept where the
share of requests inside the limit is at least the percentile; it is certain where the lower end
of the share's range is, too. What was refused or never done is outside every limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from carbonplan.replay.metrics import Attainment, Group
from carbonplan.replay.tallies import PROMISED

MOST_PLACES = 5


@dataclass(frozen=True)
class Place:
    """A class in a region that misses what its workload promises."""

    name: str
    share: float
    at_promise_s: float


@dataclass(frozen=True)
class Promise:
    """One limit of a workload, and whether it held.

    Attributes
    ----------
    found
        What was attained.
    places
        Where it was missed most, the worst first.
    """

    workload: str
    found: Attainment
    places: tuple[Place, ...]

    @property
    def is_kept(self) -> bool:
        """Whether the promised share of the requests was inside the limit."""
        return self.found.share >= self.found.promised

    @property
    def is_certain(self) -> bool:
        """Whether another draw of the requests would very likely say the same."""
        return self.found.low >= self.found.promised or self.found.high < self.found.promised


def promises(found: Sequence[Group]) -> tuple[Promise, ...]:
    """Every promise of every workload of which a request came."""
    return tuple(
        Promise(group.name, one, _places(found, group.name, one.measure))
        for group in found
        if group.by == "workload"
        for one in group.attainments
        if one.measure in PROMISED
    )


def _places(found: Sequence[Group], workload: str, measure: str) -> tuple[Place, ...]:
    missed = [
        (one.share, group.name, one.at_promise_s)
        for group in found
        if group.by == "class in region" and group.workload == workload
        for one in group.attainments
        if one.measure == measure and one.share < one.promised
    ]
    worst = sorted(missed)[:MOST_PLACES]
    return tuple(Place(name, share, value) for share, name, value in worst)
