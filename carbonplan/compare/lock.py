"""A folder that one comparison at a time writes to (POSIX file locks)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from carbonplan.errors import EnvironmentFailed, UsageError

MARK = ".comparison"


def refuse_other(out: Path) -> None:
    """Before the work: a folder that holds something else than a comparison is left alone."""
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} exists and is not a folder")
    if out.is_dir() and any(out.iterdir()) and not (out / MARK).exists():
        raise UsageError(f"{out} holds something else than a comparison; give another folder")


@contextmanager
def held(out: Path) -> Iterator[None]:
    """Make the folder and hold it; the system lets it go if the process dies."""
    import fcntl

    refuse_other(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(out / MARK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise EnvironmentFailed(f"could not write {out}: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise UsageError(f"another comparison is writing {out}") from None
    finally:
        os.close(descriptor)
