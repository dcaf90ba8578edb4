"""Where words go: results to stdout, progress and complaints to stderr."""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from typing import TextIO

COLUMN_GAP = "  "
KEPT_CONTROLS = "\n\t"


def show(text: str) -> None:
    """Print a result to stdout; a reader that has left ends the printing, not the work."""
    try:
        print(printable(text), file=sys.stdout, flush=True)
    except BrokenPipeError:
        _discard(sys.stdout)


def show_json(document: object) -> None:
    """Print one JSON document to stdout: ASCII, so that every encoding has it, and no NaN."""
    show(json.dumps(document, indent=2, allow_nan=False))


def say(text: str) -> None:
    """Print words about the work to stderr; a closed stderr never stops the work."""
    try:
        print(printable(text), file=sys.stderr, flush=True)
    except OSError:
        _discard(sys.stderr)


def table(rows: Sequence[Mapping[str, object]]) -> str:
    """Rows as aligned columns, numbers to the right; the same at any width of terminal."""
    if not rows:
        return "(none)"
    names = list(rows[0])
    cells = [names, *([_cell(row[name]) for name in names] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(names))]
    right = [all(_is_number(row[name]) for row in rows) for name in names]
    lines = (
        COLUMN_GAP.join(
            text.rjust(width) if numeric else text.ljust(width)
            for text, width, numeric in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in cells
    )
    return "\n".join(lines)


def printable(text: str) -> str:
    """Text with control and direction characters shown as escapes, so that none acts."""
    return "".join(_escaped(sign) for sign in text)


def survive_any_encoding() -> None:
    """Characters that the terminal cannot show are printed as escapes."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _is_number(value: object) -> bool:
    return value is None or isinstance(value, (int, float))


def _escaped(sign: str) -> str:
    acts = unicodedata.category(sign) in ("Cc", "Cf") and sign not in KEPT_CONTROLS
    return sign.encode("unicode_escape").decode("ascii") if acts else sign


def _discard(stream: TextIO) -> None:
    """Point a stream that nobody reads at the null device, so that closing it is quiet."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)
