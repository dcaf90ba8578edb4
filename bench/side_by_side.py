"""(h) Sixteen cases side by side, against one command after the other."""

from __future__ import annotations

import json
import shutil
import time
from functools import partial
from pathlib import Path

from bench.places import COMPARE_REGIONS, RESULTS
from bench.planned import OPTIMAL_OR_AT_LIMIT
from bench.runner import Run, carbonplan, interleaved
from bench.section import Section, Target, at_most, medians, recorded

MOST_OF_SERIAL = 0.6
CORES = 2
IN_TURN = "`carbonplan solve` for each, in turn"
ONE_JOB, SIDE_BY_SIDE = "`carbonplan compare --jobs 1`", f"`carbonplan compare --jobs {CORES}`"
OVERRIDE = "--set"


def measure(*, quick: bool) -> Section:
    """Run all ways; a quick measurement leaves out most loads."""
    only = ["--over", "generation", "--over", "region"] if quick else []
    runs = interleaved(
        {
            SIDE_BY_SIDE: partial(compared, CORES, only),
            ONE_JOB: partial(compared, 1, only),
            IN_TURN: partial(in_turn, only),
        },
        rounds=1 if quick else 3,
    )
    middle = medians(runs)
    ours, serial = middle[SIDE_BY_SIDE], middle[IN_TURN]
    cases = len(ours.result["objectives"])
    return Section(
        key="h",
        size=f"compare-regions: {cases} cases on {CORES} cores",
        columns=("way", "s", "CPU s", "peak MB", "s a case"),
        rows=tuple(row(name, run, cases) for name, run in middle.items()),
        targets=(
            at_most(
                "time side by side against one after the other",
                ours.seconds / serial.seconds,
                MOST_OF_SERIAL,
                "×",
            ),
            same_objectives(ours, serial),
        ),
        runs=recorded(runs),
    )


def row(name: str, run: Run, cases: int) -> tuple[str, ...]:
    """A line of the table."""
    figures = (run.seconds, run.cpu_s, run.peak_mb, run.seconds / cases)
    shown = zip(figures, (1, 1, 0, 2), strict=True)
    return (name, *(f"{figure:.{places}f}" for figure, places in shown))


def same_objectives(ours: Run, other: Run) -> Target:
    """Each case has the objective that it has by itself, to the last bit."""
    found, wanted = ours.result["objectives"], other.result["objectives"]
    differing = [name for name in wanted if found.get(name) != wanted[name]]
    what = "cases whose objective is another"
    return Target(
        what, str(len(differing)), "0", found.keys() == wanted.keys() and not differing
    )


def compared(jobs: int, only: list[str]) -> Run:
    """The command into a folder of its own that is empty before."""
    out = RESULTS / f"compared-{jobs}"
    shutil.rmtree(out, ignore_errors=True)
    given = ("--jobs", str(jobs), "--out", out, *only)
    run = carbonplan("compare", COMPARE_REGIONS, *given, codes=OPTIMAL_OR_AT_LIMIT)
    document = json.loads((out / "comparison.json").read_text(encoding="utf-8"))
    objectives = {case["name"]: case["value"] for case in document["cases"]}
    return with_objectives(run, run.seconds, objectives)


def in_turn(only: list[str]) -> Run:
    """A command for each case, with the settings that make it this case."""
    from carbonplan.compare.asked import Asked, matrix

    over = tuple(name for name in only if name != "--over")
    started, runs, objectives = time.perf_counter(), [], {}
    for number, case in enumerate(matrix(Asked((COMPARE_REGIONS,), over=over)).cases):
        out = RESULTS / f"in-turn-{number}"
        settings = [part for override in case.overrides for part in (OVERRIDE, override)]
        command = ("solve", case.scenario, "--out", out, "--overwrite", *settings)
        runs.append(carbonplan(*command, codes=OPTIMAL_OR_AT_LIMIT))
        objectives[case.name] = objective_of(out)
    peak = max(runs, key=lambda run: run.peak_mb)
    total = Run(0.0, sum(run.cpu_s for run in runs), peak.peak_mb, 0)
    return with_objectives(total, time.perf_counter() - started, objectives)


def objective_of(folder: Path) -> float:
    """What a plan comes to."""
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    return plan["objective"]["value"]


def with_objectives(run: Run, seconds: float, objectives: dict[str, float]) -> Run:
    """A run with the time that counts and what each case came to."""
    result = {"seconds": seconds, "objectives": objectives}
    return Run(seconds, run.cpu_s, run.peak_mb, run.exit_code, result)
