"""What a report consists of, before it is text or HTML.

A section is a function ``Plan -> Section``; a renderer turns the blocks of any section into its
format. A new section needs no renderer, and a new format needs no section.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Paragraph:
    """One or more sentences; ``lead`` marks the one that a reader must not miss."""

    text: str
    lead: bool = False


@dataclass(frozen=True)
class Heading:
    """What the blocks behind it are about, within a section."""

    text: str


@dataclass(frozen=True)
class Facts:
    """Labels with their values; ``headline`` marks the key figures of the plan."""

    rows: tuple[tuple[str, str], ...]
    headline: bool = False


@dataclass(frozen=True)
class Items:
    """A list under a title; ``detail``: left out where a report must be short."""

    title: str
    items: tuple[str, ...]
    detail: bool = False


@dataclass(frozen=True)
class Table:
    """Words and numbers in rows.

    Attributes
    ----------
    words
        Number of leading columns that hold words; the rest hold numbers.
    total
        A last row that sums the others; None for none.
    detail
        Left out where a report must be short.
    """

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] | None = None
    words: int = 1
    detail: bool = False


@dataclass(frozen=True)
class Illustration:
    """A figure by its name in ``carbonplan.report.figures``, and what it shows in words."""

    figure: str
    caption: str


Block = Paragraph | Heading | Facts | Items | Table | Illustration


@dataclass(frozen=True)
class Section:
    """A part of the report under its own heading."""

    key: str
    title: str
    blocks: tuple[Block, ...]
