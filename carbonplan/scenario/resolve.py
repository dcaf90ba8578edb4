"""From files to one tree: base, then the file that extends it, then variant, then ``--set``.

Mappings merge key by key; any other value replaces the earlier one. A list is replaced too,
unless a key addresses one item of it: ``workloads[chat]: {ttft_s: 2}`` changes that workload.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from carbonplan.errors import InvalidInput, UsageError, nearest
from carbonplan.scenario import files
from carbonplan.scenario.document import Node, Place, plain
from carbonplan.scenario.read import MAX_BYTES, read_document
from carbonplan.scenario.wording import identity, inert, quoted, same_identity, shown

MAX_CHAIN = 16
MAX_VARIANTS = 32
_ADDRESS = re.compile(r"(\w+)\[([^\]]+)\]")


@dataclass(frozen=True)
class Layers:
    """The files of a scenario merged into one tree, before a variant is chosen.

    Attributes
    ----------
    root
        The merged tree, without ``extends`` and ``variants``.
    variants
        The partial scenarios by name; of one name, that of the base first.
    sources
        File of each source that a ``Place`` names; "" is the scenario itself.
    problems
        Items that a file addresses and the files before it do not have.
    """

    root: Node
    variants: Mapping[str, tuple[Node, ...]]
    sources: Mapping[str, Path]
    problems: tuple[str, ...] = ()


def read_layers(path: Path, subject: str, allowed_folders: Sequence[Path]) -> Layers:
    """Read a scenario and all that it extends, and merge them."""
    chain = _chain(path, subject, allowed_folders)
    problems: list[str] = []
    root = Node({}, Place(""))
    variants: dict[str, tuple[Node, ...]] = {}
    for _, node in reversed(chain.values()):
        sections = dict(node.value) if isinstance(node.value, dict) else {}
        sections.pop("extends", None)
        for name, part in _variants(sections.pop("variants", None), subject).items():
            variants[name] = (*variants.get(name, ()), part)
        root = written_out(merged(root, Node(sections, node.place), problems))
    sources = {source: file for source, (file, _) in chain.items()}
    return Layers(root, variants, sources, tuple(problems))


def _chain(
    path: Path, subject: str, allowed_folders: Sequence[Path]
) -> dict[str, tuple[Path, Node]]:
    """The scenario and the files behind it, by their names in messages."""
    chain: dict[str, tuple[Path, Node]] = {}
    source, file = "", path
    while True:
        node = read_document(_content(file, source, subject), subject, source)
        chain[source] = (file, node)
        reference = node.value.get("extends") if isinstance(node.value, dict) else None
        if reference is None:
            return chain
        known = [earlier for earlier, _ in chain.values()]
        try:
            file = _extended(reference.value, known, allowed_folders)
        except ValueError as error:
            raise InvalidInput(subject, [f"{reference.place}, extends: {error}"]) from None
        source = file.name if file.name not in chain else str(file)


def _content(file: Path, source: str, subject: str) -> bytes:
    try:
        return files.read_bytes(file, MAX_BYTES)
    except ValueError as error:
        raise InvalidInput(subject, [f"{source}: {error}" if source else str(error)]) from None


def _extended(
    reference: object, chain: Sequence[Path], allowed_folders: Sequence[Path]
) -> Path:
    """File that ``extends`` names in the last file of a chain: beside it, or allowed."""
    if not isinstance(reference, str) or not reference:
        raise ValueError(f"found {shown(reference)}, expected the name of a scenario file")
    if len(chain) == MAX_CHAIN:
        raise ValueError(
            f"found a chain of more than {MAX_CHAIN} files, expected a shorter one"
        )
    file = files.locate(reference, chain[-1].parent, (chain[0].parent, *allowed_folders))
    if file in chain:
        circle = " -> ".join(known.name for known in (*chain, file))
        raise ValueError(f"files extend each other: {circle}")
    return file


def _variants(node: Node | None, subject: str) -> dict[str, Node]:
    """Partial scenarios by name."""
    if node is None or node.value is None:
        return {}
    if not isinstance(node.value, dict) or len(node.value) > MAX_VARIANTS:
        found = shown(plain(node)) if not isinstance(node.value, dict) else len(node.value)
        expected = f"a mapping of at most {MAX_VARIANTS} names to partial scenarios"
        raise InvalidInput(
            subject, [f"{node.place}, variants: found {found}, expected {expected}"]
        )
    misfits = [
        f"{part.place}, variants.{inert(name)}: found {shown(plain(part))}, expected a mapping"
        for name, part in node.value.items()
        if not isinstance(part.value, dict)
    ]
    if misfits:
        raise InvalidInput(subject, misfits)
    return node.value


def with_variant(layers: Layers, variant: str) -> tuple[Node, list[str]]:
    """The tree with a variant merged over it, and items that are addressed and not there."""
    if variant not in layers.variants:
        known = nearest(variant, layers.variants) or _listed(layers.variants)
        raise UsageError(f"there is no variant {quoted(variant)}{known}")
    problems: list[str] = []
    root = layers.root
    for part in layers.variants[variant]:
        root = written_out(merged(root, written_out(part), problems))
    return root, problems


def _listed(names: Mapping[str, object]) -> str:
    return f"; it has {', '.join(map(quoted, names))}" if names else "; it has none"


def merged(base: Node | None, over: Node, problems: list[str]) -> Node:
    """A tree over another; items that are addressed and not there go to ``problems``."""
    if not isinstance(over.value, dict):
        return over
    result = dict(base.value) if base is not None and isinstance(base.value, dict) else {}
    for key, child in over.value.items():
        address = _ADDRESS.fullmatch(key)
        if address is None:
            result[key] = merged(result.get(key), child, problems)
        elif (
            i := _position(result.get(address[1]), address, child.place, problems)
        ) is not None:
            listed = result[address[1]]
            items = list(listed.value) if isinstance(listed.value, list) else []
            items[i] = merged(items[i], child, problems)
            result[address[1]] = Node(items, listed.place)
    return Node(result, over.place)


def _position(
    listed: Node | None, address: re.Match[str], place: Place, problems: list[str]
) -> int | None:
    """Number of the item that a key such as ``workloads[chat]`` addresses."""
    items = plain(listed) if listed is not None else None
    try:
        return position(items, address[1], address[2])
    except ValueError as error:
        problems.append(f"{place}, {address[0]}: {error}")
        return None


def position(items: object, list_key: str, called: str) -> int:
    """Number of the item of a list that is called so; ValueError says what there is."""
    if not isinstance(items, list):
        raise ValueError(f"there is no list {quoted(list_key)} to change")
    names = [identity(list_key, item) for item in items]
    for i, name in enumerate(names):
        if same_identity(called, name):
            return i
    if re.fullmatch(r"[0-9]{1,6}", called):
        if int(called) < len(items):
            return int(called)
        raise ValueError(f"{quoted(list_key)} has {len(items)} items, numbered from 0")
    known = [name for name in names if name]
    raise ValueError(f"no item {quoted(called)} in {quoted(list_key)}{nearest(called, known)}")


def written_out(root: Node) -> Node:
    """The tree with short forms in full: regions by name, origins by name with equal shares."""
    if not isinstance(root.value, dict):
        return root
    sections = {key: _section_written_out(key, child) for key, child in root.value.items()}
    return Node(sections, root.place)


def _section_written_out(key: str, node: Node) -> Node:
    if key == "regions" and isinstance(node.value, list):
        return Node([_named("region", item) for item in node.value], node.place)
    if key == "workloads" and isinstance(node.value, list):
        return Node([_with_origins_written_out(item) for item in node.value], node.place)
    return _with_origins_written_out(node) if key.startswith("workloads[") else node


def _with_origins_written_out(workload: Node) -> Node:
    """A workload whose origins, if they are names alone, have equal shares of the requests."""
    origins = workload.value.get("origins") if isinstance(workload.value, dict) else None
    names = origins.value if origins is not None and isinstance(origins.value, list) else []
    if not names or not all(isinstance(item.value, str) for item in names):
        return workload
    share = 1 / len(names)
    items = [_named("origin", item, share=share) for item in names]
    return Node({**workload.value, "origins": Node(items, origins.place)}, workload.place)


def _named(key: str, item: Node, **others: float) -> Node:
    """An item that was written as its name alone."""
    if not isinstance(item.value, str):
        return item
    fields = {key: item, **{k: Node(v, item.place) for k, v in others.items()}}
    return Node(fields, item.place)
