"""Tables of the catalogue: the shipped ones, and a scenario's own that go before them.

A folder of one's own has the shape of ``data/``, with cards in ``models/``:
``hardware/skus.csv`` beside ``models/my-llm.yaml``. Its rows stand before the shipped ones, and
instead of those of the same name: a price of its own for a shipped SKU replaces that price
alone. Where rows of one name belong together (the parts of an item, the classes of a service),
its own rows replace all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import TypeVar

from carbonplan.catalogue.records import Record
from carbonplan.catalogue.shipped import data_root, models_root
from carbonplan.catalogue.tables import read_keyed, read_table

Row = TypeVar("Row", bound=Record)
Values = TypeVar("Values")


@dataclass(frozen=True)
class Library:
    """Where tables are looked for.

    Attributes
    ----------
    base
        Folder of the shipped tables.
    own
        Folder of those that go before them, if there is one.
    """

    base: Path
    own: Path | None = None

    def keyed(self, name: str, record_type: type[Row]) -> dict[str, Row]:
        """Records of a table by their first field."""
        own = self.own_path(name)
        records = {} if own is None else read_keyed(own, record_type)
        return records | without(_keyed(self.base / name, record_type), records)

    def grouped(self, name: str, record_type: type[Row], field: str) -> dict[str, tuple]:
        """Records of a table by what they belong to."""
        own = self.own_path(name)
        groups = {} if own is None else grouped(read_table(own, record_type), field)
        return groups | without(_grouped(self.base / name, record_type, field), groups)

    def own_path(self, name: str) -> Path | None:
        """The own table of this name, if there is one."""
        path = self.own / name if self.own else None
        return path if path is not None and path.is_file() else None

    def path(self, name: str) -> Path:
        """The table that a problem of joined tables is told of: the own one, or the shipped."""
        return self.own_path(name) or self.base / name

    def card_paths(self) -> dict[str, Path]:
        """Model cards by their LLM, in alphabetical order."""
        own = self.own / "models" if self.own else None
        folders = (models_root(), *([own] if own else []))
        found = {path.stem: path for folder in folders for path in folder.glob("*.yaml")}
        return dict(sorted(found.items()))


def shipped_library() -> Library:
    """The catalogue as it comes with carbonplan."""
    return Library(data_root())


def grouped(rows: Sequence[Row], field: str) -> dict[str, tuple[Row, ...]]:
    """Rows by the value of a field; those of one value need not stand together."""
    value = attrgetter(field)
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(value(row), []).append(row)
    return {name: tuple(group) for name, group in groups.items()}


def without(rows: Mapping[str, Values], names: Collection[str]) -> dict[str, Values]:
    """The rows whose names are not among these."""
    return {name: values for name, values in rows.items() if name not in names}


def _keyed(path: Path, record_type: type[Row]) -> Mapping[str, Row]:
    return _shipped_keyed(path, record_type) if _stays(path) else read_keyed(path, record_type)


def _grouped(path: Path, record_type: type[Row], field: str) -> Mapping[str, tuple]:
    if _stays(path):
        return _shipped_grouped(path, record_type, field)
    return grouped(read_table(path, record_type), field)


def _stays(path: Path) -> bool:
    """Whether a table is one of the shipped ones, which do not change while they are used."""
    return path.is_relative_to(data_root())


@cache
def _shipped_keyed(path: Path, record_type: type[Row]) -> Mapping[str, Row]:
    return read_keyed(path, record_type)


@cache
def _shipped_grouped(path: Path, record_type: type[Row], field: str) -> Mapping[str, tuple]:
    return grouped(read_table(path, record_type), field)
