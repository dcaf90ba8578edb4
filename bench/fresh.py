"""``python -m bench.fresh module:function arguments.json result-file``: one call, alone."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path


def call(target: str, arguments: str, answer: str) -> None:
    """Call the function and leave what it returns in a file."""
    module, _, name = target.partition(":")
    result = getattr(import_module(module), name)(**json.loads(arguments))
    Path(answer).write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":  # a solve starts processes that import this module again
    call(*sys.argv[1:])
