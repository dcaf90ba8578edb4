"""Outputs of commands inside a document, written anew by running the commands.

A block stands between ``<!-- output of: carbonplan ... -->`` and ``<!-- end of output -->``.
"""

from __future__ import annotations

import io
import re
import shlex
from contextlib import redirect_stdout
from pathlib import Path

from carbonplan.cli.main import run
from carbonplan.errors import UsageError

OPENING, CLOSING = "<!-- output of: carbonplan ", "<!-- end of output -->"
BLOCK = re.compile(f"{OPENING}(.*?) -->\n.*?{CLOSING}", re.DOTALL)


def rewrite(document: Path) -> None:
    """Run the command of every block of a document and put what it prints into the block."""
    text = document.read_text(encoding="utf-8")
    document.write_text(BLOCK.sub(_block, text), encoding="utf-8")


def _block(found: re.Match[str]) -> str:
    command = found[1]
    printed = io.StringIO()
    with redirect_stdout(printed):
        code = run(shlex.split(command))
    if code:
        raise UsageError(f"carbonplan {command}: ended with exit code {code}")
    return (
        f"{OPENING}{command} -->\n\n"
        f"```console\n$ carbonplan {command}\n{printed.getvalue().rstrip()}\n```\n\n{CLOSING}"
    )
