"""Logs of several files to counted requests, each file in the format that it shows."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from carbonplan.catalogue.shipped import shown
from carbonplan.catalogue.tables import shortened
from carbonplan.errors import InvalidInput, nearest
from carbonplan.prepare.request_logs.blocks import read_blocks
from carbonplan.prepare.request_logs.counting import Batch, Counted, count
from carbonplan.prepare.request_logs.csv_rows import csv_batches
from carbonplan.prepare.request_logs.json_lines import KEYS, json_batches
from carbonplan.prepare.request_logs.layouts import LAYOUTS, Clock
from carbonplan.prepare.request_logs.prometheus import queried_batches, scraped_batches

MOONCAKE, SCRAPE, QUERY = "mooncake", "vllm-metrics", "prometheus-query"
FORMATS = (*(layout.name for layout in LAYOUTS), MOONCAKE, SCRAPE, QUERY)
CLOCKS = {MOONCAKE: Clock.START, SCRAPE: None, QUERY: Clock.UTC}
SHORT_BLOCK = 65_536


def read_requests(
    paths: Sequence[Path],
    *,
    wanted: str | None = None,
    renamed: Mapping[str, str] | None = None,
    workloads: Sequence[str] = (),
) -> tuple[Mapping[str, Counted], Clock | None, dict[str, str]]:
    """Requests by workload, what their hours count from, and the format of each file.

    Parameters
    ----------
    wanted
        The format of every file; without it, each is told by its columns or first line.
    renamed
        Columns of a plain CSV by what they say, as the files call them.
    workloads
        Those wanted; without any, all.
    """
    if wanted is not None and wanted not in FORMATS:
        known = ", ".join(FORMATS)
        raise InvalidInput(
            "--format",
            [f'found "{shortened(wanted)}"; expected {known}{nearest(wanted, FORMATS)}'],
        )
    formats: dict[str, str] = {}
    clocks: dict[Clock, Path] = {}
    with _collector_paused():
        counted = count(_all(paths, wanted, renamed or {}, formats, clocks))
    if len(clocks) > 1:
        raise InvalidInput(
            "traces",
            [f"times of {shown(path)} count from {clock}" for clock, path in clocks.items()]
            + ["expected one kind: read them apart"],
        )
    return _chosen(counted, workloads), next(iter(clocks), None), formats


@contextmanager
def _collector_paused() -> Iterator[None]:
    """No search for cycles among millions of cells, of which none is in a cycle."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _all(
    paths: Sequence[Path],
    wanted: str | None,
    renamed: Mapping[str, str],
    formats: dict[str, str],
    clocks: dict[Clock, Path],
) -> Iterator[Batch]:
    """Requests of every file; notes its format and what its times count from."""
    for path in paths:
        name, clock, batches = read_log(path, wanted, renamed)
        formats[str(path)] = name
        if clock is not None:
            clocks.setdefault(clock, path)
        yield from batches


def read_log(
    path: Path, wanted: str | None = None, renamed: Mapping[str, str] | None = None
) -> tuple[str, Clock | None, Iterator[Batch]]:
    """Format of a file, what its times count from, and its requests block by block."""
    name = wanted if wanted in CLOCKS else _recognised(path)
    if name == MOONCAKE:
        return name, CLOCKS[name], json_batches(path)
    if name == SCRAPE:
        return name, CLOCKS[name], scraped_batches(path)
    if name == QUERY:
        return name, CLOCKS[name], queried_batches(path)
    layout, clock, batches = csv_batches(path, wanted, renamed or {})
    return layout.name, clock, batches


def _recognised(path: Path) -> str | None:
    """A format that is no CSV, told by the first line; else None."""
    block = next(read_blocks(path, block_bytes=SHORT_BLOCK), None)
    line = next((line.strip() for line in block.lines if line.strip()), "") if block else ""
    if line.startswith("{"):
        return MOONCAKE if _is_request(line) else QUERY
    if line.startswith(("# HELP", "# TYPE", "vllm:")):
        return SCRAPE
    return None


def _is_request(line: str) -> bool:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return not line.startswith('{"status"') and any(f'"{key}"' in line for key in KEYS)
    return isinstance(found, dict) and "status" not in found and len(found) > 0


def _chosen(counted: Mapping[str, Counted], workloads: Sequence[str]) -> dict[str, Counted]:
    unknown = [name for name in workloads if name not in counted]
    if unknown:
        raise InvalidInput(
            "--workload",
            [
                f'found "{shortened(name)}"; the logs have '
                f"{', '.join(map(repr, counted)) or 'none'}{nearest(name, counted)}"
                for name in unknown
            ],
        )
    return {name: one for name, one in counted.items() if not workloads or name in workloads}
