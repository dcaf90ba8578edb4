"""A read file as a tree of values, each with the place where it was written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from carbonplan.scenario.wording import PathKeys

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value was written.

    Attributes
    ----------
    source
        "" in the scenario file itself; else the name of the file that it extends, or ``--set``.
    line, column
        Counted from one; None outside files.
    """

    source: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        line = "" if self.line is None else f"line {self.line}"
        return " ".join(part for part in (self.source, line) if part)


@dataclass(frozen=True, slots=True)
class Node:
    """A value and its place; that of a mapping's value is where its key stands."""

    value: dict[str, Node] | list[Node] | Scalar
    place: Place


def plain(node: Node) -> Any:
    """The values alone: dictionaries, lists, texts and numbers."""
    if isinstance(node.value, dict):
        return {key: plain(child) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return [plain(child) for child in node.value]
    return node.value


def places(node: Node, path: PathKeys = ()) -> Iterator[tuple[PathKeys, Place]]:
    """Every path with its place, items of lists by number."""
    yield path, node.place
    if isinstance(node.value, dict):
        for key, child in node.value.items():
            yield from places(child, (*path, key))
    elif isinstance(node.value, list):
        for i, child in enumerate(node.value):
            yield from places(child, (*path, i))
