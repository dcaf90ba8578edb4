"""Functions that numba compiles, and where their machine code is kept between runs.

One function is kept on disk: the event loop with everything it calls inside. numba notices that
its own file has changed, not those that it calls; so the folder is named by a hash of all files
that hold compiled code. It lies in the user's cache (``$XDG_CACHE_HOME``, else ``~/.cache``),
or where there is none to write to in the temporary folder, readable for its owner alone: an
installation may be read-only and a user without a home. Where nothing can be written the code
is compiled anew in each process.
"""

from __future__ import annotations

import functools
import hashlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from carbonplan.errors import MissingDependency

try:
    import numba
except ImportError as error:
    raise MissingDependency(
        f"a replay needs numba: pip install 'carbonplan[replay]' ({error})"
    ) from error

SOURCES = (
    *("arrays", "batches", "clocks", "compiled", "engine", "queues", "routing", "steps"),
    *("transfers", "world"),
)
FOLDER = "carbonplan/replay"
OWNER_ONLY = 0o700
ERRORS = "numpy"  # a division by zero gives infinity: nothing checks for it


def compiled(function: Callable) -> Callable:
    """Compile a function that only compiled code calls.

    Without the wrappers through which Python would call it compiling takes half as long; its
    ``py_func`` is the function as it is written.
    """
    return numba.njit(error_model=ERRORS, no_cpython_wrapper=True, no_cfunc_wrapper=True)(
        function
    )


def kept(function: Callable) -> Callable:
    """Compile a function and keep its machine code for later runs."""
    folder = cache_folder()
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder or before)
    try:
        return numba.njit(error_model=ERRORS, cache=folder is not None)(function)
    finally:
        numba.config.CACHE_DIR = before


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let one process compile while others wait, and then find what it has kept."""
    folder = cache_folder()
    with _locked(folder / "lock") if folder else nullcontext():
        yield


@functools.cache
def cache_folder() -> Path | None:
    """Folder of the machine code of these sources; None where nothing can be written."""
    name = f"{FOLDER}/{sources_hash()}"
    for base in _bases():
        with suppress(OSError):
            folder = base / name
            folder.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
            if _is_ours(folder, base):
                tempfile.TemporaryFile(dir=folder).close()
                return folder
    return None


def sources_hash() -> str:
    """Hash of all files that hold compiled code."""
    found = hashlib.sha256()
    for name in SOURCES:
        found.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    return found.hexdigest()[:16]


def _bases() -> Iterator[Path]:
    """Folders in which a cache may lie, best first."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    if named.startswith("/"):
        yield Path(named)
    with suppress(RuntimeError):  # there is no home
        yield Path.home() / ".cache"
    user = os.getuid() if hasattr(os, "getuid") else "user"
    yield Path(tempfile.gettempdir()) / f"carbonplan-{user}"


def _is_ours(folder: Path, base: Path) -> bool:
    """Whether nobody else can have left code in a folder: what is kept is run as it is."""
    if not hasattr(os, "getuid"):
        return True
    above = folder.parents[: len(folder.relative_to(base).parts)]
    mine = all(one.lstat().st_uid == os.getuid() for one in (folder, *above))
    return mine and not folder.lstat().st_mode & (stat.S_IWGRP | stat.S_IWOTH)


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Hold a lock that ends with the process; none where the system has no such locks."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
