"""What lies beside a series of a scenario about where it comes from.

``carbonplan data grid`` writes ``<series>.meta.json``. What it says of estimated and filled
hours becomes a warning of the plan; a file that describes another series says nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from carbonplan.catalogue.inputs import InputFile
from carbonplan.scenario.files import read_bytes
from carbonplan.scenario.wording import inert

ENDING = ".meta.json"
LIMIT_BYTES = 10_000_000


def series_notes(
    files: Mapping[tuple[str, ...], Path], hashed: tuple[InputFile, ...]
) -> tuple[str, ...]:
    """Sentences about the series of a scenario whose origin lies beside them.

    Parameters
    ----------
    files
        Files that the scenario names, by the path at which it names them.
    hashed
        Every file that was read, with its hash.
    """
    hashes = {file.path: file.sha256 for file in hashed}
    return tuple(
        note
        for path, file in files.items()
        if path[0] == "series"
        for note in _notes(".".join(path), file, hashes.get(file, ""))
    )


def _notes(where: str, file: Path, sha256: str) -> Iterator[str]:
    origin = _read(file.with_name(file.name + ENDING))
    if origin.get("sha256") != sha256:
        return
    columns = origin.get("columns")
    for region, told in columns.items() if isinstance(columns, dict) else ():
        share = told.get("share_estimated") if isinstance(told, dict) else None
        filled = told.get("filled") if isinstance(told, dict) else None
        by = inert(str(origin.get("label", "its provider")))
        if isinstance(share, int | float) and 0 < share <= 1:
            yield f"{where}: {share:.1%} of the hours of {inert(region)} are estimates of {by}"
        if isinstance(filled, list) and filled:
            how = inert(str(origin.get("fill")))
            yield f"{where}: hours of {inert(region)} that were filled ({how}): {len(filled)}"


def _read(path: Path) -> Mapping[str, object]:
    """What such a file says; nothing where there is none or it is no such file."""
    try:
        found = json.loads(read_bytes(path, LIMIT_BYTES))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
