"""Answers in JSON, read strictly: what is not as documented is refused, never guessed at."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import NoReturn

import numpy as np

from carbonplan.providers.failures import UnusableAnswer, excerpt

TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d)(:\d\d(?:\.\d{1,9})?)?(Z|[+-]00:?00)", re.ASCII)
DEEPEST = 16
MOST_VALUES = 2_000_000  # each takes some hundred bytes once it is read
SHOWN = 40


def parsed(content: bytes) -> Mapping[str, object]:
    """The object that an answer is."""
    if sum(content.count(sign) for sign in (b",", b"[", b"{")) > MOST_VALUES:
        raise UnusableAnswer("JSON with more values than any answer has")
    try:
        document = json.loads(
            content.decode("utf-8-sig"),
            object_pairs_hook=_without_doubles,
            parse_constant=_no_number,
        )
    except UnicodeDecodeError:
        raise UnusableAnswer("expected JSON in UTF-8") from None
    except RecursionError:
        raise UnusableAnswer("JSON that is nested too deeply") from None
    except ValueError:
        raise UnusableAnswer("expected JSON") from None
    if not isinstance(document, dict):
        raise UnusableAnswer("expected a JSON object")
    _refuse_depth(document)
    return document


def rows(document: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    """The list of objects under a name; an empty one is no answer."""
    found = document.get(name)
    if not isinstance(found, list):
        raise UnusableAnswer(f'no list "{name}"')
    if not found:
        raise UnusableAnswer(f'"{name}" is empty')
    for at, row in enumerate(found):
        if not isinstance(row, dict):
            raise UnusableAnswer(f"{name}[{at}] is no object")
    return found


def section(document: Mapping[str, object], name: str) -> Mapping[str, object]:
    """The object under a name."""
    found = document.get(name)
    if not isinstance(found, dict):
        raise UnusableAnswer(f'no object "{name}"')
    return found


def word(row: Mapping[str, object], name: str) -> str:
    """The text under a name."""
    found = row.get(name)
    if not isinstance(found, str) or not found:
        raise UnusableAnswer(f'"{name}": found {_shown(found)}, expected a text')
    return found


def flag(row: Mapping[str, object], name: str) -> bool:
    """The truth value under a name; false where it is absent or null."""
    found = row.get(name)
    if found is not None and not isinstance(found, bool):
        raise UnusableAnswer(f'"{name}": found {_shown(found)}, expected true or false')
    return bool(found)


def number(row: Mapping[str, object], name: str, least: float, most: float) -> float:
    """The number under a name, within its range; NaN where the provider wrote null."""
    if name not in row:
        raise UnusableAnswer(f'no "{name}"')
    found = row[name]
    if found is None:
        return math.nan
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise UnusableAnswer(f'"{name}": found {_shown(found)}, expected a number')
    return within(name, found, least, most)


def within(name: str, found: float, least: float, most: float) -> float:
    """The number, if it lies where such numbers lie."""
    if not least <= found <= most:  # also false for what is no number
        raise UnusableAnswer(f'"{name}": found {_shown(found)}, expected {least:g} to {most:g}')
    return float(found)


def instant(text: str) -> np.datetime64:
    """A time in UTC, to the minute."""
    found = TIME.fullmatch(text)
    try:
        if found and float((found[2] or ":0")[1:]) == 0:
            return np.datetime64(found[1], "m")
    except ValueError:
        pass
    raise UnusableAnswer(f'found "{excerpt(text)[:SHOWN]}", expected a whole minute in UTC')


def said_at(found: object) -> tuple[str, ...]:
    """When something was made or changed, if that is what was found; to the second."""
    if not isinstance(found, str) or not TIME.fullmatch(found):
        return ()
    return (f"{found[:19]}Z",) if len(found) > len("2025-01-01T00:00Z") else (found,)


def same(found: object, expected: str | None, what: str) -> str:
    """What was found, if it is what was asked for."""
    if not isinstance(found, str) or not found:
        raise UnusableAnswer(f"does not name its {what}")
    if expected is not None and found != expected:
        raise UnusableAnswer(f"is of {what} {_shown(found)}, not of {expected}")
    return found


def _without_doubles(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    pairs = list(pairs)
    document = dict(pairs)
    if len(document) < len(pairs):
        raise UnusableAnswer("JSON with a key that stands twice")
    return document


def _no_number(name: str) -> NoReturn:
    raise UnusableAnswer(f"JSON with {name} for a number")


def _refuse_depth(document: object) -> None:
    level, depth = [document], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise UnusableAnswer("JSON that is nested too deeply")
        inner = (
            value.values() if isinstance(value, dict) else value
            for value in level
            if isinstance(value, dict | list)
        )
        level = [
            value for values in inner for value in values if isinstance(value, dict | list)
        ]


def _shown(found: object) -> str:
    text = excerpt(str(found))
    return f'"{text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."}"'
