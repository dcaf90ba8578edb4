"""Bytes of a file to text: a regular file, of bounded size, in UTF-8."""

from __future__ import annotations

import gzip
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from carbonplan.catalogue.shipped import shown
from carbonplan.errors import EnvironmentFailed, InvalidInput

BYTES_PER_MB = 1_000_000
GZIP_MAGIC = b"\x1f\x8b"


def read_text(path: Path, limit_bytes: int) -> str:
    """Text of a file; a name ending in ``.gz`` is inflated, counting what comes out.

    Parameters
    ----------
    path
        A regular file; a byte order mark is dropped.
    limit_bytes
        The most bytes of text that are ever held [bytes].
    """
    data = _read_bytes(path, limit_bytes)
    if len(data) > limit_bytes:
        raise InvalidInput(
            shown(path),
            [f"holds more than {limit_bytes / BYTES_PER_MB:g} MB, the most that is read"],
        )
    return _decoded(path, data)


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Bytes of a regular file, inflated where its name ends in ``.gz``; errors in words."""
    try:
        with _file(path) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise InvalidInput(shown(path), ["is not a regular file"])
            if path.suffix != ".gz":
                yield file
                return
            with gzip.open(file) as inflated:
                yield inflated
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InvalidInput(shown(path), [f"is not a whole gzip file: {error}"]) from None
    except FileNotFoundError:
        raise InvalidInput(shown(path), ["does not exist"]) from None
    except IsADirectoryError:
        raise InvalidInput(shown(path), ["is a folder; expected a file"]) from None
    except OSError as error:
        raise EnvironmentFailed(f"{shown(path)}: {error.strerror or error}") from error


def refuse_nested(path: Path, start: bytes) -> None:
    """What was inflated may not be compressed again."""
    if path.suffix == ".gz" and start.startswith(GZIP_MAGIC):
        raise InvalidInput(shown(path), ["holds gzip inside gzip; expected text"])


def _read_bytes(path: Path, limit_bytes: int) -> bytes:
    """At most one byte more than the limit, so that the caller sees that there is more."""
    with opened(path) as file:
        data = file.read(limit_bytes + 1)
    refuse_nested(path, data)
    return data


def _file(path: Path) -> BinaryIO:
    try:
        return open(path, "rb", opener=_open_without_waiting)
    except ValueError:
        raise InvalidInput(repr(str(path)), ["is not the name of a file"]) from None


def _open_without_waiting(path: str, flags: int) -> int:
    """A pipe must be refused, not waited for."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _decoded(path: Path, data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidInput(
            shown(path), [f"line {line}: bytes that are not UTF-8; save the file as UTF-8"]
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InvalidInput(shown(path), [f"line {line}: a NUL byte; expected text in UTF-8"])
    return text
