"""Host CPUs and sizes of memory: what idle cores can do and what a host may be bought with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from carbonplan.catalogue.host_records import HostCpu, MemoryOption, MemoryPart
from carbonplan.catalogue.library import Library
from carbonplan.catalogue.records import Host, Part, Record
from carbonplan.catalogue.shipped import shown
from carbonplan.errors import InvalidInput, nearest

HOST_CPUS = "hardware/host_cpus.csv"
MEMORY_OPTIONS = "hardware/memory_options.csv"
MEMORY_PARTS = "hardware/memory_parts.csv"
FILES = (HOST_CPUS, MEMORY_OPTIONS, MEMORY_PARTS)
NO_CPU = "unknown"  # of a host whose CPU nothing is known of


@dataclass(frozen=True)
class HostParts:
    """The three tables as they were read."""

    cpus: Mapping[str, HostCpu]
    options: tuple[MemoryOption, ...]
    parts: tuple[MemoryPart, ...]

    def options_of(self, host: str) -> tuple[MemoryOption, ...]:
        """Sizes that a host may be bought with, by part and size."""
        mine = [one for one in self.options if one.host == host]
        return tuple(sorted(mine, key=lambda one: (one.part, one.gb)))

    def parts_of(self, bill: tuple[Part, ...]) -> tuple[MemoryPart, ...]:
        """Power and price of the memory that a bill of parts holds."""
        held = {(part.part, part.technology) for part in bill}
        return tuple(one for one in self.parts if (one.part, one.technology) in held)


def read_host_parts(library: Library) -> HostParts:
    """The three tables of a library.

    Raises
    ------
    InvalidInput
        With every problem of every table.
    """
    read: list[Any] = []
    problems: list[str] = []
    for step in (
        lambda: library.keyed(HOST_CPUS, HostCpu),
        lambda: _ungrouped(library, MEMORY_OPTIONS, MemoryOption, "host"),
        lambda: _ungrouped(library, MEMORY_PARTS, MemoryPart, "technology"),
    ):
        try:
            read.append(step())
        except InvalidInput as error:
            problems.extend(f"{error.subject}: {problem}" for problem in error.problems)
    if problems:
        raise InvalidInput(shown(library.path(HOST_CPUS).parent), problems)
    return HostParts(*read)


def _ungrouped(library: Library, name: str, record_type: type[Record], field: str) -> tuple:
    """All rows of a table whose rows belong together by a field."""
    return tuple(chain(*library.grouped(name, record_type, field).values()))


def dangling(tables: HostParts, hosts: Mapping[str, Host]) -> Iterator[str]:
    """References between hosts and these tables that find nothing, and sizes that are wrong."""
    for host in hosts.values():
        if host.cpu not in (*tables.cpus, NO_CPU):
            yield (
                f'hosts.csv ({host.host}), cpu: "{host.cpu}" has no row in {HOST_CPUS}'
                f"{nearest(host.cpu, tables.cpus)}"
            )
        yield from _without_size_as_sold(host, tables.options_of(host.host))
    for name in dict.fromkeys(one.host for one in tables.options):
        if name not in hosts:
            yield f'memory_options.csv, host: "{name}" is no host{nearest(name, hosts)}'


def _without_size_as_sold(host: Host, options: tuple[MemoryOption, ...]) -> Iterator[str]:
    """A part with sizes to choose from is sold in the largest of them."""
    for part, sold in (("dram", host.dram_gb), ("ssd", host.ssd_gb)):
        sizes = [one.gb for one in options if one.part == part]
        if sizes and max(sizes) != sold:
            yield (
                f"memory_options.csv ({host.host}, {part}): the largest size is "
                f"{max(sizes):g} GB, expected the {sold:g} GB of hosts.csv"
            )
