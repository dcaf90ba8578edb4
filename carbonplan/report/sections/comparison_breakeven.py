"""Where break-even between cases lies: by the price of carbon, and along axes of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from carbonplan.report.comparison_wording import (
    LONGEST_CASE,
    MOST_ROWS,
    given_heads,
    impact_words,
    places_of,
)
from carbonplan.report.document import Block, Illustration, Paragraph, Section, Table
from carbonplan.report.impacts import impact_title
from carbonplan.report.wording import label, number

if TYPE_CHECKING:
    from carbonplan.compare.intervals import Interval
    from carbonplan.compare.records import Comparison

NO_PRICE = (
    "What costs least also has least carbon: no price of carbon changes which case is best."
)
ALONG = "{impact} along {axis}; a ring marks where two options have equally much."


def breakeven(comparison: Comparison, drawn: Sequence[str]) -> Section:
    """At which price of carbon, and where along axes of numbers, another case is best."""
    blocks: list[Block] = []
    if any(step.from_usd_per_tonne > 0 for step in comparison.price_steps):
        blocks.append(_prices(comparison))
    elif len(comparison.standings) > 1:
        blocks.append(Paragraph(NO_PRICE))
    if comparison.crossings:
        blocks.append(_crossings(comparison))
    named = [name for name in drawn if name.startswith("along-")]
    words = impact_words(comparison)
    axes = [
        axis for axis in comparison.axes if any(axis in c.numbers for c in comparison.cases)
    ]
    blocks += [
        Illustration(name, ALONG.format(axis=label(axis, LONGEST_CASE), **words))
        for name, axis in zip(named, axes, strict=False)
    ]
    return Section("breakeven", "Break-even", tuple(blocks))


def _prices(comparison: Comparison) -> Table:
    """From which price of carbon on which case is best."""
    rows = tuple(
        (
            *places_of(comparison, step),
            label(step.case, LONGEST_CASE),
            number(step.from_usd_per_tonne, 4),
            _range(step.within),
        )
        for step in islice(comparison.price_steps, MOST_ROWS)
    )
    header = (*given_heads(comparison), "Case", "From [USD/t]", "Known within [USD/t]")
    words = len(comparison.given) + 1
    return Table("The best case as the price of carbon rises", header, rows, words=words)


def _crossings(comparison: Comparison) -> Table:
    rows = tuple(
        (
            label(one.axis, 32),
            impact_title(one.impact),
            label(one.below, LONGEST_CASE),
            label(one.above, LONGEST_CASE),
            number(one.at, 4),
            "not proven" if one.within is None else _range(one.within),
        )
        for one in islice(comparison.crossings, MOST_ROWS)
    )
    header = ("Along", "Impact", "Less below", "Less above", "Break-even at", "Known within")
    return Table("Where two options have equally much", header, rows, words=4)


def _range(found: Interval) -> str:
    if found.at_most is None:
        return f"{number(found.at_least, 4)} or more"
    ends = [number(end, 4) for end in (found.at_least, found.at_most)]
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"
