"""Model cards: ``models/<llm>.yaml`` to records, every problem with its line.

A card is a small mapping of YAML 1.2. Anchors, tags, duplicate keys and deep nesting have no
place in one and are refused before anything is built from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent, DocumentStartEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from carbonplan.catalogue.library import Library, shipped_library
from carbonplan.catalogue.records import (
    KeptIn16Bits,
    LatentAttention,
    MixtureOfExperts,
    ModelCard,
)
from carbonplan.catalogue.shipped import models_root, shown
from carbonplan.catalogue.tables import expected, refuse, shortened
from carbonplan.catalogue.text import read_text
from carbonplan.errors import InvalidInput, nearest

LIMIT_BYTES = 65_536
DEEPEST = 4

Lines = Mapping[tuple[str | int, ...], int]


def cards(names: Iterable[str], library: Library | None = None) -> tuple[ModelCard, ...]:
    """Cards of these LLMs, in this order; shipped ones unless told otherwise.

    Raises
    ------
    InvalidInput
        With every name without a card and the nearest that has one, or a card's own problems.
    """
    names = tuple(names)
    paths = (library or shipped_library()).card_paths()
    unknown = dict.fromkeys(name for name in names if name not in paths)
    if unknown:
        raise InvalidInput(
            "models/", [f'no card for LLM "{name}"{nearest(name, paths)}' for name in unknown]
        )
    return tuple(_card(paths[name]) for name in names)


@cache
def card_names() -> tuple[str, ...]:
    """LLMs that have a shipped card, in alphabetical order."""
    return tuple(shipped_library().card_paths())


def card_path(name: str) -> Path:
    """File of a shipped card."""
    return models_root() / f"{name}.yaml"


def read_card(path: Path) -> ModelCard:
    """Card in a YAML file that carries the LLM's name.

    Raises
    ------
    InvalidInput
        With a line for each problem: where, what was found, what was expected.
    """
    text = read_text(path, LIMIT_BYTES)
    try:
        refuse(path, list(_unsafe(text)))
        values, lines = _parsed(text)
    except DuplicateKeyError as error:
        raise InvalidInput(shown(path), [_duplicate(error)]) from None
    except MarkedYAMLError as error:
        raise InvalidInput(shown(path), [_malformed(error)]) from None
    except (YAMLError, ValueError) as error:
        raise InvalidInput(shown(path), [f"is not YAML: {error}"]) from None
    if not isinstance(values, dict):
        raise InvalidInput(shown(path), ["a card is a mapping of names to values"])
    try:
        card = ModelCard.model_validate(values, strict=True)
    except ValidationError as error:
        refuse(path, [_problem(fault, lines) for fault in error.errors(include_url=False)])
    refuse(path, list(_contradictions(card, path, lines)))
    return card


def _card(path: Path) -> ModelCard:
    return _shipped_card(path) if path.is_relative_to(models_root()) else read_card(path)


@cache
def _shipped_card(path: Path) -> ModelCard:
    return read_card(path)


def _yaml() -> YAML:
    return YAML(typ="safe", pure=True)


def _unsafe(text: str) -> Iterator[str]:
    """What YAML allows and a card does not need, found without building anything."""
    depth = documents = 0
    for event in _yaml().parse(text):
        line = event.start_mark.line + 1
        documents += isinstance(event, DocumentStartEvent)
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if documents > 1:
            yield f"line {line}: a second document; a card is one"
            return
        if depth > DEEPEST:
            yield f"line {line}: nested deeper than {DEEPEST} levels"
            return
        if getattr(event, "anchor", None) is not None:
            yield f"line {line}: anchors and aliases are not read; write the value out"
        if getattr(event, "tag", None) is not None:
            yield f"line {line}: tags are not read; found {event.tag}"


def _parsed(text: str) -> tuple[Any, Lines]:
    """Values of the document and the line of each key."""
    node = _yaml().compose(text)
    lines = {} if node is None else dict(_key_lines(node, ()))
    return _yaml().load(text), lines


def _key_lines(node: Node, path: tuple[str | int, ...]) -> Iterator[tuple[tuple, int]]:
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if isinstance(key, ScalarNode):
                yield (*path, key.value), key.start_mark.line + 1
                yield from _key_lines(value, (*path, key.value))


def _duplicate(error: DuplicateKeyError) -> str:
    key = error.problem.split('"')[1]
    line, first = error.problem_mark.line + 1, error.context_mark.line + 1
    return f'line {line}: "{key}" stands twice in the mapping that begins on line {first}'


def _malformed(error: MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return f"{where}not YAML: {error.problem or error.context}"


def _problem(fault: ErrorDetails, lines: Lines) -> str:
    path = fault["loc"]
    where = f"{_line(path, lines)}{'.'.join(str(name) for name in path)}"
    if fault["type"] == "missing":
        return f"{where}: is missing"
    if fault["type"] == "invalid_key":
        return f"{where}: a key is text"
    if fault["type"] == "extra_forbidden":
        return f"{where}: unknown key{nearest(str(path[-1]), _keys_beside(path))}"
    return f'{where}: found "{shortened(str(fault["input"]))}"; expected {expected(fault)}'


def _line(path: tuple[str | int, ...], lines: Lines) -> str:
    """Line of a key, or of the nearest key above one that is not there."""
    while path and path not in lines:
        path = path[:-1]
    return f"line {lines[path]}, " if path else ""


def _keys_beside(path: tuple[str | int, ...]) -> Iterable[str]:
    parts = {"moe": MixtureOfExperts, "mla": LatentAttention, "kept_in_16_bits": KeptIn16Bits}
    return (parts.get(str(path[0]), ModelCard) if len(path) > 1 else ModelCard).model_fields


def _contradictions(card: ModelCard, path: Path, lines: Lines) -> Iterator[str]:
    """Values that are each allowed but cannot stand together."""
    for key, found, holds, wanted in _rules(card, path.stem):
        if not holds:
            where = f"{_line(key, lines)}{'.'.join(key)}"
            yield f'{where}: found "{found}"; expected {wanted}'


def _rules(card: ModelCard, name: str) -> Iterator[tuple[tuple[str, ...], object, bool, str]]:
    """Key, value, whether its rule holds, and what the rule asks for."""
    total, heads, layers = card.parameters_b, card.attention_heads, card.layers
    full_layers = card.full_attention_layers or layers
    yield ("llm",), card.llm, card.llm == name, f'"{name}", the name of the file'
    yield (
        ("active_parameters_b",),
        card.active_parameters_b,
        card.active_parameters_b <= total,
        f"at most parameters_b, {total:g}",
    )
    yield (
        ("kv_heads",),
        card.kv_heads,
        heads % card.kv_heads == 0,
        f"a divisor of attention_heads, {heads}",
    )
    yield (
        ("full_attention_layers",),
        full_layers,
        full_layers <= layers,
        f"at most layers, {layers}",
    )
    windowed = card.sliding_window_tokens is not None
    yield (
        ("recurrent",),
        str(card.recurrent).lower(),
        windowed or not card.recurrent,
        "false without sliding_window_tokens",
    )
    for precision, kept in card.kept_in_16_bits:
        has = card.moe is not None or kept != "all but experts"
        yield ("kept_in_16_bits", precision), kept, has, "attention where there are no experts"
    if card.moe:
        chosen, experts = card.moe.experts_per_token, card.moe.experts
        key = ("moe", "experts_per_token")
        yield key, chosen, chosen <= experts, f"at most moe.experts, {experts}"
