"""Words of messages: values as found, paths as a planner writes them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

PathKeys = tuple[str | int, ...]

IDENTITY = {
    "workloads": ("name",),
    "classes": ("name",),
    "regions": ("region",),
    "origins": ("origin",),
    "existing": ("sku", "region", "age_years"),
    "stock": ("sku", "region", "stage"),
    "bounds": ("impact", "stage"),
    "lexicographic": ("impact",),
    "stages": ("name",),
    "futures": ("name",),
    "lead_times": ("sku",),
    "contracts": ("name",),
    "alternatives": ("llm",),
    "compare": ("axis",),
}
"""What tells the items of a list apart; ``workloads[chat]`` is the workload of that name."""

_LONGEST_SHOWN = 60


def shown(value: object) -> str:
    """A value as the reader of a message knows it: quoted text, short, inert in a terminal."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return quoted(value) if isinstance(value, str) else inert(str(value))


def quoted(text: str) -> str:
    """Text in double quotes, shortened and inert."""
    return json.dumps(inert(text), ensure_ascii=False).replace("\\\\", "\\")


def inert(text: str) -> str:
    """Text of at most sixty characters without control characters or changes of direction."""
    cut = text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "..."
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in cut
    )


def identity(list_key: str, item: object) -> str | None:
    """What an item of a list is called, "chat" or "h100, north"; None if it has no name."""
    parts = [_value_of(item, key) for key in IDENTITY.get(list_key, ())]
    texts = [part for part in parts if isinstance(part, str)]
    return ", ".join(texts) or None


def same_identity(written: str, name: str | None) -> bool:
    """Whether the text between brackets means the item of that name."""
    return name is not None and re.sub(r"\s*,\s*", ", ", written.strip()) == name


def path_text(path: Sequence[str | int], root: object) -> str:
    """``workloads[chat].ttft_s`` for ``("workloads", 0, "ttft_s")`` in ``root``."""
    words = ""
    list_key, value = "", root
    for step in path:
        value = _value_of(value, step)
        if isinstance(step, int):
            words += f"[{inert(identity(list_key, value) or str(step))}]"
        else:
            words += f".{inert(step)}" if words else inert(step)
            list_key = step
    return words


def index_path(path: Sequence[str | int], root: object) -> PathKeys:
    """The same path with list items by number where they were given by name."""
    steps: list[str | int] = []
    value = root
    for step in path:
        if isinstance(value, list) and isinstance(step, str):
            names = [identity(str(steps[-1]), item) for item in value]
            step = next((i for i, name in enumerate(names) if same_identity(step, name)), step)
        value = _value_of(value, step)
        steps.append(step)
    return tuple(steps)


def name_path(path: Sequence[str | int], root: object) -> PathKeys:
    """The same path with list items by name where they have one."""
    steps: list[str | int] = []
    list_key, value = "", root
    for step in path:
        value = _value_of(value, step)
        name = identity(list_key, value) if isinstance(step, int) else None
        steps.append(step if name is None else name)
        list_key = step if isinstance(step, str) else list_key
    return tuple(steps)


def _value_of(container: object, step: str | int) -> Any:
    """Item of a mapping, a list or a section; None where there is none."""
    if isinstance(step, int):
        inside = isinstance(container, list) and 0 <= step < len(container)
        return container[step] if inside else None
    if isinstance(container, Mapping):
        return container.get(step)
    return getattr(container, step, None) if not isinstance(container, str | list) else None
