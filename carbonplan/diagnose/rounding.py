"""Sensible figures: numbers as a planner would write them."""

from __future__ import annotations

import math

DIGITS = 2
FUZZ = 1e-9


def rounded_up(value: float, digits: int = DIGITS) -> float:
    """The next number of a few significant digits that is not smaller."""
    return _rounded(value, digits, math.ceil, -FUZZ)


def rounded_down(value: float, digits: int = DIGITS) -> float:
    """The next number of a few significant digits that is not larger."""
    return _rounded(value, digits, math.floor, FUZZ)


def _rounded(value: float, digits: int, to_whole, fuzz: float) -> float:
    if value <= 0 or not math.isfinite(value):
        return max(value, 0.0)
    exponent = math.floor(math.log10(value)) - digits + 1
    steps = to_whole(value / 10.0**exponent * (1 + fuzz))
    return float(f"{steps * 10.0**exponent:.{digits}g}")


def figure(value: float) -> str:
    """A number without trailing zeros, thousands not separated: as YAML and people read it."""
    return f"{value:.10g}" if value != int(value) or abs(value) >= 1e15 else str(int(value))
