"""``carbonplan solve`` as a way, with what its plan says of itself."""

from __future__ import annotations

import json
from pathlib import Path

from bench.places import RESULTS
from bench.runner import Run, carbonplan
from bench.section import amount, percent

OPTIMAL_OR_AT_LIMIT = (0, 5)


def solved(scenario: Path, name: str, overrides: list[str]) -> Run:
    """The command, report included; its plan lies in a folder of the results."""
    out = RESULTS / name
    settings = [part for override in overrides for part in ("--set", override)]
    run = carbonplan(
        *("solve", scenario, "--out", out, "--overwrite", *settings),
        codes=OPTIMAL_OR_AT_LIMIT,
    )
    plan = json.loads((out / "plan.json").read_text(encoding="utf-8"))
    result = {
        "status": plan["status"],
        "gap": plan["gap"],
        "objective": plan["objective"]["value"],
        "timings_s": plan["timings_s"],
        **plan["sizes"],
        "whole": plan["sizes"]["integers"],
    }
    return Run(run.wall_s, run.cpu_s, run.peak_mb, run.exit_code, result)


def row(name: str, run: Run) -> tuple[str, ...]:
    """A line of a table of ``COLUMNS``."""
    return (
        name,
        f"{run.seconds:.1f}",
        f"{run.cpu_s:.1f}",
        f"{run.peak_mb:.0f}",
        str(run.result["status"]).lower(),
        percent(run.result["gap"]),
        amount(run.result["objective"]),
    )


COLUMNS = ("way", "s", "CPU s", "peak MB", "status", "gap", "carbon [kgCO2e]")
