"""Times of day of single requests, to the nanosecond that logs write."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.tables import shortened

INSTANT = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?)(Z|\+00:00|\+00|)")
NS_PER_S = 1e9


def instants_s(
    place: Callable[[int], str], cells: Sequence[str], *, zone_required: bool
) -> tuple[NDArray[np.float64], list[str]]:
    """Seconds since 1970 of times in UTC, and a line for each cell that is none.

    Parameters
    ----------
    place
        Where a row stands, by its position.
    zone_required
        A time must end in Z or +00:00; otherwise one without a zone is taken as UTC.
    """
    found = [INSTANT.fullmatch(cell) for cell in cells]
    if all(found) and not (zone_required and any(not match[2] for match in found)):
        try:
            return _seconds([match[1] for match in found]), []
        except ValueError:  # a day that no calendar holds: the slow way finds it
            pass
    problems = [
        f'{place(row)}: found "{shortened(cell)}"; {reason}'
        for row, (cell, match) in enumerate(zip(cells, found, strict=True))
        if (reason := _reason(match, zone_required=zone_required))
    ]
    return np.empty(0), problems


def _seconds(cells: Sequence[str]) -> NDArray[np.float64]:
    """Whole seconds and parts apart: a double holds both to a microsecond."""
    return np.array(cells, dtype="datetime64[ns]").astype(np.int64) / NS_PER_S


def _reason(match: re.Match[str] | None, *, zone_required: bool) -> str:
    if match is None:
        return "expected ISO 8601 in UTC, like 2024-05-10T00:00:00.12Z"
    if zone_required and not match[2]:
        return "expected a time that ends in Z or +00:00"
    try:
        _seconds([match[1]])
    except ValueError:
        return "there is no such time"
    return ""
