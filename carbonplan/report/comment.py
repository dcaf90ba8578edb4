"""Sections as Markdown that is safe to post where names come from strangers.

Whatever is data is spelled so that it cannot act: no markup, no link, no mention, no reference
to another discussion. A sign that Markdown or a forge could read is written as its entity, and
what would call somebody or something by name is parted by a space of no width.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from carbonplan.report.document import Block, Facts, Items, Paragraph, Section, Table
from carbonplan.report.wording import NO_BREAK_SPACE, visible

PARTED = "&#8203;"  # keeps @name and #1 from being a mention and a reference
PLAIN = frozenset(" .,;()=+-/%'" + NO_BREAK_SPACE)
CALLING = frozenset("@#!~$&")
_LINK = re.compile(r"(www)\.", re.IGNORECASE)


def markdown(sections: Sequence[Section]) -> str:
    """Sections one after the other, each under a heading of the third level."""
    blocks = []
    for section in sections:
        blocks += [f"### {escaped(section.title)}", *_blocks(section.blocks)]
    return "\n\n".join(blocks) + "\n"


def escaped(text: object) -> str:
    """Text in which nothing acts, on one line.

    >>> escaped("a|b <c> @d")
    'a&#124;b &#60;c&#62; &#64;&#8203;d'
    """
    return _LINK.sub(r"\1&#46;", "".join(map(_escaped_sign, visible(text))))


def _escaped_sign(sign: str) -> str:
    if sign in PLAIN or sign.isalnum() or not sign.isascii():
        return sign
    return f"&#{ord(sign)};" + (PARTED if sign in CALLING else "")


def preformatted(text: str) -> str:
    """A line of text in a box, as it is."""
    return f"<pre>{html.escape(visible(text))}</pre>"


def _blocks(blocks: Sequence[Block]) -> Iterator[str]:
    for block in blocks:
        lines = "\n".join(_lines(block))
        if lines and getattr(block, "detail", False):
            title = getattr(block, "caption", "") or getattr(block, "title", "")
            yield f"<details><summary>{escaped(title)}</summary>\n\n{lines}\n\n</details>"
        elif lines:
            yield lines


def _lines(block: Block) -> Iterator[str]:
    match block:
        case Paragraph():
            text = escaped(block.text)
            yield f"**{text}**" if block.lead else text
        case Facts():
            yield from _table(("", ""), block.rows, words=2)
        case Items():
            if not block.detail:
                yield f"{escaped(block.title)}:\n"
            yield from (f"- {escaped(item)}" for item in block.items)
        case Table():
            if block.caption and not block.detail:
                yield f"{escaped(block.caption)}\n"
            rows = [*block.rows, *([block.total] if block.total else [])]
            yield from _table(block.header, rows, words=block.words)


def _table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, words: int
) -> Iterator[str]:
    """A table with its words to the left and its numbers to the right."""
    yield _row(header)
    yield _rule(len(header), words)
    yield from map(_row, rows)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(escaped, cells))} |"


def _rule(columns: int, words: int) -> str:
    return "|" + "|".join(" --- " if i < words else " ---: " for i in range(columns)) + "|"
