"""The report as plain text for a terminal: no colours, at most ``width`` columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from carbonplan.report.document import (
    Block,
    Facts,
    Heading,
    Items,
    Paragraph,
    Section,
    Table,
)
from carbonplan.report.identity import identity
from carbonplan.report.sections import sections
from carbonplan.report.wording import NO_BREAK_SPACE

if TYPE_CHECKING:
    from carbonplan.plan import Plan

NARROWEST = 48  # columns
GUTTER = "  "
WORDS_ROOM = 32  # columns that the words of a table may always have
HEADER_WIDTH = 11  # to which a header of numbers is broken


def text(plan: Plan, width: int = 80) -> str:
    """The report on a plan, one section after the other."""
    width = max(width, NARROWEST)
    lines = [*_wrapped(identity(plan), width), ""]
    for number, section in enumerate(sections(plan)):
        lines += _section_lines(section, width, heading=number > 0)
    return "\n".join(lines).replace(NO_BREAK_SPACE, " ").rstrip() + "\n"


def section_text(section: Section, width: int = 80) -> str:
    """One section under its heading, without the report around it."""
    lines = list(_section_lines(section, max(width, NARROWEST), heading=True))
    return "\n".join(lines[1:]).replace(NO_BREAK_SPACE, " ").rstrip() + "\n"


def _section_lines(section: Section, width: int, *, heading: bool) -> Iterator[str]:
    """A section under its heading; the first stands under the report's title."""
    if heading:
        yield from ("", section.title.upper())
    for block in section.blocks:
        if not getattr(block, "detail", False):
            yield from _block_lines(block, width)


def _block_lines(block: Block, width: int) -> Iterator[str]:
    """A block and an empty line; figures have no place in text."""
    match block:
        case Paragraph():
            yield from _wrapped(block.text, width)
        case Heading():
            lines = _wrapped(block.text, width)
            yield from (*lines, "-" * max(map(len, lines), default=0))
        case Facts():
            yield from _fact_lines(block, width)
        case Items():
            yield from _item_lines(block, width)
        case Table():
            yield from _table_lines(block, width)
        case _:
            return
    yield ""


def _wrapped(words: str, width: int, indent: str = "") -> list[str]:
    return wrap(words, width, subsequent_indent=indent, break_on_hyphens=False)


def _fact_lines(facts: Facts, width: int) -> Iterator[str]:
    room = max((len(name) for name, _ in facts.rows), default=0)
    for name, value in facts.rows:
        yield from _wrapped(f"{name:<{room}}{GUTTER}{value}", width, " " * (room + len(GUTTER)))


def _item_lines(items: Items, width: int) -> Iterator[str]:
    yield f"{items.title}:"
    for item in items.items:
        yield from _wrapped(f"- {item}", width, "  ")


def _table_lines(table: Table, width: int) -> Iterator[str]:
    """The table; one too wide is broken into blocks that repeat the columns of words."""
    yield from _wrapped(table.caption, width)
    rows = [*table.rows, *([table.total] if table.total else [])]
    widths = _column_widths(table, rows, width)
    for columns in _column_blocks(widths, table.words, width):
        header = [table.header[i] for i in columns]
        yield from _row_lines(header, columns, widths, table.words)
        yield GUTTER.join("-" * widths[i] for i in columns)
        for row in rows:
            yield from _row_lines([row[i] for i in columns], columns, widths, table.words)


def _column_widths(table: Table, rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Widths of the columns: words give way to numbers where the table is too wide."""
    cells = [max((len(row[i]) for row in rows), default=0) for i in range(len(table.header))]
    heads = [max(map(len, wrap(title, HEADER_WIDTH)), default=0) for title in table.header]
    widths = [min(max(pair), width - len(GUTTER)) for pair in zip(cells, heads, strict=True)]
    room = width - sum(widths[table.words :]) - len(GUTTER) * (len(widths) - 1)
    narrowed = _narrowed(widths[: table.words], max(room, WORDS_ROOM))
    return [*narrowed, *widths[table.words :]]


def _narrowed(widths: Sequence[int], room: int) -> list[int]:
    """The widest columns made narrower, all alike, until they fit the room."""
    most = max(widths, default=0)
    while most > 1 and sum(min(column, most) for column in widths) > room:
        most -= 1
    return [min(column, most) for column in widths]


def _column_blocks(widths: Sequence[int], words: int, width: int) -> Iterator[list[int]]:
    """Columns side by side that fit; the columns of words come first in each block."""
    leading = list(range(words))
    used = fixed = sum(widths[:words]) + len(GUTTER) * (words - 1)
    block: list[int] = []
    for column in range(words, len(widths)):
        needed = len(GUTTER) + widths[column]
        if block and used + needed > width:
            yield leading + block
            block, used = [], fixed
        block.append(column)
        used += needed
    yield leading + block


def _row_lines(
    cells: Sequence[str], columns: Sequence[int], widths: Sequence[int], words: int
) -> Iterator[str]:
    """A row, its words to the left and numbers to the right, over as many lines as it takes."""
    parts = [
        wrap(cell, widths[i], break_on_hyphens=i >= words) or [""]
        for cell, i in zip(cells, columns, strict=True)
    ]
    for line in range(max(map(len, parts))):
        shown = [part[line] if line < len(part) else "" for part in parts]
        yield GUTTER.join(
            f"{cell:<{widths[i]}}" if i < words else f"{cell:>{widths[i]}}"
            for cell, i in zip(shown, columns, strict=True)
        ).rstrip()
