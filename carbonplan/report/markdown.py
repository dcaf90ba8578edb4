"""The report as Markdown for GitHub and its like: tables, nothing that a name could start."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
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
from carbonplan.report.wording import label

if TYPE_CHECKING:
    from carbonplan.plan import Plan

SIGNS = re.compile(r"([\\`*_{}\[\]#|~$!])")
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
ADDRESS = re.compile(r"://|(?<=www)\.", re.IGNORECASE)  # becomes a link by itself
MENTION = re.compile(r"(?<!\w)@")
LINE_START = re.compile(r"^(\d*)([-+=]|[.)](?!\S))")  # of a list, or below a heading


def markdown(plan: Plan) -> str:
    """The report on a plan; what is detail is folded away."""
    lines = [f"# {escaped(label(plan.scenario_name))}", ""]
    for section in sections(plan):
        lines += section_lines(section)
    return (
        "\n".join([*lines, f"<sub>{escaped(identity(plan))} · written by carbonplan</sub>"])
        + "\n"
    )


def section_lines(section: Section, level: int = 2) -> Iterator[str]:
    """A section under its heading, with an empty line behind each block."""
    yield from (f"{'#' * level} {escaped(section.title)}", "")
    for block in section.blocks:
        yield from _block_lines(block)


def escaped(text: str) -> str:
    """Text that reads the same and is nothing but text, anywhere within a line."""
    words = " ".join(text.split())
    words = "".join(ENTITIES.get(sign, sign) for sign in words)
    words = SIGNS.sub(r"\\\1", words)
    words = ADDRESS.sub(lambda found: "\\" + found[0], words)
    return MENTION.sub("@<!-- -->", words)


def _line(text: str) -> str:
    """The same at the start of a line."""
    return LINE_START.sub(r"\1\\\2", escaped(text))


def _block_lines(block: Block) -> Iterator[str]:
    """A block and an empty line; figures have no place in text."""
    match block:
        case Paragraph():
            words = _line(block.text)
            yield from (f"**{words}**" if block.lead else words, "")
        case Heading():
            yield from (f"### {escaped(block.text)}", "")
        case Facts():
            yield from (*_table_lines(("", ""), block.rows, 2), "")
        case Items():
            lines = [f"- {_line(item)}" for item in block.items]
            yield from _under(block.title, lines, folded=block.detail)
        case Table():
            rows = [*block.rows, *([block.total] if block.total else [])]
            lines = _table_lines(block.header, rows, block.words)
            yield from _under(block.caption, list(lines), folded=block.detail)


def _under(title: str, lines: Sequence[str], *, folded: bool) -> Iterator[str]:
    """Lines under a title, folded away where they are detail."""
    if folded:
        yield from ("<details>", f"<summary>{escaped(title)}</summary>", "")
        yield from (*lines, "", "</details>", "")
    else:
        yield from (f"**{escaped(title)}**", "", *lines, "")


def _table_lines(
    header: Sequence[str], rows: Sequence[Sequence[str]], words: int
) -> Iterator[str]:
    """A table with its numbers to the right."""
    yield _row(header)
    yield "|" + "|".join("---" if i < words else "---:" for i in range(len(header))) + "|"
    for cells in rows:
        yield _row(cells)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(escaped(cell) for cell in cells) + " |"
