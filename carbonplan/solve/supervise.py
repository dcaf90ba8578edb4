"""The parent of the workers: starts them, watches the clock, passes on signals, cleans up."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import IO

import carbonplan
from carbonplan.solve.archive import load_incumbent, load_outcome, save_arrays, save_job
from carbonplan.solve.arrays import Arrays
from carbonplan.solve.job import Incumbent, Job, Outcome, Report
from carbonplan.solve.ladder import AttemptLost
from carbonplan.solve.limits import Progress
from carbonplan.solve.signals import Flag
from carbonplan.solve.status import Claim

GRACE_S = 2.0  # after the time limit, before the worker is asked to stop
PATIENCE_AFTER_LIMIT_S = (0.0, 3.0, 8.0)  # from then on: a message, SIGTERM, SIGKILL
PATIENCE_AFTER_SIGNAL_S = (0.0, 2.0, 4.0)
POLL_S = 0.05
END_S = 1.0
LOG_CHARACTERS = 300


@dataclass
class Workers:
    """Runs each attempt in a worker process of its own."""

    memory_gb: float | None
    report: Report | None
    folder: Path | None
    flag: Flag
    _attempts: list[Path] = field(default_factory=list, init=False)
    _bound: float | None = field(default=None, init=False)  # best that any attempt reported
    _temporary: tempfile.TemporaryDirectory | None = field(default=None, init=False)

    def __enter__(self) -> Workers:
        """Make the folder."""
        if self.folder is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="carbonplan-")
            self.folder = Path(self._temporary.name)
        self.folder = self.folder.absolute()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Remove the folder if it is a temporary one."""
        if self._temporary is not None:
            self._temporary.cleanup()

    def run(self, arrays: Arrays, job: Job, *, heedless: bool = False) -> Outcome:
        """Return what a worker claims, or raise :class:`AttemptLost`."""
        folder = self.folder / f"attempt-{len(self._attempts) + 1}"
        folder.mkdir(parents=True, exist_ok=True)
        for leftover in folder.glob("*.npz"):
            leftover.unlink()
        self._attempts.append(folder)
        save_arrays(folder / "arrays.npz", arrays)
        save_job(folder / "job.json", job)
        with _started(folder, self.memory_gb) as worker:
            flag = Flag() if heedless else self.flag
            self._watch(worker, job.seconds, flag, is_program=not heedless)
        if worker.returncode == 0 and (folder / "outcome.npz").exists():
            return self._ended(load_outcome(folder / "outcome.npz"))
        raise AttemptLost(_obituary(worker.returncode, folder / "worker.log"))

    def _ended(self, outcome: Outcome) -> Outcome:
        """The outcome; a worker that was told to stop for its time was not interrupted."""
        if outcome.claim is Claim.INTERRUPTED and not self.flag:
            return replace(outcome, claim=Claim.STOPPED)
        return outcome

    def incumbent(self) -> Incumbent | None:
        """Return the best plan that any attempt has saved, with the best bound reported."""
        saved = [load_incumbent(folder / "incumbent.npz") for folder in self._attempts]
        plans = [incumbent for incumbent in saved if incumbent is not None]
        if not plans:
            return None
        best = min(plans, key=lambda incumbent: incumbent.objective)
        bounds = [bound for bound in (best.bound, self._bound) if bound is not None]
        return replace(best, bound=max(bounds, default=None))

    def interrupted(self) -> bool:
        """Whether a signal asked to stop."""
        return bool(self.flag)

    def _watch(
        self, worker: subprocess.Popen, seconds: float, flag: Flag, *, is_program: bool
    ) -> None:
        """Pass on progress until the worker ends, and see to it that it does."""
        lines: queue.Queue[bytes | None] = queue.Queue()
        threading.Thread(target=_read, args=(worker.stdout, lines), daemon=True).start()
        limit = time.monotonic() + seconds + GRACE_S
        stops: Iterator[tuple[float, int | None]] | None = None
        due, number = limit, None
        while True:
            line = _next(lines)
            if line is None:
                return
            if line.endswith(b"\n"):  # a worker that was killed may leave half a line
                self._heard(Progress(**json.loads(line)), is_program)
            now = time.monotonic()
            if stops is None and (flag or now > limit):
                patience = PATIENCE_AFTER_SIGNAL_S if flag else PATIENCE_AFTER_LIMIT_S
                stops = _stops(now, patience)
                due, number = next(stops)
            if stops is not None and now >= due:
                _stop(worker, number)
                due, number = next(stops, (float("inf"), None))

    def _heard(self, progress: Progress, is_program: bool) -> None:
        """Keep the bound and report; a reader that has gone (``| head``) ends no solve."""
        if is_program and progress.bound is not None:
            known = progress.bound if self._bound is None else self._bound
            self._bound = max(progress.bound, known)
        if self.report is None:
            return
        try:
            self.report(progress)
        except OSError:
            self.report = None


@contextlib.contextmanager
def _started(folder: Path, memory_gb: float | None) -> Iterator[subprocess.Popen]:
    """Start a worker in a process group of its own; it never outlives the block."""
    package = str(Path(carbonplan.__file__).resolve().parents[1])
    paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
    with (folder / "worker.log").open("wb") as log:
        worker = subprocess.Popen(
            _command(folder, memory_gb),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
            start_new_session=True,
        )
    try:
        yield worker
    except BaseException:
        worker.kill()
        raise
    finally:
        _end(worker)


def _command(folder: Path, memory_gb: float | None) -> list[str]:
    memory = [] if memory_gb is None else [str(memory_gb)]
    return [sys.executable, "-P", "-m", "carbonplan.solve.worker", str(folder), *memory]


def _end(worker: subprocess.Popen) -> None:
    try:
        worker.wait(END_S)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()
    worker.stdout.close()
    with contextlib.suppress(OSError):
        worker.stdin.close()


def _read(stream: IO[bytes], lines: queue.Queue[bytes | None]) -> None:
    with contextlib.suppress(ValueError):  # closed while reading: the worker was ended
        for line in stream:
            lines.put(line)
    lines.put(None)


def _next(lines: queue.Queue[bytes | None]) -> bytes | None:
    """Next message; empty if none came in time, None at the end."""
    try:
        return lines.get(timeout=POLL_S)
    except queue.Empty:
        return b""


def _stops(
    start: float, patience_s: tuple[float, float, float]
) -> Iterator[tuple[float, int | None]]:
    """When to stop a worker and how: a message (None), SIGTERM, SIGKILL."""
    ways = (None, signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM))
    for seconds, way in zip(patience_s, ways, strict=True):
        yield start + seconds, way


def _stop(worker: subprocess.Popen, number: int | None) -> None:
    if number is not None:
        worker.send_signal(number)
        return
    with contextlib.suppress(OSError):
        worker.stdin.write(b"stop\n")
        worker.stdin.flush()


def _obituary(returncode: int, log: Path) -> str:
    """How a worker ended, with the last it said."""
    last = log.read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2]
    how = f"exit code {returncode}"
    if returncode < 0:
        how = f"signal {-returncode} ({signal.strsignal(-returncode)})"
    said = f": {last[:LOG_CHARACTERS]}" if last else ""
    return f"the worker ended by {how}{said}"
