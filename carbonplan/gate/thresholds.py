"""How much dearer a plan may be: a share of the baseline, or an amount in all or by time.

``carbon=2%``, ``cost=500/month``, ``carbon=10 kg/day``, ``water=3 m3``: an amount without a
unit is in the impact's own, one without a time is over the whole horizon of the plan.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from carbonplan.errors import UsageError, nearest
from carbonplan.plan.totals import UNITS
from carbonplan.scenario.quantities import magnitude
from carbonplan.scenario.wording import quoted
from carbonplan.units import (
    HOURS_PER_DAY,
    HOURS_PER_WEEK,
    HOURS_PER_YEAR,
    MONTHS_PER_YEAR,
)

OBJECTIVE = "objective"
NAMES = (*UNITS, OBJECTIVE)
EXAMPLES = 'carbon=2%, cost=500/month, "carbon=10 kg/day"'
PERIOD_HOURS = {
    "hour": 1.0,
    "h": 1.0,
    "day": HOURS_PER_DAY,
    "week": float(HOURS_PER_WEEK),
    "month": HOURS_PER_YEAR / MONTHS_PER_YEAR,
    "year": HOURS_PER_YEAR,
}
PERCENT = 100.0
_AMOUNT = re.compile(
    r"\s*(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*"
    r"(?P<unit>%|\$|[A-Za-zµ]\w*)?\s*(?:/\s*(?P<period>\w+))?\s*",
    re.ASCII,
)


@dataclass(frozen=True)
class Threshold:
    """How far an impact may rise above its baseline.

    Attributes
    ----------
    impact
        Name of an impact, or ``objective``: whatever the scenario minimises.
    share
        Of the baseline's value [1]; None where an amount is given.
    number, unit
        The amount as written; the unit is "" where it is the impact's own.
    per_hours
        Time that the amount is for [h]; None for the whole horizon.
    written
        As its author wrote it.
    """

    impact: str
    written: str
    share: float | None = None
    number: float = 0.0
    unit: str = ""
    per_hours: float | None = None

    def allowance(self, reference: float, unit: str, hours: float) -> float:
        """How far above a reference a plan of so many hours may be, in the impact's unit."""
        if self.share is not None:
            return self.share * abs(reference)
        amount = self.number if not self.unit else _in_unit(self.number, self.unit, unit)
        return amount if self.per_hours is None else amount * hours / self.per_hours


def thresholds(texts: Iterable[str]) -> dict[str, Threshold]:
    """Thresholds by impact from texts such as ``carbon=2%,cost=500/month``.

    Raises
    ------
    UsageError
        A text with no meaning, or an impact given twice; all of them at once.
    """
    found: dict[str, Threshold] = {}
    wrong = []
    for text in (part for whole in texts for part in whole.split(",")):
        impact, equals, amount = (part.strip() for part in text.partition("="))
        try:
            if not (impact and equals and amount):
                raise ValueError("expected impact=amount")
            if impact in found:
                raise ValueError(f"{impact} is given twice")
            found[impact] = threshold(impact, amount)
        except ValueError as error:
            wrong.append(f"--max-increase {quoted(text.strip())}: {error}")
    if wrong:
        raise UsageError("\n".join([*wrong, f"examples: {EXAMPLES}"]))
    return found


def written(found: Mapping[str, Threshold]) -> dict[str, str]:
    """Thresholds as they were written, by impact."""
    return {impact: one.written for impact, one in found.items()}


def threshold(impact: str, amount: str) -> Threshold:
    """The threshold of an impact; the ValueError says what is wrong with it."""
    if impact not in NAMES:
        raise ValueError(
            f"no impact {quoted(impact)}{nearest(impact, NAMES)} (impacts: {', '.join(NAMES)})"
        )
    match = _AMOUNT.fullmatch(amount)
    if match is None:
        raise ValueError(f"found {quoted(amount)}, expected a number >= 0 with % or a unit")
    number, unit, period = float(match["number"]), match["unit"] or "", match["period"]
    if not math.isfinite(number):
        raise ValueError(f"found {quoted(amount)}, expected a finite number")
    if unit == "%":
        if period:
            raise ValueError("a share has no time: 2%, or an amount such as 500/month")
        return Threshold(impact, amount, share=float(f"{number / PERCENT:.12g}"))
    if period is not None and period not in PERIOD_HOURS:
        known = ", ".join(PERIOD_HOURS)
        raise ValueError(f"no time {quoted(period)}{nearest(period, PERIOD_HOURS)} ({known})")
    if unit and impact != OBJECTIVE:
        _in_unit(number, unit, UNITS[impact])
    per_hours = None if period is None else PERIOD_HOURS[period]
    return Threshold(impact, amount, number=number, unit=unit, per_hours=per_hours)


def _in_unit(number: float, written_unit: str, unit: str) -> float:
    """An amount in the unit of its impact."""
    target = "" if unit == "1" else unit
    try:
        return magnitude(f"{number!r} {written_unit}", target)
    except ValueError as error:
        remark = f" ({error})" if str(error) else ""
        raise ValueError(f"{quoted(written_unit)} is no unit of {unit}{remark}") from None
