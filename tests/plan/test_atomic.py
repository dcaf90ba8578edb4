"""A folder appears whole or not at all, whatever fails and whenever."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from carbonplan.errors import EnvironmentFailed, UsageError
from carbonplan.plan.atomic import write_file, write_folder

NEW = {"a.txt": b"new a", "tables/b.csv": b"new b" * 1000}
CALLS = ("write", "fsync", "rename", "open", "mkdir", "close")


def contents(folder) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


class FailingCall:
    """The n-th call of any of some functions of ``os`` fails."""

    def __init__(self, monkeypatch, n: int, number: int, names=CALLS[:5]) -> None:
        self.left, self.failed = n, False
        for name in names:
            monkeypatch.setattr(os, name, self.counting(getattr(os, name), number))

    def counting(self, call, number: int):
        def counted(*args, **kwargs):
            self.left -= 1
            if self.left == 0:
                self.failed = True
                raise OSError(number, os.strerror(number), str(args[0]))
            return call(*args, **kwargs)

        return counted


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EACCES])
@pytest.mark.parametrize("exists", [False, True])
def test_any_call_may_fail(tmp_path, number, exists):
    """For n = 1, 2, ... until nothing fails: exit 9, nothing left behind, the old one whole."""
    target = tmp_path / "plan"
    old = {"a.txt": b"old"}
    if exists:
        write_folder(target, old.items())
    for n in range(1, 100):
        with pytest.MonkeyPatch.context() as monkeypatch:
            call = FailingCall(monkeypatch, n, number)
            try:
                write_folder(target, NEW.items(), overwrite=True)
                error = None
            except EnvironmentFailed as raised:
                error = raised
        if not call.failed:
            break
        if error is None:  # what failed was not needed: to clear the old folder away, say
            assert contents(target) == NEW
            shutil.rmtree(target)
            if exists:
                write_folder(target, old.items())
            continue
        assert str(tmp_path) in str(error)
        assert os.strerror(number) in str(error)
        assert [path.name for path in tmp_path.iterdir()] == ["plan"] * exists
        assert not exists or contents(target) == old
    assert n > 10
    assert contents(target) == NEW
    assert [path.name for path in tmp_path.iterdir()] == ["plan"]


@pytest.mark.parametrize("exists", [False, True])
def test_a_file_is_written_whole_or_not_at_all(tmp_path, exists):
    """Whichever call fails, the old file or the new one is there, and nothing beside it."""
    target = tmp_path / "baseline.json"
    for n in range(1, 20):
        if exists:
            target.write_bytes(b"old")
        with pytest.MonkeyPatch.context() as monkeypatch:
            call = FailingCall(monkeypatch, n, errno.ENOSPC, (*CALLS[:5], "replace"))
            with contextlib.suppress(EnvironmentFailed):
                write_file(target, b"new", overwrite=True)
        if not call.failed:
            break
        assert set(tmp_path.iterdir()) <= {target}
        if target.exists():
            assert target.read_bytes() in (b"old", b"new")
    assert n > 3
    assert target.read_bytes() == b"new"


def test_a_file_is_not_replaced_unasked(tmp_path):
    target = tmp_path / "baseline.json"
    write_file(target, b"old")
    with pytest.raises(UsageError, match="--overwrite"):
        write_file(target, b"new")
    with pytest.raises(UsageError, match="is a folder"):
        write_file(tmp_path, b"new", overwrite=True)
    assert target.read_bytes() == b"old"


def test_a_limit_on_file_size_is_no_plan(tmp_path):
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, hard))
    try:
        with pytest.raises(EnvironmentFailed, match="writing 5000 bytes"):
            write_folder(tmp_path / "plan", NEW.items())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert list(tmp_path.iterdir()) == []


def test_what_the_caller_raises_leaves_nothing(tmp_path):
    def files():
        yield "a.txt", b"a"
        raise RuntimeError("no table")

    with pytest.raises(RuntimeError, match="no table"):
        write_folder(tmp_path / "plan", files())
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_never_replaced(tmp_path):
    (tmp_path / "plan").write_text("mine")
    with pytest.raises(UsageError, match="not a folder"):
        write_folder(tmp_path / "plan", NEW.items(), overwrite=True)
    assert (tmp_path / "plan").read_text() == "mine"


def test_a_second_run_on_the_same_folder_is_refused(tmp_path):
    with (tmp_path / ".lock-plan").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(UsageError, match="another run"):
            write_folder(tmp_path / "plan", NEW.items())
    write_folder(tmp_path / "plan", NEW.items())
    assert [path.name for path in tmp_path.iterdir()] == ["plan"]


def test_leftovers_of_dead_runs_are_cleared(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    alive = os.getppid()
    for name in (
        f".tmp-plan-{dead.pid}",
        f".tmp-plan-{alive}",
        f".tmp-other-{dead.pid}",
        ".tmp-plan-notes",
    ):
        (tmp_path / name).mkdir()
    write_folder(tmp_path / "plan", NEW.items())
    assert {path.name for path in tmp_path.iterdir()} == {
        "plan",
        f".tmp-plan-{alive}",
        f".tmp-other-{dead.pid}",
        ".tmp-plan-notes",
    }


def test_a_folder_that_a_killed_run_had_moved_away_comes_back(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    moved = tmp_path / f".tmp-plan-{dead.pid}.old"
    write_folder(moved, {"a.txt": b"old"}.items())
    (tmp_path / f".tmp-plan-{dead.pid}").mkdir()
    with pytest.raises(UsageError, match="exists already"):
        write_folder(tmp_path / "plan", NEW.items())
    assert contents(tmp_path / "plan") == {"a.txt": b"old"}
    assert [path.name for path in tmp_path.iterdir()] == ["plan"]


SLOW = """
import os, sys, time
from pathlib import Path
from carbonplan.plan import atomic
for name in ("write", "fsync"):
    def slow(*args, call=getattr(os, name)):
        print(flush=True)
        time.sleep(0.05)
        return call(*args)
    setattr(os, name, slow)
rename = os.rename
def slow_rename(*args):
    print(flush=True)
    time.sleep(0.05)
    rename(*args)
os.rename = slow_rename
files = {"a.txt": b"new a", "b.txt": b"new b"}
atomic.write_folder(Path(sys.argv[1]), files.items(), overwrite=True)
"""


@pytest.mark.parametrize("boundary", [1, 3, 5, 7, 8])
def test_a_killed_run_leaves_the_folder_whole(tmp_path, boundary):
    """kill -9 at a write boundary: old or new, never half; the next run finds its feet."""
    target, old, new = (
        tmp_path / "plan",
        {"a.txt": b"old"},
        {"a.txt": b"new a", "b.txt": b"new b"},
    )
    write_folder(target, old.items())
    run = subprocess.Popen([sys.executable, "-c", SLOW, str(target)], stdout=subprocess.PIPE)
    for _ in range(boundary):
        run.stdout.readline()
    time.sleep(0.01)
    run.kill()
    run.wait()
    run.stdout.close()
    assert not target.exists() or contents(target) in (old, new)
    with pytest.raises(UsageError, match="exists already"):
        write_folder(target, NEW.items())
    assert contents(target) in (old, new)
    assert [path.name for path in tmp_path.iterdir()] == ["plan"]
