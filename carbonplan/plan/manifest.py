"""The manifest: hashes of what went into a plan and of every file that came out.

Its schema is closed: a manifest that lacks a key, or has another, is refused. ``digest`` is the
hash of the manifest without it, so that a damaged manifest is noticed too. It guards
against damage and slips, not against forgery.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from carbonplan.errors import InvalidInput
from carbonplan.plan.provenance import versions
from carbonplan.plan.records import SCHEMA_VERSION, Plan

if TYPE_CHECKING:
    from carbonplan.catalogue.inputs import InputFile

NAME = "manifest.json"
KEYS = (
    "schema_version",
    "scenario",
    "created_utc",
    "versions",
    "options",
    "seed",
    "status",
    "bound",
    "gap",
    "stance",
    "evidence",
    "inputs",
    "outputs",
    "digest",
)


def manifest(
    plan: Plan,
    outputs: Mapping[str, str],
    inputs_files: Sequence[InputFile],
    options: Mapping[str, object],
) -> dict[str, object]:
    """The manifest of a plan whose files have the given hashes."""
    content = {
        "schema_version": SCHEMA_VERSION,
        "scenario": plan.scenario_name,
        "created_utc": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "versions": versions(),
        "options": dict(options),
        "seed": options.get("seed"),
        "status": plan.summary["status"],
        "bound": plan.summary["bound"],
        "gap": plan.summary["gap"],
        "stance": plan.summary["stance"]["end"],
        "evidence": plan.summary["evidence"]["shares"],
        "inputs": [{"path": str(f.path), "sha256": f.sha256} for f in inputs_files],
        "outputs": dict(sorted(outputs.items())),
    }
    return content | {"digest": digest(content)}


def digest(content: Mapping[str, object]) -> str:
    """Hash of a manifest without its own digest."""
    bare = {key: value for key, value in content.items() if key != "digest"}
    text = json.dumps(bare, sort_keys=True, allow_nan=False, ensure_ascii=True)
    return sha256(text.encode("ascii"))


def sha256(content: bytes) -> str:
    """SHA-256 of bytes in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def problems(content: object) -> list[str]:
    """What is wrong with a manifest that was read, one line each."""
    if not isinstance(content, dict):
        return [f"{NAME}: a manifest is a mapping"]
    missing = [f"{NAME}: {key} is missing" for key in KEYS if key not in content]
    unknown = [f"{NAME}: {key!r} is not known" for key in content if key not in KEYS]
    if missing or unknown:
        return missing + unknown
    if content["schema_version"] != SCHEMA_VERSION:
        found = content["schema_version"]
        return [f"{NAME}: schema_version is {found!r}, this carbonplan reads {SCHEMA_VERSION}"]
    if content["digest"] != digest(content):
        return [f"{NAME}: its digest does not match, it was changed after it was written"]
    outputs = content["outputs"]
    if not isinstance(outputs, dict) or not all(isinstance(h, str) for h in outputs.values()):
        return [f"{NAME}: outputs is not a mapping of files to hashes"]
    return [
        f"{NAME}: {name!r} is not a path inside the folder"
        for name in outputs
        if not is_inside(name)
    ]


def part(folder: Path, key: str) -> object:
    """One value of the manifest of a plan's folder.

    Raises
    ------
    InvalidInput
        There is no such manifest, or it does not hold the value.
    """
    path = folder / NAME
    try:
        return json.loads(path.read_text(encoding="utf-8"))[key]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidInput(str(path), [f"cannot be read for its {key} ({error})"]) from error


def is_inside(name: str) -> bool:
    """Whether a relative path stays inside the folder that it starts from."""
    path = Path(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts
