"""``--set path=value``: one value of the resolved tree, chosen by its path in the scenario."""

from __future__ import annotations

import re
from collections.abc import Sequence

from carbonplan.errors import UsageError, nearest
from carbonplan.scenario.document import Node, Place, plain
from carbonplan.scenario.expectations import allowed_at, keys_at
from carbonplan.scenario.read import read_value
from carbonplan.scenario.resolve import position, written_out
from carbonplan.scenario.wording import quoted

SOURCE = "--set"
_STEP = re.compile(r"(?:^|\.)([^.\[\]=\s]+)|\[([^\[\]]+)\]")


def with_overrides(root: Node, overrides: Sequence[str]) -> Node:
    """The tree after each ``path=value`` in turn; UsageError where one has no meaning."""
    for override in overrides:
        root = written_out(_with_override(root, override))
    return root


def at_stance(stance: str | None) -> tuple[str, ...]:
    """The override that plans at an end of the bands; none for None."""
    return () if stance is None else (f"uncertainty.stance={stance}",)


def _with_override(root: Node, override: str) -> Node:
    path, equals, text = override.partition("=")
    steps = steps_of(path.strip())
    if not equals or not steps or not text.strip():
        raise UsageError(
            f"{SOURCE} {quoted(override)}: expected path=value, "
            "such as workloads[chat].ttft_s=0.5"
        )
    try:
        value = read_value(text, SOURCE)
        return _replaced(root, steps, value, ())
    except ValueError as error:
        raise UsageError(f"{SOURCE} {quoted(override)}: {error}") from None


def steps_of(path: str) -> list[str]:
    """Keys and, with their brackets, list items of a path; empty where it is not a path."""
    found = list(_STEP.finditer(path))
    whole = "".join(match[0] for match in found) == path
    return [match[1] or match[0] for match in found] if whole else []


def _replaced(
    node: Node, steps: Sequence[str], value: Node, schema_path: tuple[str | int, ...]
) -> Node:
    """The tree with another value at the end of the steps."""
    if not steps:
        return value
    step, *others = steps
    place = Place(SOURCE)
    if step.startswith("["):
        list_key = str(schema_path[-1]) if schema_path else ""
        items = list(node.value) if isinstance(node.value, list) else []
        i = position(plain(node), list_key, step[1:-1])
        items[i] = _replaced(items[i], others, value, (*schema_path, i))
        return Node(items, node.place)
    below = (*schema_path, step)
    if not allowed_at(below):
        raise ValueError(f"unknown key {quoted(step)}{nearest(step, keys_at(schema_path))}")
    children = dict(node.value) if isinstance(node.value, dict) else {}
    child = children.get(step, Node(None, place))
    children[step] = _replaced(child, others, value, below)
    return Node(children, node.place if isinstance(node.value, dict) else place)
