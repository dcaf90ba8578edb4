"""Servers and embodied coefficients of the catalogue: tables joined by name.

A SKU names its host and its accelerator; both have a bill of parts; the accelerator has an idle
power and the SKU a price. A name that leads nowhere is a problem of the table that holds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from carbonplan.catalogue import host_parts
from carbonplan.catalogue.host_parts import HostParts, read_host_parts
from carbonplan.catalogue.library import Library, shipped_library
from carbonplan.catalogue.records import (
    Accelerator,
    AcceleratorPower,
    EmbodiedCoefficient,
    Host,
    Part,
    Price,
    Record,
    Server,
    Sku,
)
from carbonplan.catalogue.shipped import data_root, shown
from carbonplan.errors import InvalidInput, nearest

ACCELERATORS = "hardware/accelerators.csv"
ACCELERATOR_POWER = "hardware/accelerator_power.csv"
HOSTS = "hardware/hosts.csv"
SKUS = "hardware/skus.csv"
PRICES = "hardware/prices.csv"
PARTS = "hardware/parts.csv"
COEFFICIENTS = "embodied/coefficients.csv"
FILES = (
    *(ACCELERATORS, ACCELERATOR_POWER, HOSTS, SKUS, PRICES, PARTS, COEFFICIENTS),
    *host_parts.FILES,
)
KEYED: Mapping[str, type[Record]] = {
    ACCELERATORS: Accelerator,
    ACCELERATOR_POWER: AcceleratorPower,
    HOSTS: Host,
    SKUS: Sku,
    PRICES: Price,
}


@dataclass(frozen=True)
class Tables:
    """The hardware tables as they were read; parts by the item that they make up."""

    accelerators: Mapping[str, Accelerator]
    power: Mapping[str, AcceleratorPower]
    hosts: Mapping[str, Host]
    skus: Mapping[str, Sku]
    prices: Mapping[str, Price]
    parts: Mapping[str, tuple[Part, ...]]
    of_hosts: HostParts


def servers(names: Iterable[str], library: Library | None = None) -> tuple[Server, ...]:
    """Servers of these SKUs, in this order; of the shipped catalogue unless told otherwise.

    Raises
    ------
    InvalidInput
        With every name that is not in the catalogue and the nearest that is.
    """
    return _named("hardware catalogue", "SKU", names, _servers(library))


def sku_names(library: Library | None = None) -> tuple[str, ...]:
    """SKUs of the catalogue, in its order."""
    return tuple(_servers(library))


def embodied_coefficients(
    coefficient_set: str, library: Library | None = None
) -> tuple[EmbodiedCoefficient, ...]:
    """Rows of one named coefficient set of the catalogue."""
    known = _coefficients(library)
    (rows,) = _named("embodied catalogue", "coefficient set", [coefficient_set], known)
    return rows


def coefficient_sets(library: Library | None = None) -> tuple[str, ...]:
    """Names of the coefficient sets, in the table's order."""
    return tuple(_coefficients(library))


def hardware_files() -> tuple[Path, ...]:
    """Shipped files that this module reads."""
    return tuple(data_root() / name for name in FILES)


def read_servers(library: Library) -> dict[str, Server]:
    """Every server of a library's tables, by SKU.

    Raises
    ------
    InvalidInput
        With every problem of every table, or every name that leads nowhere.
    """
    tables = _read_tables(library)
    problems = list(_dangling(tables))
    if problems:
        raise InvalidInput(shown(library.path(SKUS).parent), problems)
    return {name: _server(sku, tables) for name, sku in tables.skus.items()}


def _servers(library: Library | None) -> Mapping[str, Server]:
    if library is None or library == shipped_library():
        return _shipped_servers()
    return read_servers(library)


@cache
def _shipped_servers() -> Mapping[str, Server]:
    return read_servers(shipped_library())


def _coefficients(library: Library | None) -> Mapping[str, tuple[EmbodiedCoefficient, ...]]:
    tables = library or shipped_library()
    return tables.grouped(COEFFICIENTS, EmbodiedCoefficient, "coefficient_set")


def _read_tables(library: Library) -> Tables:
    """All tables, or the problems of all of them in one error."""
    read: list[Any] = []
    problems: list[str] = []
    for name, record_type in KEYED.items():
        try:
            read.append(library.keyed(name, record_type))
        except InvalidInput as error:
            problems.extend(f"{error.subject}: {problem}" for problem in error.problems)
    for step in (
        lambda: library.grouped(PARTS, Part, "item"),
        lambda: read_host_parts(library),
    ):
        try:
            read.append(step())
        except InvalidInput as error:
            problems.extend(f"{error.subject}: {problem}" for problem in error.problems)
    if problems:
        raise InvalidInput(shown(library.path(SKUS).parent), problems)
    return Tables(*read)


def _dangling(tables: Tables) -> Iterator[str]:
    """References from one table to another that find nothing there."""
    for sku in tables.skus.values():
        links = (
            ("host", sku.host, tables.hosts, HOSTS),
            ("accelerator", sku.accelerator, tables.accelerators, ACCELERATORS),
            ("accelerator", sku.accelerator, tables.power, ACCELERATOR_POWER),
            ("sku", sku.sku, tables.prices, PRICES),
            ("host", sku.host, tables.parts, PARTS),
            ("accelerator", sku.accelerator, tables.parts, PARTS),
        )
        for column, name, known, table in links:
            if name not in known:
                yield (
                    f'skus.csv ({sku.sku}), {column}: "{name}" has no row in {table}'
                    f"{nearest(name, known)}"
                )
    yield from host_parts.dangling(tables.of_hosts, tables.hosts)


def _server(sku: Sku, tables: Tables) -> Server:
    host = tables.hosts[sku.host]
    return Server(
        sku=sku,
        host=host,
        accelerator=tables.accelerators[sku.accelerator],
        power=tables.power[sku.accelerator],
        price=tables.prices[sku.sku],
        parts=tables.parts[sku.host] + tables.parts[sku.accelerator],
        cpu=tables.of_hosts.cpus.get(host.cpu),
        memory_options=tables.of_hosts.options_of(sku.host),
        memory_parts=tables.of_hosts.parts_of(tables.parts[sku.host]),
    )


def _named(subject: str, kind: str, names: Iterable[str], known: Mapping[str, object]) -> tuple:
    names = tuple(names)
    unknown = dict.fromkeys(name for name in names if name not in known)
    if unknown:
        raise InvalidInput(
            subject,
            [
                f'no {kind} "{name}"{nearest(name, known) or "; known: " + ", ".join(known)}'
                for name in unknown
            ],
        )
    return tuple(known[name] for name in names)
