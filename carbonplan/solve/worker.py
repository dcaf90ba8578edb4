"""The process that solves: ``python -m carbonplan.solve.worker FOLDER [MEMORY_GB]``.

Reads ``arrays.npz`` and ``job.json``, writes progress as JSON lines to standard output,
``incumbent.npz`` at every better plan, and ``outcome.npz`` at the end. A line on standard input
asks it to stop with the best plan; the end of standard input means that the parent is gone.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import IO

from carbonplan.solve.archive import load_arrays, load_job, save_incumbent, save_outcome
from carbonplan.solve.job import Incumbent, Listener, Outcome
from carbonplan.solve.limits import Progress
from carbonplan.solve.status import Claim

ORPHANED = 3
BYTES_PER_GB = 1e9


def main(folder: Path, memory_gb: float | None = None) -> None:
    """Solve the job of a folder and end the process."""
    messages = _message_stream()
    stop = threading.Event()
    threading.Thread(target=_obey, args=(stop,), daemon=True).start()
    try:
        outcome = _solve(folder, _listener(folder, messages, stop), memory_gb)
    except MemoryError:
        outcome = Outcome(Claim.OUT_OF_MEMORY)
    save_outcome(folder / "outcome.npz", outcome)
    os._exit(0)  # the answer is on disk: nothing that a destructor does may spoil it


def _solve(folder: Path, listener: Listener, memory_gb: float | None) -> Outcome:
    from carbonplan.solve.strategy import attempt

    if memory_gb is not None:
        _limit_memory(memory_gb)
    arrays = load_arrays(folder / "arrays.npz")
    return attempt(arrays, load_job(folder / "job.json"), listener, folder / "highs.log")


def _limit_memory(memory_gb: float) -> None:
    """Bound the address space where the system can: an allocation beyond it fails."""
    try:
        import resource
    except ImportError:
        return
    size = int(memory_gb * BYTES_PER_GB)
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def _listener(folder: Path, messages: IO[str], stop: threading.Event) -> Listener:
    def tell(progress: Progress) -> None:
        messages.write(json.dumps(asdict(progress)) + "\n")
        messages.flush()

    def keep(incumbent: Incumbent) -> None:
        save_incumbent(folder / "incumbent.npz", incumbent)

    return Listener(stop.is_set, tell, keep)


def _obey(stop: threading.Event) -> None:
    """Set the flag at the first message; leave when the parent has gone."""
    for _message in sys.stdin:
        stop.set()
    os._exit(ORPHANED)


def _message_stream() -> IO[str]:
    """Keep standard output for messages: whatever else is printed goes to standard error."""
    messages = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return messages


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(float, sys.argv[2:]))
