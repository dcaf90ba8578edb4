"""Which files a scenario may name, and reading them without being led astray.

A reference is resolved first and judged after, so that neither ``..`` nor a symbolic link
leads out of the folders that are allowed. Only regular files are read, and never more of one
than a limit.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from carbonplan.errors import EnvironmentFailed, nearest
from carbonplan.scenario.wording import quoted, shown


def locate(reference: str, folder: Path, allowed_folders: Sequence[Path] = ()) -> Path:
    """Resolved path of a file that a scenario names; the ValueError is a full sentence.

    Parameters
    ----------
    reference
        Path as written: relative, or absolute into one of the folders.
    folder
        Folder of the file in which it was written; looked into first.
    allowed_folders
        Other folders in which the file may lie; looked into next.
    """
    written = shown(reference)
    if reference.startswith("~") or set(reference) & set(":\0"):
        raise ValueError(f"found {written}, expected a path relative to the scenario's folder")
    roots = [resolved(root) for root in (folder, *allowed_folders)]
    candidates = [resolved(root / reference) for root in roots]
    inside = [c for c in candidates if any(c.is_relative_to(root) for root in roots)]
    if not inside:
        raise ValueError(
            f"{written} lies outside the scenario's folder; --allow-path opens others"
        )
    for candidate in inside:
        if candidate.exists():
            return candidate
    raise ValueError(f"no file {written}{nearest_file(inside[0])}")


def resolved(path: Path) -> Path:
    """The path without links; ValueError where there is no such path."""
    try:
        found = path.resolve()
        found.exists()  # a name too long for the file system shows only here
    except (OSError, RuntimeError, ValueError) as error:
        raise ValueError(f"no file {quoted(str(path))} ({type(error).__name__})") from None
    return found


def nearest_file(path: Path) -> str:
    """``; nearest: "chat.yaml"`` for a file that is not there."""
    try:
        return nearest(path.name, (other.name for other in path.parent.iterdir()))
    except OSError:
        return ""


def read_bytes(path: Path, limit: int) -> bytes:
    """Content of a regular file, of which at most ``limit`` + 1 bytes are ever read.

    ``ValueError`` says what is wrong with the file, ``EnvironmentFailed`` with the machine.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise ValueError(f"no such file{nearest_file(path)}") from None
    except OSError as error:
        raise EnvironmentFailed(f"{path}: cannot be opened: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ValueError("not a regular file")
    with os.fdopen(descriptor, "rb") as file:
        try:
            content = file.read(limit + 1)
        except OSError as error:
            raise EnvironmentFailed(f"{path}: cannot be read: {error.strerror}") from None
    if len(content) > limit:
        raise ValueError(f"larger than {limit:,} bytes; series belong in CSV files beside it")
    return content
