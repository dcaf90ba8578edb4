"""What certainty costs: the chosen plan against the first one.

The least possible value of an objective lies between a plan's bound and its value, so the
difference of two lies between the last bound less the first value and the last value less the
first bound. Of other impacts the difference is that of the two plans.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from carbonplan.certify.records import Cost
from carbonplan.compare.intervals import SAME_VALUE, Interval

if TYPE_CHECKING:
    from carbonplan.plan import Plan


def cost_of_certainty(first: Plan, last: Plan) -> dict[str, Cost]:
    """Of the objective under an empty name, and of each impact, all as planned."""
    unit = str(last.summary["objective"]["unit"])
    more = _proven(last).minus(_proven(first))
    if first is last:
        more = Interval(0.0, 0.0)
    found = {"": Cost(unit, _value(first), _value(last), more, is_proven=True)}
    for name, total in last.impacts.items():
        was, now = first.impacts[name].value, total.value
        is_proven = _is_minimised(first, name, was) and _is_minimised(last, name, now)
        between = more if is_proven else Interval(now - was, now - was)
        found[name] = Cost(total.unit, was, now, between, is_proven)
    return found


def _value(plan: Plan) -> float:
    return float(plan.summary["objective"]["value"])


def _proven(plan: Plan) -> Interval:
    """Between which the least possible objective lies."""
    return Interval(plan.summary["bound"], _value(plan))


def _is_minimised(plan: Plan, impact: str, value: float) -> bool:
    objective = plan.summary["objective"]
    is_same = math.isclose(value, objective["value"], rel_tol=SAME_VALUE)
    return objective["impact"] == impact and is_same
