"""A setting and its ladder: values that relax more and more, at sensible figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from carbonplan.diagnose.records import Group
from carbonplan.diagnose.rounding import figure, rounded_down, rounded_up
from carbonplan.diagnose.wording import change


@dataclass(frozen=True)
class Rung:
    """One value of a setting: as it stands in ``--set``, in words, and how far it is."""

    override: str
    after: object
    words: str
    share: float  # of the value, by which it changes


@dataclass(frozen=True)
class Setting:
    """A value of the scenario that can be relaxed by reading it anew.

    Attributes
    ----------
    workload
        The one whose it is; empty for the fleet's.
    rungs
        Values that relax more and more.
    lifted
        Override with which it limits nothing.
    is_service
        Whether it says how well requests are served, not what the fleet may be.
    """

    path: str
    words: str
    value: object
    weight: float
    rungs: tuple[Rung, ...]
    lifted: str
    workload: str = ""
    is_service: bool = False

    @property
    def group(self) -> Group:
        """The setting as a report names it."""
        return Group(self.path, self.words)

    def cost(self, rung: Rung) -> float:
        """What a rung costs."""
        return self.weight * rung.share


def switch(
    path: str,
    words: str,
    value: object,
    after: object,
    change: str,
    weight: float,
    workload: str = "",
) -> Setting:
    """A setting that is there or not."""
    override = f"{path}={'null' if after is None else str(after).lower()}"
    return Setting(
        path, words, value, weight, (Rung(override, after, change, 1.0),), override, workload
    )


def rungs(
    path: str, words: str, value: float, values: Sequence[float], unit: str = ""
) -> tuple[Rung, ...]:
    """Rungs at sensible figures, each farther from the value than the one before."""
    found: dict[float, Rung] = {}
    for wanted in values:
        after = rounded_up(wanted) if wanted > value else rounded_down(wanted)
        if after == value or after in found:
            continue
        share = abs(after - value) / value if value else 1.0
        told = change(words, value, after, unit)
        found[after] = Rung(f"{path}={figure(after)}", after, told, share)
    return tuple(found.values())
