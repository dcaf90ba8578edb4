"""How numbers of a replay are worded."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from carbonplan.units import MS_PER_S, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from carbonplan.replay.metrics import Attainment

PERCENT = 100.0
LIMITS = {
    "ttft": "time to first token",
    "tpot": "time per token",
    "latency": "last token",
    "deadline": "deadline",
}


def limit(one: Attainment) -> str:
    """What is limited, and to what."""
    if one.measure == "deadline" or one.limit_s is None:
        return LIMITS[one.measure]
    return f"{LIMITS[one.measure]} {duration(one.measure, one.limit_s)}"


def duration(measure: str, seconds: float) -> str:
    """A time in the unit of its limit."""
    if not math.isfinite(seconds):
        return "not done"
    if measure == "tpot":
        return f"{seconds * MS_PER_S:.3g} ms"
    if measure == "deadline":
        early = "late" if seconds > 0 else "early"
        return f"{abs(seconds) / SECONDS_PER_HOUR:.3g} h {early}"
    return f"{seconds:.3g} s"


def number(value: float) -> str:
    """Three digits."""
    return f"{value:.3g}" if math.isfinite(value) else "not done"


def slots(count: int) -> str:
    """How many."""
    return "1 slot" if count == 1 else f"{count:,} slots"


def rounded(value: float | None) -> float | None:
    """Four digits, which is more than a replay knows."""
    return None if value is None else float(f"{value:.4g}")


def percent(share: float) -> str:
    """A share in per cent, exact enough to tell it from all and from none."""
    away = min(share, 1.0 - share)
    digits = 0 if away <= 0 else max(0, 1 - math.floor(math.log10(PERCENT * away)))
    text = f"{PERCENT * share:.{min(digits, 4)}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} %"


def signed(share: float) -> str:
    """A change, in words."""
    more = "more" if share > 0 else "less"
    return f"{abs(share) * PERCENT:.0f} % {more}"


def lengths(tokens: tuple[float, float]) -> str:
    """Tokens of prompt and answer."""
    return f"{tokens[0]:.0f}/{tokens[1]:.0f}"
