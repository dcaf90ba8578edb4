"""Where the figures of a plan come from: their sources, and the files that were read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from carbonplan.catalogue.inputs import InputFile
from carbonplan.catalogue.library import Library, shipped_library
from carbonplan.catalogue.records import Record, Server, Source
from carbonplan.catalogue.shipped import data_root
from carbonplan.catalogue.sites import SOURCE_SEPARATOR
from carbonplan.scenario.fleet import Fleet

GIVEN = "scenario"
SOURCES = "sources.csv"


def sources_path() -> Path:
    """Table of all sources."""
    return data_root() / SOURCES


def sources_of(records: Iterable[Record], library: Library | None = None) -> tuple[Source, ...]:
    """Sources that the records name, each once, in order of their keys.

    Figures that the scenario itself gives have no row in the table.
    """
    keys = {key for record in records for key in record.source.split(SOURCE_SEPARATOR)}
    table = (library or shipped_library()).keyed(SOURCES, Source)
    return tuple(table[key] for key in sorted(keys - {GIVEN}) if key in table)


def records_of(server: Server) -> tuple[Record, ...]:
    """Rows that a server is made from."""
    return (
        server.sku,
        server.host,
        server.accelerator,
        server.power,
        server.price,
        *server.parts,
    )


def records_of_hosts(servers: Iterable[Server], fleet: Fleet) -> list[Record]:
    """Rows on idle cores and on sizes of memory, as far as a fleet makes use of them."""
    records: list[Record] = []
    for server in servers:
        if fleet.host_reuse and server.cpu is not None:
            records.append(server.cpu)
        if fleet.host_memory == "chosen":
            records += [*server.memory_options, *server.memory_parts]
    return records


def hashed(paths: Iterable[Path]) -> tuple[InputFile, ...]:
    """Every file once, with the hash of its content."""
    return tuple(
        InputFile(path, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in dict.fromkeys(paths)
    )
