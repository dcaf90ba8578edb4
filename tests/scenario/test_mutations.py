"""Whatever a file holds, loading it ends in a scenario or in lines, and soon."""

from __future__ import annotations

import random
import re
import time

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from carbonplan.errors import InvalidInput, UsageError
from carbonplan.scenario import load
from tests.scenario.samples import COMPLETE, MINIMAL, written

LONGEST_S = 2.0
PIECES = [
    *(
        "[",
        "]",
        "{",
        "}",
        ":",
        ": ",
        "- ",
        "\n",
        "\t",
        "#",
        "&a ",
        "*a",
        "!",
        "!!str ",
        "|",
        ">",
    ),
    *(
        "'",
        '"',
        "%",
        "?",
        "? ",
        "<<: ",
        "---\n",
        "...\n",
        "\0",
        "\x85",
        "\u2028",
        "\ufeff",
        "🌱",
    ),
    *(".nan", ".inf", "1e999", "-0", "0x", "~", "null", "true", "NO", "2026-02-30", "9" * 400),
    *(
        "12 kg",
        "1e308 GW",
        "-5 ms",
        "1/0",
        "__class__",
        '"\\ud800"',
        "extends: scenario.yaml\n",
        "\\",
        "]" * 50,
    ),
]
VALUES = [
    *("[]", "{}", "null", "true", "-1", "0", "1e-300", "1e300", "''", "x", "[[]]", "{a: b}"),
    *("12 kg", "90 %", "[1, a, null]", "{name: x}", "[{name: x}, {name: x}]", "!t x", "[true]"),
]
OVERRIDES = ["solver.gap=%s", "workloads[chat].%s=1", "regions[%s].pue=1.1", "%s", "regions=%s"]


def survives(folder, content: bytes, overrides: tuple[str, ...] = (), variant=None) -> None:
    path = written(folder, content)
    start = time.process_time()
    try:
        load(path, overrides, variant)
    except (InvalidInput, UsageError) as refusal:
        text = str(refusal)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text)
        assert "Traceback" not in text
    assert time.process_time() - start < LONGEST_S


def mutated_bytes(chance: random.Random, content: bytes) -> bytes:
    """Content with some bytes changed, cut out, doubled or moved."""
    data = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        i, length = chance.randrange(len(data)), chance.randint(1, 12)
        match chance.randrange(4):
            case 0:
                data[i] = chance.randrange(256)
            case 1:
                del data[i : i + length]
            case 2:
                data[i:i] = data[i : i + length]
            case 3:
                data[i:i] = chance.choice(PIECES).encode()
        data = data or bytearray(b"a")
    return bytes(data)


def mutated_keys(chance: random.Random, text: str) -> bytes:
    """Text with a key renamed, a value replaced, a line dropped, doubled or indented."""
    lines = text.splitlines()
    i = chance.randrange(len(lines))
    match chance.randrange(5):
        case 0:
            lines[i] = re.sub(
                r"\w+:", chance.choice(["x:", "name:", "1:", ":"]), lines[i], count=1
            )
        case 1:
            lines[i] = re.sub(r": [^,}\]]+", f": {chance.choice(VALUES)}", lines[i], count=1)
        case 2:
            del lines[i]
        case 3:
            lines.insert(chance.randrange(len(lines)), lines[i])
        case 4:
            lines[i] = " " * chance.randint(0, 6) + lines[i].lstrip()
    return "\n".join(lines).encode()


@pytest.mark.parametrize("seed", range(4))
def test_changed_bytes_end_in_lines(tmp_path, seed):
    chance = random.Random(seed)
    for i in range(280):
        survives(tmp_path, mutated_bytes(chance, (MINIMAL, COMPLETE)[i % 2].encode()))


@pytest.mark.parametrize("seed", range(4))
def test_changed_keys_and_values_end_in_lines(tmp_path, seed):
    chance = random.Random(100 + seed)
    for i in range(180):
        survives(tmp_path, mutated_keys(chance, (MINIMAL, COMPLETE)[i % 2]))


def test_changed_overrides_and_variants_end_in_lines(tmp_path):
    chance = random.Random(7)
    for _ in range(120):
        pattern = chance.choice(OVERRIDES)
        override = pattern.replace("%s", chance.choice(PIECES + VALUES))
        survives(tmp_path, COMPLETE.encode(), (override,), chance.choice([None, "small", "x"]))


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
@example(b"\xff\xfe\x00")
@example(b"a: \xed\xa0\x80")
def test_any_bytes_end_in_lines(tmp_path, content):
    survives(tmp_path, content)
