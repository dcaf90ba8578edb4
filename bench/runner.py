"""Run one way at a time in a process of its own, and say what it took.

This process imports nothing but the standard library and stays small: a process started by a
large one would inherit its peak memory.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.places import ROOT

KB_PER_MB = 1000.0
MAIN = "import sys; from carbonplan.cli.main import main; sys.exit(main())"
SHOWN_LINES = 12


@dataclass(frozen=True)
class Run:
    """What one way took, once.

    Attributes
    ----------
    wall_s, cpu_s
        Of the whole process and of those it waited for, start of the interpreter included.
    peak_mb
        Largest resident memory of the largest of these processes [10⁶ bytes].
    result
        What the way itself has to say; ``seconds`` is the time that counts, if not the wall.
    """

    wall_s: float
    cpu_s: float
    peak_mb: float
    exit_code: int
    result: Mapping[str, object] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """The time that counts."""
        return float(self.result.get("seconds", self.wall_s))


Way = Callable[[], Run]


class WayFailed(RuntimeError):
    """A way ended with an exit code that was not expected."""


def fresh(call: str, **arguments: object) -> Run:
    """Call ``module:function`` in a fresh interpreter; it returns a mapping for JSON."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "result.json"
        run = timed([sys.executable, "-m", "bench.fresh", call, json.dumps(arguments), answer])
        result = json.loads(answer.read_text(encoding="utf-8"))
    return Run(run.wall_s, run.cpu_s, run.peak_mb, run.exit_code, result)


def carbonplan(*arguments: str | Path, codes: Sequence[int] = (0,)) -> Run:
    """Run the ``carbonplan`` command as its installed script does."""
    return timed([sys.executable, "-c", MAIN, *arguments], codes)


def timed(command: Sequence[str | Path], codes: Sequence[int] = (0,)) -> Run:
    """Run a command from the root of the repository."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        _, status, used = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - started
        process.returncode = code = os.waitstatus_to_exitcode(status)
        if code not in codes:
            errors.seek(0)
            last = "".join(errors.readlines()[-SHOWN_LINES:])
            raise WayFailed(f"{' '.join(map(str, command[1:]))}: exit code {code}\n{last}")
    cpu_s = used.ru_utime + used.ru_stime
    return Run(wall_s, cpu_s, used.ru_maxrss * 1024 / KB_PER_MB**2, code)


def interleaved(
    ways: Mapping[str, Way], *, rounds: int = 3, enough_s: float = 120.0
) -> dict[str, list[Run]]:
    """Run all ways in turn, round after round, until a round would begin after ``enough_s``."""
    runs: dict[str, list[Run]] = {name: [] for name in ways}
    started = time.perf_counter()
    for n in range(rounds):
        if n and time.perf_counter() - started > enough_s:
            break
        for name, way in ways.items():
            run = way()
            print(f"  {name}: {run.seconds:.2f} s, {run.peak_mb:.0f} MB", file=sys.stderr)
            runs[name].append(run)
    return runs


def median(runs: Sequence[Run]) -> Run:
    """The run in the middle by the time that counts; of an even number, the faster one."""
    return sorted(runs, key=lambda run: run.seconds)[(len(runs) - 1) // 2]
