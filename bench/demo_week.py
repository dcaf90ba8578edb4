"""(a) The whole demonstration against HiGHS alone on the same arrays."""

from __future__ import annotations

import json
from functools import partial

from bench.places import DEMO_WEEK, RESULTS
from bench.runner import Run, carbonplan, fresh, interleaved
from bench.section import (
    Section,
    Target,
    amount,
    count_of,
    medians,
    percent,
    recorded,
    same_optimum,
)

HIGHS_LIMIT_S = 1800.0
OPTIMAL_OR_AT_LIMIT = (0, 5)
FACTOR, ALLOWANCE_S = 1.5, 3.0
OURS, HIGHS = "`carbonplan solve`, report included", "HiGHS alone"


def measure(*, quick: bool) -> Section:
    """Run both ways; a quick measurement plans one day."""
    overrides = ["horizon.hours=24"] if quick else []
    arrays = RESULTS / "demo-week.npz"
    program = fresh(
        "bench.highs_alone:save_arrays",
        scenario=str(DEMO_WEEK),
        overrides=overrides,
        file=str(arrays),
    ).result
    gap = float(program["gap"])
    alone = partial(
        fresh,
        "bench.highs_alone:solve",
        file=str(arrays),
        gap=gap,
        time_limit_s=HIGHS_LIMIT_S,
    )
    runs = interleaved({HIGHS: alone, OURS: partial(solved, overrides)})
    middle = medians(runs)
    ours, highs = middle[OURS], middle[HIGHS]
    return Section(
        key="a",
        size=f"demo-week{' (first day)' if quick else ''}: {count_of(program)}",
        columns=("way", "s", "CPU s", "peak MB", "status", "gap", "carbon [kgCO2e]"),
        rows=tuple(row(name, middle[name]) for name in (HIGHS, OURS)),
        targets=(
            target(ours, highs),
            same_optimum(
                {"carbonplan": ours.result["objective"], "HiGHS": highs.result["objective"]},
                gap,
            ),
        ),
        runs=recorded(runs),
    )


def solved(overrides: list[str]) -> Run:
    """The command, with what its plan says of itself."""
    out = RESULTS / "demo-week"
    settings = [part for override in overrides for part in ("--set", override)]
    run = carbonplan(
        *("solve", DEMO_WEEK, "--out", out, "--overwrite", *settings),
        codes=OPTIMAL_OR_AT_LIMIT,
    )
    plan = json.loads((out / "plan.json").read_text(encoding="utf-8"))
    result = {
        "status": plan["status"],
        "gap": plan["gap"],
        "objective": plan["objective"]["value"],
        "timings_s": plan["timings_s"],
    }
    return Run(run.wall_s, run.cpu_s, run.peak_mb, run.exit_code, result)


def target(ours: Run, highs: Run) -> Target:
    """Whether the whole command stays within a multiple of the solver's time."""
    allowed_s = FACTOR * highs.seconds + ALLOWANCE_S
    return Target(
        "whole command against HiGHS alone",
        f"{ours.seconds:.1f} s ({ours.seconds / highs.seconds:.2f} ×)",
        f"≤ {FACTOR} × {highs.seconds:.1f} s + {ALLOWANCE_S:.0f} s = {allowed_s:.1f} s",
        ours.seconds <= allowed_s,
    )


def row(name: str, run: Run) -> tuple[str, ...]:
    """A line of the table."""
    return (
        name,
        f"{run.seconds:.1f}",
        f"{run.cpu_s:.1f}",
        f"{run.peak_mb:.0f}",
        str(run.result["status"]).lower(),
        percent(run.result["gap"]),
        amount(run.result["objective"]),
    )
