"""The numbers that a figure draws, as a table: what it rests on, and its CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from carbonplan.plan.tabulate import guarded_text
from carbonplan.report.wording import is_number, visible

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from carbonplan.plan import Plan


@dataclass(frozen=True)
class Numbers:
    """Rows of words and numbers, in the units that the header names."""

    header: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...] = ()


class Drawing(NamedTuple):
    """A figure of a plan, and the numbers that it shows."""

    draw: Callable[[Plan], Figure]
    numbers: Callable[[Plan], Numbers]


def numbers_csv(numbers: Numbers) -> str:
    """The table as CSV: numbers at full precision, text that is no formula to a spreadsheet."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow([guarded_text(visible(title)) for title in numbers.header])
    writer.writerows([[_cell(cell) for cell in row] for row in numbers.rows])
    return buffer.getvalue()


def _cell(cell: object) -> object:
    """A finite number as it is, no number as nothing, anything else as inert text."""
    if isinstance(cell, int) or is_number(cell):
        return cell
    return None if isinstance(cell, float) else guarded_text(visible(cell))
