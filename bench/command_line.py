"""(d) How long the commands take that people wait for while they type."""

from __future__ import annotations

import sys
from functools import partial

from bench.runner import Run, carbonplan, interleaved, timed
from bench.section import Section, at_most, medians, recorded

ROUNDS = 7
PYTHON = "`python -c pass`"
HELP = "`carbonplan --help`"
VALIDATE = "`carbonplan validate demo-week`"
LONGEST_S = {HELP: 0.35, VALIDATE: 1.5}


def measure(*, quick: bool) -> Section:
    """Run the commands in turn; a quick measurement takes fewer rounds."""
    runs = interleaved(
        {
            PYTHON: partial(timed, [sys.executable, "-c", "pass"]),
            HELP: partial(carbonplan, "--help"),
            VALIDATE: partial(carbonplan, "validate", "demo-week"),
        },
        rounds=3 if quick else ROUNDS,
    )
    middle = medians(runs)
    return Section(
        key="d",
        size=f"median of {len(runs[HELP])} starts",
        columns=("command", "wall s", "CPU s"),
        rows=tuple(row(name, run) for name, run in middle.items()),
        targets=tuple(
            at_most(f"{name}, wall", middle[name].wall_s, longest_s, "s")
            for name, longest_s in LONGEST_S.items()
        ),
        runs=recorded(runs),
    )


def row(name: str, run: Run) -> tuple[str, ...]:
    """A line of the table."""
    return (name, f"{run.wall_s:.2f}", f"{run.cpu_s:.2f}")
