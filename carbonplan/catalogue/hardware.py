"""Servers and embodied coefficients of the catalogue: six tables joined by name.

A SKU names its host and its accelerator; both have a bill of parts; the accelerator has an idle
power and the SKU a price. A name that leads nowhere is a problem of the table that holds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from carbonplan.catalogue.records import (
    Accelerator,
    AcceleratorPower,
    EmbodiedCoefficient,
    Host,
    Part,
    Price,
    Server,
    Sku,
)
from carbonplan.catalogue.shipped import data_root, shown
from carbonplan.catalogue.tables import read_keyed, read_table
from carbonplan.errors import InvalidInput, nearest

ACCELERATORS = "hardware/accelerators.csv"
ACCELERATOR_POWER = "hardware/accelerator_power.csv"
HOSTS = "hardware/hosts.csv"
SKUS = "hardware/skus.csv"
PRICES = "hardware/prices.csv"
PARTS = "hardware/parts.csv"
COEFFICIENTS = "embodied/coefficients.csv"
FILES = (ACCELERATORS, ACCELERATOR_POWER, HOSTS, SKUS, PRICES, PARTS, COEFFICIENTS)


@dataclass(frozen=True)
class Tables:
    """The hardware tables as they were read; parts by the item that they make up."""

    accelerators: Mapping[str, Accelerator]
    power: Mapping[str, AcceleratorPower]
    hosts: Mapping[str, Host]
    skus: Mapping[str, Sku]
    prices: Mapping[str, Price]
    parts: Mapping[str, tuple[Part, ...]]


def servers(names: Iterable[str]) -> tuple[Server, ...]:
    """Shipped servers of these SKUs, in this order.

    Raises
    ------
    InvalidInput
        With every name that is not in the catalogue and the nearest that is.
    """
    return _named("hardware catalogue", "SKU", names, _shipped_servers())


def sku_names() -> tuple[str, ...]:
    """SKUs of the shipped catalogue, in its order."""
    return tuple(_shipped_servers())


def embodied_coefficients(coefficient_set: str) -> tuple[EmbodiedCoefficient, ...]:
    """Rows of one named coefficient set of the shipped catalogue."""
    (rows,) = _named(
        "embodied catalogue", "coefficient set", [coefficient_set], _shipped_coefficients()
    )
    return rows


def coefficient_sets() -> tuple[str, ...]:
    """Names of the shipped coefficient sets, in the table's order."""
    return tuple(_shipped_coefficients())


def hardware_files() -> tuple[Path, ...]:
    """Shipped files that this module reads."""
    return tuple(data_root() / name for name in FILES)


def read_servers(folder: Path) -> dict[str, Server]:
    """Every server of the tables below a data folder, by SKU.

    Raises
    ------
    InvalidInput
        With every problem of every table, or every name that leads nowhere.
    """
    tables = _read_tables(folder)
    problems = list(_dangling(tables))
    if problems:
        raise InvalidInput(shown(folder / "hardware"), problems)
    return {name: _server(sku, tables) for name, sku in tables.skus.items()}


@cache
def _shipped_servers() -> Mapping[str, Server]:
    return read_servers(data_root())


@cache
def _shipped_coefficients() -> Mapping[str, tuple[EmbodiedCoefficient, ...]]:
    rows = read_table(data_root() / COEFFICIENTS, EmbodiedCoefficient)
    return _grouped(rows, "coefficient_set")


def _read_tables(folder: Path) -> Tables:
    """All tables, or the problems of all of them in one error."""
    keyed = {
        ACCELERATORS: Accelerator,
        ACCELERATOR_POWER: AcceleratorPower,
        HOSTS: Host,
        SKUS: Sku,
        PRICES: Price,
    }
    read: list[dict] = []
    problems: list[str] = []
    for name, record_type in keyed.items():
        try:
            read.append(read_keyed(folder / name, record_type))
        except InvalidInput as error:
            problems.extend(f"{error.subject}: {problem}" for problem in error.problems)
    try:
        parts = _grouped(read_table(folder / PARTS, Part), "item")
    except InvalidInput as error:
        problems.extend(f"{error.subject}: {problem}" for problem in error.problems)
    if problems:
        raise InvalidInput(shown(folder / "hardware"), problems)
    return Tables(*read, parts)


def _grouped(rows: Sequence, column: str) -> dict[str, tuple]:
    """Rows by the value of a column; rows of one value need not stand together."""
    value = attrgetter(column)
    order = {name: position for position, name in enumerate(dict.fromkeys(map(value, rows)))}
    together = sorted(rows, key=lambda row: order[value(row)])
    return {name: tuple(group) for name, group in groupby(together, key=value)}


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


def _server(sku: Sku, tables: Tables) -> Server:
    return Server(
        sku=sku,
        host=tables.hosts[sku.host],
        accelerator=tables.accelerators[sku.accelerator],
        power=tables.power[sku.accelerator],
        price=tables.prices[sku.sku],
        parts=tables.parts[sku.host] + tables.parts[sku.accelerator],
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
