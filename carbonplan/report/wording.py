"""How numbers, units and names are worded, the same in every report.

A number that does not exist (None, NaN, infinite) reads "none". A name is data: characters that
a reader cannot see (controls, escapes, bidirectional marks) are spelled out, and what is too
long is elided in its middle.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from numbers import Real

from carbonplan.units import KG_PER_TONNE, KW_PER_MW, L_PER_M3, MS_PER_S, MWH_PER_KWH

NONE = "none"
NO_BREAK_SPACE = "\u00a0"
ELLIPSIS = "…"
LONGEST_NAME = 80
COLUMN_DIGITS = 4  # significant, of the largest number in a column
NOISE = 1e-7  # a change by less is the rounding of sums
INVISIBLE = {"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"}  # Unicode categories


@dataclass(frozen=True)
class Scale:
    """A unit that is shown instead of another, and the decimals of a column: factor · value."""

    factor: float
    unit: str
    decimals: int = 0

    def shown(self, value: object) -> str:
        """The value in this unit with the column's decimals, without the unit."""
        if not is_number(value):
            return NONE
        least = 10.0**-self.decimals
        scaled = self.factor * value
        if 0 < scaled < least / 2:
            return f"<{least:.{self.decimals}f}"
        return f"{scaled:,.{self.decimals}f}" if value else "0"


LARGE = 1e4  # from here on the larger unit is shown
LARGER_UNITS = {
    "kgCO2e": Scale(1 / KG_PER_TONNE, "tCO2e"),
    "kWh": Scale(MWH_PER_KWH, "MWh"),
    "kW": Scale(1 / KW_PER_MW, "MW"),
    "L": Scale(1 / L_PER_M3, "m³"),
}


def is_number(value: object) -> bool:
    """Whether it is a finite number."""
    return isinstance(value, Real) and math.isfinite(value)


def scale(column: Iterable[object], unit: str, beside: Iterable[object] = ()) -> Scale:
    """One unit for a column and the columns beside it, fit for the largest of their values."""
    largest = _largest(column := list(column))
    fit = _unit_scale(max(largest, _largest(beside)), unit)
    return replace(fit, decimals=_decimals(fit.factor * largest, COLUMN_DIGITS))


def _unit_scale(largest: float, unit: str) -> Scale:
    if unit == "s" and 0 < largest < 1:
        return Scale(MS_PER_S, "ms")
    same = Scale(1.0, unit)
    return LARGER_UNITS.get(unit, same) if largest >= LARGE else same


def _largest(values: Iterable[object]) -> float:
    return max((abs(value) for value in values if is_number(value)), default=0.0)


def _decimals(value: float, digits: int) -> int:
    """Decimals that show so many significant digits; none beyond the decimal point."""
    return max(digits - 1 - math.floor(math.log10(value)), 0) if value else 0


def number(value: object, digits: int = 3) -> str:
    """A number with so many significant digits, and every digit before the decimal point.

    >>> number(1234567.8), number(0.012345), number(12.0), number(float("nan"))
    ('1,234,568', '0.0123', '12', 'none')
    """
    if not is_number(value):
        return NONE
    decimals = _decimals(abs(value), digits)
    if decimals > 3 + digits:
        return f"{value:.{digits - 1}e}"
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def quantity(value: object, unit: str) -> str:
    """A number with the unit that suits its size.

    >>> quantity(12345, "kgCO2e"), quantity(0.234, "s"), quantity(None, "USD")
    ('12.3\\xa0tCO2e', '234\\xa0ms', 'none')
    """
    if not is_number(value):
        return NONE
    fit = scale([value], unit)
    return with_unit(number(fit.factor * value), fit.unit)


def with_unit(shown: str, unit: str) -> str:
    """A number and its unit, kept on one line."""
    return f"{shown}{NO_BREAK_SPACE}{label(unit, 16)}".rstrip()


def percent(fraction: object, digits: int = 2) -> str:
    """A share in per cent; "none" where it is no number."""
    if not is_number(fraction):
        return NONE
    return f"{number(100 * fraction, digits)}{NO_BREAK_SPACE}%"


def share(fraction: object) -> str:
    """A share in per cent as a column shows it, with one decimal."""
    return f"{Scale(100.0, '', 1).shown(fraction)}{NO_BREAK_SPACE}%"


def change(value: object, reference: object) -> str:
    """How far a value lies above or below a reference, in per cent with its sign.

    >>> change(120.0, 100.0), change(90.0, 100.0), change(1.0, 0.0)
    ('+20\\xa0%', '−10\\xa0%', 'none')
    """
    if not (is_number(value) and is_number(reference) and reference):
        return NONE
    fraction = (value - reference) / abs(reference)
    if abs(fraction) < NOISE:
        return "±" + percent(0.0)
    return ("+" if fraction > 0 else "−") + percent(abs(fraction))


def span(low: float, high: float) -> str:
    """A range from lowest to highest; one number where both read the same.

    >>> span(3, 12), span(4, 4)
    ('3–12', '4')
    """
    first, last = number(low), number(high)
    return first if first == last else f"{first}–{last}"


def count(amount: float, thing: str) -> str:
    """So many things: "1 server", "2 servers"."""
    return f"{number(amount)}{NO_BREAK_SPACE}{thing}{'' if amount == 1 else 's'}"


def joined(words: Iterable[str], most: int = 12) -> str:
    """Words in a row, separated by commas; beyond ``most`` their number only."""
    listed = list(words)
    rest = len(listed) - most
    return ", ".join(listed[:most]) + (f" and {rest} more" if rest > 0 else "")


def label(name: object, longest: int = LONGEST_NAME) -> str:
    """A name as it may be shown: visible characters, elided in its middle."""
    text = visible(name)
    if len(text) <= longest:
        return text
    tail = (longest - 1) // 2
    return text[: longest - 1 - tail] + ELLIPSIS + text[len(text) - tail :]


def visible(text: object) -> str:
    """The text with every character that cannot be seen spelled out.

    >>> visible("a\\x1b[31m"), visible("abc\\u202edef")
    ('a\\\\x1b[31m', 'abc\\\\u202edef')
    """
    shown = str(text)
    if shown.isascii() and shown.isprintable():
        return shown
    return "".join(map(_spelled, shown))


def _spelled(character: str) -> str:
    if unicodedata.category(character) not in INVISIBLE:
        return character
    return character.encode("unicode_escape").decode("ascii")
