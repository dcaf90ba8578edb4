"""Text with a unit ("250 MW") becomes a number in the unit that its field's name ends in.

The units known here are the few that a fleet planner writes; pint does the arithmetic and is
imported only when a text quantity occurs.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from carbonplan.errors import nearest
from carbonplan.units import MINUTES_PER_HOUR

if TYPE_CHECKING:
    import pint
    from pydantic import ValidationInfo

UNIT_OF_SUFFIX = {
    "usd_per_tonne": "USD/tonne",
    "usd_per_kwh": "USD/kWh",
    "l_per_kwh": "L/kWh",
    "g_per_kwh": "g/kWh",
    "tokens": "token",
    "hours": "h",
    "years": "year",
    "rps": "request/s",
    "kw": "kW",
    "s": "s",
}
UNIT_OF_IMPACT = {
    "carbon": "kgCO2e",
    "operational_carbon": "kgCO2e",
    "embodied_carbon": "kgCO2e",
    "energy": "kWh",
    "cost": "USD",
    "water": "L",
    "onsite_water": "L",
    "offsite_water": "L",
    "latency": "s",
}
NAMED_UNITS = {
    "USD/tonne": "USD per tonne",
    "USD/kWh": "USD per kWh",
    "L/kWh": "litres per kWh",
    "g/kWh": "g per kWh",
    "token": "tokens",
    "h": "hours",
    "year": "years",
    "request/s": "requests per second",
    "s": "seconds",
    "L": "litres",
}
EXAMPLES = {
    "USD/tonne": "0.08 USD/kg",
    "USD/kWh": "120 USD/MWh",
    "L/kWh": "1.8 m3/MWh",
    "g/kWh": "0.4 kg/kWh",
    "token": "2 ktokens",
    "h": "2 days",
    "year": "48 months",
    "request/s": "720 requests/min",
    "kW": "250 MW",
    "s": "40 ms",
    "kgCO2e": "12 tCO2e",
    "kWh": "3 MWh",
    "USD": "25 kUSD",
    "L": "4 m3",
    "": "90 %",
}

MINUTE_TOLERANCE = 1e-9

DEFINITIONS = (
    "micro- = 1e-6 = µ- = u-",
    "milli- = 1e-3 = m-",
    "kilo- = 1e3 = k-",
    "mega- = 1e6 = M-",
    "giga- = 1e9 = G-",
    "tera- = 1e12 = T-",
    "second = [time] = s",
    "minute = 60 * second = min",
    "hour = 60 * minute = h",
    "day = 24 * hour = d",
    "week = 7 * day",
    "year = 8760 * hour = a = yr",
    "month = year / 12",
    "joule = [energy] = J",
    "watt = joule / second = W",
    "watt_hour = watt * hour = Wh",
    "gram = [mass] = g = gCO2e = gCO2 = gCO2eq",
    "tonne = 1e6 * gram = t = tCO2e = tCO2 = tCO2eq",
    "pound = 453.59237 * gram = lb",
    "litre = [volume] = L = l = liter",
    "cubic_metre = 1e3 * litre = m3",
    "gallon = 3.785411784 * litre = gal",
    "dollar = [money] = USD",
    "request = [] = req",
    "rps = request / second",
    "token = [token]",
    "percent = 0.01",
)
WRITTEN_UNITS = (
    *(
        "ms",
        "s",
        "min",
        "h",
        "hours",
        "days",
        "weeks",
        "months",
        "years",
        "W",
        "kW",
        "MW",
        "GW",
    ),
    *("kWh", "MWh", "g", "kg", "t", "lb", "kgCO2e", "tCO2e", "L", "m3", "gal", "USD", "kUSD"),
    *("rps", "requests", "tokens", "ktokens", "%"),
)

_QUANTITY = re.compile(
    r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*"
    r"([%$]|/?\s*[A-Za-zµ]\w*(?:\s*/\s*[A-Za-zµ]\w*){0,2})\s*",
    re.ASCII,
)
_UTC_TIME = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII
)


def unit_of_field(name: str, section: Mapping[str, Any]) -> str:
    """Unit that the values of a field have; "" where they are pure numbers.

    Parameters
    ----------
    name
        Name of the field, which ends in its unit.
    section
        The fields before it: ``at_most`` has the unit of the ``impact`` that it bounds.
    """
    if name == "at_most":
        return UNIT_OF_IMPACT.get(str(section.get("impact")), "")
    matches = (u for s, u in UNIT_OF_SUFFIX.items() if name == s or name.endswith(f"_{s}"))
    return next(matches, "")


def number_in_unit_of_field(value: object, info: ValidationInfo) -> object:
    """Refuse what is not a number; convert text with a unit to the unit of the field."""
    if isinstance(value, bool):
        raise ValueError("")
    if isinstance(value, str):
        return magnitude(value, unit_of_field(info.field_name or "", info.data or {}))
    return value


@lru_cache(maxsize=1024)
def magnitude(text: str, unit: str) -> float:
    """Number of ``unit`` in a quantity written as text; the ValueError is a short remark."""
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise ValueError("")
    number, written = match[1], match[2]
    quantity = float(number) * _unit(written)
    target = _unit(unit) if unit else _registry().dimensionless
    if quantity.dimensionality != target.dimensionality:
        raise ValueError(_dimension(quantity))
    if not math.isfinite(quantity.magnitude):
        raise ValueError("not finite")
    # twelve digits: 90 % is 0.9, not 0.9000000000000001
    return float(f"{quantity.m_as(target):.12g}")


def whole_minutes(hours: float) -> int | None:
    """Minutes of a time in hours, up to rounding; None where they are not whole [min]."""
    minutes = round(hours * MINUTES_PER_HOUR)
    whole = math.isclose(hours * MINUTES_PER_HOUR, minutes, rel_tol=MINUTE_TOLERANCE)
    return minutes if whole else None


def on_the_minute(hours: float) -> float:
    """Hours as the nearest double of their whole minutes: 0.0833333333333 is 5 min [h].

    What is no whole number of minutes stays as it is, for a rule to refuse.
    """
    minutes = whole_minutes(hours)
    return hours if minutes is None else minutes / MINUTES_PER_HOUR


def utc_time(value: object) -> object:
    """Read a time in ISO 8601 UTC on the full minute; the ValueError is a short remark."""
    if isinstance(value, str):
        if _UTC_TIME.fullmatch(value) is None:
            raise ValueError("")
        value = _parsed_time(value)
    if not isinstance(value, datetime):
        raise ValueError("")
    if value.utcoffset() is None:
        raise ValueError("no time zone")
    if value.utcoffset() != timedelta(0):
        raise ValueError("not UTC")
    if (value.second, value.microsecond) != (0, 0):
        raise ValueError("not on the full minute")
    return value.astimezone(UTC)


def _parsed_time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"no such time: {error}") from None


def _unit(written: str) -> pint.Unit:
    """Unit of a text that ``_QUANTITY`` let through, so that pint cannot be made to compute."""
    spelt = re.sub(r"\s", "", written).replace("%", "percent").replace("$", "USD")
    parts = spelt.split("/")
    for part in filter(None, parts):
        if part not in _registry():
            raise ValueError(f'unknown unit "{part}"{nearest(part, WRITTEN_UNITS)}')
    return _registry().parse_units(f"request{spelt}" if not parts[0] else spelt)


def _dimension(quantity: pint.Quantity) -> str:
    """Kind of quantity in words: "power", "mass / energy"."""
    named = {"[energy] / [time]": "power", "1 / [time]": "rate", "dimensionless": "pure number"}
    spelt = str(quantity.dimensionality)
    return named.get(spelt, spelt.replace("[", "").replace("]", ""))


@cache
def _registry() -> pint.UnitRegistry:
    import pint  # a fifth of a second that a scenario in plain numbers does not need

    registry = pint.UnitRegistry(None)
    for definition in DEFINITIONS:
        registry.define(definition)
    return registry
