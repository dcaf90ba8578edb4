"""Words that the sections of a comparison share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonplan.report.impacts import impact_title
from carbonplan.report.wording import label

if TYPE_CHECKING:
    from carbonplan.compare.records import Comparison, PriceStep, Winner

MOST_ROWS = 200
LONGEST_CASE = 40


def given_heads(comparison: Comparison) -> tuple[str, ...]:
    """Heads of the columns of circumstances."""
    return tuple(label(axis, LONGEST_CASE) for axis in comparison.given)


def places_of(comparison: Comparison, one: Winner | PriceStep) -> tuple[str, ...]:
    """The circumstances of a statement, in the order of their axes."""
    return tuple(label(one.given.get(axis, ""), LONGEST_CASE) for axis in comparison.given)


def impact_words(comparison: Comparison) -> dict[str, str]:
    """Titles of the first two impacts, for captions."""
    titles = [impact_title(impact) for impact in comparison.impacts]
    return {"impact": titles[0], "second": titles[-1 if len(titles) == 1 else 1].lower()}
