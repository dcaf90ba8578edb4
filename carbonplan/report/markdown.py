"""Documents as Markdown that is safe to post where names come from strangers.

Whatever is data is spelled so that it cannot act: no markup, no link, no mention, no reference
to another discussion. A sign that Markdown or a forge could read is written as its entity, and
what would call somebody or something by name is parted by a space of no width.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
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
from carbonplan.report.wording import NO_BREAK_SPACE, label, visible

if TYPE_CHECKING:
    from carbonplan.plan import Plan

PARTED = "&#8203;"  # keeps @name and #1 from being a mention and a reference
PLAIN = frozenset(" .,;()=+-/%'" + NO_BREAK_SPACE)
CALLING = frozenset("@#!~$&")
LINK = re.compile(r"(www)\.", re.IGNORECASE)
BREAKS = re.compile(r"[ \t\r\n\f\v]+")
LINE_START = re.compile(r"^(\d*)([-+=]|[.)](?!\S))")  # of a list, or below a heading


def markdown(plan: Plan) -> str:
    """The report on a plan; what is detail is folded away."""
    written = f"<sub>{escaped(identity(plan))} · written by carbonplan</sub>"
    title = f"# {escaped(label(plan.scenario_name))}"
    return f"{title}\n\n{sections_markdown(sections(plan))}\n{written}\n"


def sections_markdown(found: Iterable[Section], level: int = 2) -> str:
    """Sections one after the other, each under a heading of a level."""
    return "\n".join(line for section in found for line in section_lines(section, level)) + "\n"


def section_lines(section: Section, level: int = 2) -> Iterator[str]:
    """A section under its heading, with an empty line behind each block."""
    yield from (f"{'#' * level} {escaped(section.title)}", "")
    yield from block_lines(section.blocks, level + 1)


def block_lines(blocks: Iterable[Block], level: int = 3) -> Iterator[str]:
    """Blocks, an empty line behind each; figures have no place in text.

    Parameters
    ----------
    level
        Of headings among them.
    """
    for block in blocks:
        match block:
            case Paragraph():
                words = _line(block.text)
                yield from (f"**{words}**" if block.lead else words, "")
            case Heading():
                yield from (f"{'#' * level} {escaped(block.text)}", "")
            case Facts():
                yield from (*_table_lines(("", ""), block.rows, 2), "")
            case Items():
                lines = [f"- {_line(item)}" for item in block.items]
                yield from _under(block.title, lines, folded=block.detail)
            case Table():
                rows = [*block.rows, *([block.total] if block.total else [])]
                lines = _table_lines(block.header, rows, block.words)
                yield from _under(block.caption, list(lines), folded=block.detail)


def escaped(text: object) -> str:
    """Text in which nothing acts, on one line.

    >>> escaped("a|b <c> @d")
    'a&#124;b &#60;c&#62; &#64;&#8203;d'
    """
    words = BREAKS.sub(" ", str(text))
    return LINK.sub(r"\1&#46;", "".join(map(_escaped_sign, visible(words))))


def preformatted(text: str) -> str:
    """A line of text in a box, as it is."""
    return f"<pre>{html.escape(visible(text))}</pre>"


def _escaped_sign(sign: str) -> str:
    if sign in PLAIN or sign.isalnum() or not sign.isascii():
        return sign
    return f"&#{ord(sign)};" + (PARTED if sign in CALLING else "")


def _line(text: str) -> str:
    """The same at the start of a line."""
    return LINE_START.sub(lambda found: f"{found[1]}&#{ord(found[2])};", escaped(text))


def _under(title: str, lines: Sequence[str], *, folded: bool) -> Iterator[str]:
    """Lines under a title, folded away where they are detail."""
    if folded:
        yield from ("<details>", f"<summary>{escaped(title)}</summary>", "")
        yield from (*lines, "", "</details>", "")
    else:
        yield from (*([f"**{escaped(title)}**", ""] if title else []), *lines, "")


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
