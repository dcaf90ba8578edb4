"""A folder appears whole or not at all, also when the disk fills or the process is killed.

Everything is written to ``.tmp-<name>-<pid>`` beside the target, forced to disk, and renamed. A
folder that stood there is moved to ``.tmp-<name>-<pid>.old`` first and moved back if the rename
fails; where a kill fell between the two renames, the next run moves it back. A lock on
``.lock-<name>`` keeps a second run off the same target (POSIX file locks and folder syncs).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from carbonplan.errors import EnvironmentFailed, UsageError

OLD = ".old"


def write_folder(
    folder: Path, files: Iterable[tuple[str, bytes]], *, overwrite: bool = False
) -> None:
    """Write files, named by their path inside the folder, whole or not at all.

    ``files`` is drawn one at a time while writing, so a later file may state the hashes of
    earlier ones.

    Raises
    ------
    UsageError
        The folder exists and ``overwrite`` is false, or another run is writing it.
    EnvironmentFailed
        The disk, a permission or a limit stopped the writing; nothing is left behind.
    """
    folder = folder.resolve()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _locked(folder):
            _clean(folder)
            _refuse_existing(folder, overwrite=overwrite)
            _write(folder, files)
    except OSError as error:
        where = error.filename or folder
        raise EnvironmentFailed(
            f"could not write {folder}: {error.strerror or error} ({where})"
        ) from error


def write_file(path: Path, content: bytes, *, overwrite: bool = False) -> None:
    """Write one file, whole or not at all.

    Raises
    ------
    UsageError
        Something lies there and ``overwrite`` is false, or it is a folder.
    EnvironmentFailed
        The disk, a permission or a limit stopped the writing; the old file or the new one is
        there, whole.
    """
    if path.is_dir():
        raise UsageError(f"{path} is a folder")
    if path.exists() and not overwrite:
        raise UsageError(f"{path} exists already; --overwrite replaces it")
    path = path.resolve()
    temporary = path.with_name(f".tmp-{path.name}-{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)
        _write_file(temporary, content)
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        reason = error.strerror or error
        raise EnvironmentFailed(f"could not write {path}: {reason}") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _refuse_existing(folder: Path, *, overwrite: bool) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UsageError(f"{folder} exists and is not a folder")
    if not overwrite:
        raise UsageError(f"{folder} exists already; --overwrite replaces it")


def _write(folder: Path, files: Iterable[tuple[str, bytes]]) -> None:
    temporary = folder.with_name(f".tmp-{folder.name}-{os.getpid()}")
    try:
        temporary.mkdir()
        folders = {temporary}
        for name, content in files:
            path = temporary / name
            path.parent.mkdir(parents=True, exist_ok=True)
            folders.update(above for above in path.parents if above.is_relative_to(temporary))
            _write_file(path, content)
        for written in sorted(folders, reverse=True):
            _sync_folder(written)
        _swap_in(temporary, folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _write_file(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    except OSError as error:
        reason = f"{error.strerror} writing {len(content)} bytes"
        raise OSError(error.errno, reason, str(path)) from error
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(folder)) from error
    finally:
        os.close(descriptor)


def _swap_in(temporary: Path, folder: Path) -> None:
    """Rename the new folder into place; the old one comes back if that fails."""
    old = temporary.with_name(temporary.name + OLD)
    had_old = folder.exists()
    if had_old:
        folder.rename(old)
    try:
        temporary.rename(folder)
        _sync_folder(folder.parent)
    except BaseException:
        if folder.exists():
            folder.rename(temporary)
        if had_old:
            old.rename(folder)
        raise
    if had_old:
        _discard(old, temporary)


def _discard(old: Path, trash: Path) -> None:
    """Remove the old folder; what cannot be removed is at least not put back later."""
    with suppress(OSError):
        old.rename(trash)
    shutil.rmtree(trash, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)


def _clean(folder: Path) -> None:
    """Remove what killed runs left of this folder, and put an old folder back into place."""
    prefix = f".tmp-{folder.name}-"
    for leftover in sorted(folder.parent.glob(f"{_escaped(prefix)}*")):
        pid = leftover.name.removeprefix(prefix).removesuffix(OLD)
        if not pid.isdigit() or (int(pid) != os.getpid() and _alive(int(pid))):
            continue
        if leftover.name.endswith(OLD) and not folder.exists():
            leftover.rename(folder)
        else:
            shutil.rmtree(leftover, ignore_errors=True)


def _escaped(name: str) -> str:
    """A name as a pattern that matches itself alone."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in name)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a target folder; the system drops it if the process dies."""
    import fcntl

    path = folder.with_name(f".lock-{folder.name}")
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise UsageError(f"another run is writing {folder}") from None
        if _is_file(path, descriptor):
            break
        os.close(descriptor)  # its last holder removed the file meanwhile
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def _is_file(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
