"""How answers about a plan are worded: differences with what is proven, places, years."""

from __future__ import annotations

from collections.abc import Mapping

from carbonplan.report.wording import is_number, label, quantity

SAME = 1e-3  # relative difference at which two numbers read as one


def with_year(value: float, yearly: object, unit: str, times: float = 1.0) -> str:
    """An amount of the horizon, and what it is in a year where that is another."""
    return _with(quantity(value * times, unit), _yearly(value, yearly, unit, times))


def ranged(found: Mapping, unit: str) -> str:
    """A difference with what is proven of it."""
    value, least, most = found["found"], found["at_least"], found["at_most"]
    yearly = _yearly(value, found["found_per_year"], unit, 1.0)
    if is_number(least) and is_number(most) and most - least <= SAME * abs(value):
        return _with(quantity(value, unit), yearly)
    known = [
        f"{word} {quantity(end, unit)}"
        for word, end in (("at least", least), ("at most", most))
        if is_number(end)
    ]
    proven = ", ".join(known) or "nothing is proven of it"
    return _with(quantity(value, unit), "; ".join(filter(None, (yearly, proven))))


def _yearly(value: float, yearly: object, unit: str, times: float) -> str:
    same = is_number(yearly) and abs(yearly - value) <= SAME * abs(value)
    if not is_number(yearly) or same or unit == "s":
        return ""
    return f"{quantity(yearly * times, unit)} a year"


def _with(shown: str, more: str) -> str:
    return f"{shown} ({more})" if more else shown


def place_name(one: Mapping) -> str:
    """A SKU in a region, as the command line takes it."""
    return f"{label(one['sku'], 40)}@{label(one['region'], 40)}"
