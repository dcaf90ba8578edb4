"""The tables of ``docs/performance.md``: each measurement between its own two markers."""

from __future__ import annotations

from collections.abc import Iterable

from bench.circumstances import Circumstances
from bench.section import Section

HOLDS = {True: "yes", False: "no"}


def block(section: Section, circumstances: Circumstances) -> str:
    """Targets, table and circumstances of a measurement."""
    verdicts = [(t.what, t.found, t.wanted, HOLDS[t.holds]) for t in section.targets]
    return "\n\n".join(
        (
            f"{section.size[0].upper()}{section.size[1:]}.",
            table(("target", "found", "wanted", "holds"), verdicts),
            table(section.columns, section.rows),
            f"{circumstances}",
        )
    )


def table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table, figures to the right."""
    rule = ["---", *("---:" for _ in columns[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (columns, rule, *rows))


def rewritten(page: str, key: str, text: str) -> str:
    """The page with other text between the markers of a measurement.

    Raises
    ------
    ValueError
        The page has no such markers.
    """
    begin, end = markers(key)
    before, found_begin, rest = page.partition(begin)
    _, found_end, after = rest.partition(end)
    if not (found_begin and found_end):
        raise ValueError(f"the page has no markers {begin} and {end}")
    return f"{before}{begin}\n\n{text}\n\n{end}{after}"


def markers(key: str) -> tuple[str, str]:
    """Comments before and after a measurement."""
    return f"<!-- bench {key}: written by python -m bench -->", f"<!-- end of bench {key} -->"
