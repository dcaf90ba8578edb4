"""Problems of a scenario as SARIF 2.1.0, which forges show at the lines that they speak of."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path, PurePath
from urllib.parse import quote

from carbonplan.report.wording import visible

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
VERSION = "2.1.0"
RULES = {
    "invalid-input": "A scenario or its data are invalid.",
    "no-plan": "No plan can meet the scenario.",
}
_PLACE = re.compile(r"(?:(?P<file>\S.*?) )?line (?P<line>\d{1,7})\b")


def sarif(
    rule: str,
    subject: str,
    problems: Sequence[str],
    *,
    version: str,
    folder: Path | None = None,
) -> bytes:
    """A log with a result for each problem; none clears what was shown before.

    Parameters
    ----------
    subject
        File that was read; a problem that names no other is one of it.
    version
        Of carbonplan.
    folder
        Root of the repository, which places are given from.  [default: the working folder]
    """
    root = Path.cwd() if folder is None else folder
    driver = {
        "name": "carbonplan",
        "version": version,
        "rules": [
            {"id": name, "shortDescription": {"text": text}} for name, text in RULES.items()
        ],
    }
    results = [_result(rule, subject, problem, root) for problem in problems]
    run = {"tool": {"driver": driver}, "results": results, "columnKind": "unicodeCodePoints"}
    log = {"$schema": SCHEMA, "version": VERSION, "runs": [run]}
    return (json.dumps(log, indent=2, allow_nan=False) + "\n").encode("ascii")


def _result(rule: str, subject: str, problem: str, root: Path) -> dict[str, object]:
    file, line = place(subject, problem)
    return {
        "ruleId": rule,
        "ruleIndex": list(RULES).index(rule),
        "level": "error",
        "message": {"text": visible(problem)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(file, root)},
                    "region": {"startLine": line},
                }
            }
        ],
    }


def place(subject: str, problem: str) -> tuple[str, int]:
    """File and line that a problem speaks of; the first line where it names none.

    >>> place("a.yaml", "line 9, workloads[chat].llm: x"), place("a.yaml", "b.yaml line 3: x")
    (('a.yaml', 9), ('b.yaml', 3))
    """
    match = _PLACE.match(problem)
    if match is None:
        return subject, 1
    beside = match["file"]
    file = subject if beside is None else str(PurePath(subject).parent / beside)
    return file, max(int(match["line"]), 1)


def _uri(file: str, root: Path) -> str:
    """A file from the root of the repository on; an address of its own outside of it."""
    path = Path(file)
    whole = path if path.is_absolute() else root / path
    if whole.is_relative_to(root):
        return quote(whole.relative_to(root).as_posix())
    return whole.as_uri()
