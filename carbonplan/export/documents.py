"""Text of YAML and JSON files: structures are dumped, never pasted together.

Text that any reader of YAML could take for something else (``NO``, ``on``, ``1e3``) is quoted.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from carbonplan.export.names import one_line

if TYPE_CHECKING:
    from carbonplan.export.records import Identity

PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*", re.ASCII)
WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"}
WIDTH = 1_000_000  # nothing is folded


def yaml_bytes(header: Sequence[str], *documents: object) -> bytes:
    """Documents as one YAML file below lines of comment."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.width = WIDTH
    yaml.explicit_start = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    yaml.dump_all([_quoted(document) for document in documents], stream)
    comment = "".join(f"# {one_line(line)}\n" for line in header)
    return (comment + stream.getvalue()).encode("utf-8")


def commented_yaml_bytes(
    header: Sequence[str], values: Mapping[str, tuple[object, str]]
) -> bytes:
    """A flat mapping as YAML, with a line of comment above each value."""
    lines = [f"# {one_line(line)}" for line in header] + ["---"]
    for name, (value, comment) in values.items():
        of_value = yaml_bytes((), {name: value}).decode("utf-8").removeprefix("---\n")
        lines += [f"# {one_line(comment)}", of_value.rstrip("\n")]
    return ("\n".join(lines) + "\n").encode("utf-8")


def json_bytes(document: object) -> bytes:
    """A document as JSON: ASCII, so that no sign of it acts anywhere, and no NaN."""
    return (json.dumps(document, indent=2, allow_nan=False) + "\n").encode("ascii")


def header(identity: Identity, *more: str) -> list[str]:
    """Lines that open a file: which plan it is from, and how good that is proven to be."""
    gap = "not known" if identity.gap is None else f"{identity.gap:.3%}"
    return [
        f'carbonplan export of the plan "{one_line(identity.scenario, 64)}", stage '
        f'"{one_line(identity.stage, 64)}"',
        f"fingerprint {one_line(identity.fingerprint, 64)}, status "
        f"{one_line(identity.status, 32)}, gap {gap}",
        *more,
    ]


def _quoted(value: object) -> object:
    """The value with every text in quotes that is not plain whatever reads it."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    match value:
        case str() if PLAIN.fullmatch(value) and value.lower() not in WORDS:
            return value
        case str():
            return DoubleQuotedScalarString(one_line(value, WIDTH))
        case Mapping():
            return {_quoted(name): _quoted(part) for name, part in value.items()}
        case list() | tuple():
            return [_quoted(part) for part in value]
    return value
