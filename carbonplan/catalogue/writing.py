"""A table of a user's appears whole or not at all, also when the disk fills."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from carbonplan.catalogue.records import Record
from carbonplan.errors import EnvironmentFailed


def write_whole(path: Path, text: str) -> None:
    """Write a file beside its place, force it to disk, and rename it.

    Raises
    ------
    EnvironmentFailed
        The disk or a permission stopped the writing; what stood there still stands.
    """
    temporary = path.with_name(f".tmp-{path.name}-{os.getpid()}")
    try:
        with temporary.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise EnvironmentFailed(f"could not write {path}: {error.strerror or error}") from error


def table_text(records: Iterable[Record], columns: Sequence[str]) -> str:
    """Records as CSV, the same text for the same records; ``None`` is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for record in records:
        writer.writerow([_cell(getattr(record, column)) for column in columns])
    return text.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)
