"""Worker processes that take one task after the other, watched from outside.

A process that dies takes one task with it and no other; one that outstays a task's limit is
killed. Both are told as failures, and a fresh process takes its place.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import carbonplan
from carbonplan.compare.records import Failure
from carbonplan.compare.tasks import Answer, Task, message_of
from carbonplan.errors import EnvironmentFailed, StoppedWithoutPlan
from carbonplan.solve.limits import Progress

POLL_S = 0.2
MOST_SERVED = 500  # tasks of a process, so that nothing it gathers grows for ever
LOG_CHARACTERS = 300
END_S = 1.0  # for the last words of a worker that has ended


@dataclass(frozen=True)
class Started:
    """A worker has taken a task."""

    task: Task


@dataclass(frozen=True)
class Progressed:
    """Where the solve of a task stands."""

    task: Task
    progress: Progress


@dataclass(frozen=True)
class Ended:
    """What came of a task."""

    task: Task
    answer: Answer

    @property
    def is_lost(self) -> bool:
        """Whether the process died before it said anything."""
        return self.answer.failure is not None and self.answer.failure.kind == "Lost"


Event = Started | Progressed | Ended
Said = tuple["_Worker", bytes | None]


@dataclass(eq=False)
class _Worker:
    """A process, and the task that it has."""

    process: subprocess.Popen
    log: Path
    reader: threading.Thread | None = None
    task: Task | None = None
    due: float = float("inf")
    served: int = 0


@dataclass
class Pool:
    """As many workers as are asked for, started when they are needed.

    Parameters
    ----------
    command
        Of a process that calls ``carbonplan.compare.worker.serve``.
    jobs
        Tasks at the same time.
    """

    command: Sequence[str]
    jobs: int
    _workers: list[_Worker] = field(default_factory=list, init=False)
    _said: queue.SimpleQueue[Said] = field(default_factory=queue.SimpleQueue, init=False)
    _folder: tempfile.TemporaryDirectory | None = field(default=None, init=False)
    _started: int = field(default=0, init=False)

    def __enter__(self) -> Pool:
        """Make the folder of temporary files of all workers."""
        self._folder = tempfile.TemporaryDirectory(
            prefix="carbonplan-compare-", ignore_cleanup_errors=True
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End every worker at once; what it has written stays, what it has not is lost."""
        for worker in self._workers:
            _end(worker)
        self._workers.clear()
        self._folder.cleanup()

    def run(self, tasks: Iterable[Task], jobs: int | None = None) -> Iterator[Event]:
        """Do tasks, at most ``jobs`` at a time; events as they come."""
        waiting = deque(tasks)
        most = self.jobs if jobs is None else min(jobs, self.jobs)
        while waiting or self._busy():
            while waiting and len(self._busy()) < most:
                yield self._give(waiting.popleft())
            yield from self._heard()
            yield from self._overdue()

    def _busy(self) -> list[_Worker]:
        return [worker for worker in self._workers if worker.task is not None]

    def _give(self, task: Task) -> Event:
        """Hand a task to an idle worker, or to a new one."""
        idle = (worker for worker in self._workers if worker.task is None)
        worker = next(idle, None) or self._new()
        worker.task = task
        worker.due = float("inf") if task.limit_s is None else time.monotonic() + task.limit_s
        with contextlib.suppress(OSError):  # it died meanwhile: its end will be heard
            worker.process.stdin.write(task.line())
            worker.process.stdin.flush()
        return Started(task)

    def _heard(self) -> Iterator[Event]:
        """What the next message of any worker means."""
        try:
            worker, line = self._said.get(timeout=POLL_S)
        except queue.Empty:
            return
        if worker not in self._workers:
            return
        if line is None:
            yield from self._gone(worker)
        elif line.endswith(b"\n") and worker.task is not None:
            try:
                message = message_of(line)
            except (ValueError, KeyError, TypeError):
                self._remove(worker)
                yield _lost(worker.task, "its process said what is no message")
                return
            if isinstance(message, Progress):
                yield Progressed(worker.task, message)
            else:
                yield self._done(worker, message)

    def _done(self, worker: _Worker, answer: Answer) -> Event:
        task, worker.task = worker.task, None
        worker.served += 1
        out_of_memory = answer.failure is not None and "memory" in answer.failure.message
        if worker.served >= MOST_SERVED or out_of_memory:
            self._remove(worker)
        return Ended(task, answer)

    def _gone(self, worker: _Worker) -> Iterator[Event]:
        """A worker has ended; its task, if it had one, is lost."""
        self._remove(worker)
        if worker.task is not None:
            yield _lost(worker.task, _obituary(worker))

    def _overdue(self) -> Iterator[Event]:
        now = time.monotonic()
        for worker in [worker for worker in self._workers if now > worker.due]:
            if worker.task is None:
                continue
            self._remove(worker)
            words = f"no answer after {worker.task.limit_s:g} s; its process was ended"
            code = StoppedWithoutPlan.exit_code
            yield Ended(worker.task, Answer(failure=Failure("Hung", code, words)))

    def _remove(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        _end(worker)

    def _new(self) -> _Worker:
        """Start a process in a session of its own: Ctrl-C reaches the sweep alone."""
        self._started += 1
        log = Path(self._folder.name) / f"worker-{self._started}.log"
        package = str(Path(carbonplan.__file__).resolve().parents[1])
        paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {"PYTHONPATH": os.pathsep.join(paths), "TMPDIR": self._folder.name}
        with log.open("wb") as errors:
            process = subprocess.Popen(
                [sys.executable, "-P", *self.command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=os.environ | environment,
                start_new_session=True,
            )
        worker = _Worker(process, log)
        self._workers.append(worker)
        worker.reader = threading.Thread(target=_read, args=(worker, self._said), daemon=True)
        worker.reader.start()
        return worker


def _lost(task: Task, words: str) -> Ended:
    return Ended(task, Answer(failure=Failure("Lost", EnvironmentFailed.exit_code, words)))


def _read(worker: _Worker, said: queue.SimpleQueue[Said]) -> None:
    with worker.process.stdout as messages:
        for line in messages:
            said.put((worker, line))
    said.put((worker, None))


def _end(worker: _Worker) -> None:
    """Kill a worker; the solver's process that it started leaves when its input ends."""
    with contextlib.suppress(OSError):
        worker.process.kill()
    worker.process.wait()
    with contextlib.suppress(OSError):
        worker.process.stdin.close()
    worker.reader.join(END_S)


def _obituary(worker: _Worker) -> str:
    """How a worker ended, with the last that it said."""
    code = worker.process.returncode
    how = f"exit code {code}"
    if code < 0:
        how = f"signal {-code} ({signal.strsignal(-code)})"
    try:
        last = worker.log.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        last = ""
    last = last.rpartition("\n")[2][:LOG_CHARACTERS]
    return f"its process ended by {how}" + (f": {last}" if last else "")
