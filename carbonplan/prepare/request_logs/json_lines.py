"""Mooncake traces: a JSON object on each line, times in milliseconds since the trace began."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from carbonplan.catalogue.cells import told
from carbonplan.catalogue.tables import refuse, shortened
from carbonplan.errors import nearest
from carbonplan.prepare.request_logs.blocks import Block, read_blocks
from carbonplan.prepare.request_logs.counting import Batch
from carbonplan.units import MS_PER_S

KEYS = ("timestamp", "input_length", "output_length")
Request = tuple[float, float, float]


def json_batches(path: Path) -> Iterator[Batch]:
    """Requests of every block, once no problem has been found before it."""
    problems: list[str] = []
    number = 0
    for block in read_blocks(path):
        requests, wrong = _parsed(block)
        problems += wrong
        number += len(requests)
        if requests and not problems:
            values = np.array(requests)
            yield Batch("", values[:, 0] / MS_PER_S, values[:, 1:], np.ones(len(values)))
    refuse(path, told(problems) or ([] if number else ["no requests in it"]))


def _parsed(block: Block) -> tuple[list[Request], list[str]]:
    requests, problems = [], []
    for row, line in enumerate(block.lines):
        if not line.strip():
            continue
        try:
            requests.append(_request(json.loads(line)))
        except (ValueError, RecursionError) as error:
            problems.append(f"{block.place(row)}: {_reason(error)}")
    return requests, problems


def _request(found: object) -> Request:
    """Time and lengths of an object; a ValueError says what is wrong with it."""
    if not isinstance(found, dict):
        raise ValueError("expected an object")
    missing = [key for key in KEYS if key not in found]
    if missing:
        raise ValueError(f'"{missing[0]}" is missing{nearest(missing[0], map(str, found))}')
    for key in KEYS:
        value = found[key]
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not 0 <= value < float("inf"):
            text = shortened(json.dumps(value))
            raise ValueError(f"{key}: found {text}; expected a number of 0 or more")
    return float(found[KEYS[0]]), float(found[KEYS[1]]), float(found[KEYS[2]])


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"is no JSON: {error.msg} at character {error.colno}"
    return "is nested too deeply" if isinstance(error, RecursionError) else str(error)
