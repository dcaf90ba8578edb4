"""Two plans held against each other by what each of them proves, without another solve."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from carbonplan.errors import UsageError, nearest
from carbonplan.gate.decision import Interval, Verdict, decide
from carbonplan.gate.planning import minimised
from carbonplan.gate.summary import horizon_hours
from carbonplan.gate.thresholds import OBJECTIVE, Threshold

if TYPE_CHECKING:
    from carbonplan.difference.records import Difference, ImpactChange


def dearer(found: Difference, asked: Mapping[str, Threshold]) -> tuple[str, ...]:
    """Impacts of which it is proven that the new plan's question allows no less.

    Only of what a plan minimises is anything proven; other impacts are never called dearer.

    Raises
    ------
    UsageError
        The plans have no such impact.
    """
    impacts = {one.name: one for one in found.impacts}
    objective = _objective_name(found)
    crossed = []
    for name, threshold in asked.items():
        one = impacts.get(objective if name == OBJECTIVE else name)
        if one is None or one.old is None or one.new is None:
            known = ", ".join(impacts)
            raise UsageError(f"no {name} in both plans{nearest(name, impacts)} ({known})")
        if _is_dearer(one, threshold, found):
            crossed.append(one.name)
    return tuple(crossed)


def _objective_name(found: Difference) -> str:
    values = {one.name: one.new for one in found.impacts if one.new is not None}
    return minimised(found.new.plan.summary, values)


def _is_dearer(one: ImpactChange, threshold: Threshold, found: Difference) -> bool:
    """Held by the hour where the horizons differ."""
    old_hours, hours = (horizon_hours(side.plan.data) for side in (found.old, found.new))
    reference = one.old * hours / old_hours
    allowance = threshold.allowance(reference, one.unit, hours)
    decision = decide(reference, allowance, Interval(one.new_bound, one.new))
    return decision.verdict is Verdict.DEARER
