"""Answers kept between runs, so that a plan can be made again, and without a network.

An entry is one file: a line with its key, hash and time, then the answer. It appears whole or
not at all; one that is damaged, or of another key, counts as absent. Keys hold no secrets.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

FOLDER = "carbonplan/providers"
OWNER_ONLY_FOLDER, OWNER_ONLY_FILE = 0o700, 0o600
MOST_BYTES = 60_000_000
LATEST_S = 4e9  # of the clock: the year 2096


@dataclass(frozen=True)
class Kept:
    """An answer of an earlier run."""

    body: bytes
    at_s: float  # since 1970


class Cache:
    """Answers by key in a folder.

    Attributes
    ----------
    trouble
        Why nothing is kept, in one line; empty while all is well.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self.trouble = "" if folder else "no cache: there is no home folder to keep it in"

    def get(self, key: str) -> Kept | None:
        """What is kept under a key, if it is whole."""
        path = self._path(key)
        if path is None:
            return None
        try:
            with path.open("rb") as file:
                content = file.read(MOST_BYTES + 1)
        except OSError:
            return None
        return _kept(content, key)

    def put(self, key: str, body: bytes, at_s: float) -> None:
        """Keep an answer; where that fails, ``trouble`` says why and the work goes on."""
        path = self._path(key)
        if path is None:
            return
        head = {"key": key, "sha256": hashlib.sha256(body).hexdigest(), "at_s": at_s}
        temporary = path.with_name(f".tmp-{path.name}-{os.getpid()}")
        try:
            path.parent.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
            _write(temporary, json.dumps(head).encode() + b"\n" + body)
            temporary.replace(path)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            self.trouble = f"no cache: {path.parent} cannot be written ({error.strerror})"

    def drop(self, key: str) -> None:
        """Forget an entry that turned out to be of no use."""
        path = self._path(key)
        if path is not None:
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path | None:
        if self._folder is None:
            return None
        return self._folder / f"{hashlib.sha256(key.encode()).hexdigest()[:40]}.answer"


def cache_folder(environment: Mapping[str, str]) -> Path | None:
    """Folder for answers after the XDG rules; ``None`` without a home."""
    named, home = environment.get("XDG_CACHE_HOME", ""), environment.get("HOME", "")
    if named and Path(named).is_absolute():
        return Path(named) / FOLDER
    return Path(home) / ".cache" / FOLDER if home else None


def _write(path: Path, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    descriptor = os.open(path, flags, OWNER_ONLY_FILE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _kept(content: bytes, key: str) -> Kept | None:
    head, _, body = content.partition(b"\n")
    try:
        said = json.loads(head)
        whole = said["key"] == key and said["sha256"] == hashlib.sha256(body).hexdigest()
        at_s = float(said["at_s"])
        return Kept(body, at_s) if whole and 0 <= at_s <= LATEST_S else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
