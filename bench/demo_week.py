"""(a) The whole demonstration against HiGHS alone on the same arrays."""

from __future__ import annotations

from functools import partial

from bench.places import DEMO_WEEK, RESULTS
from bench.planned import COLUMNS, row, solved
from bench.runner import Run, fresh, interleaved
from bench.section import Section, Target, count_of, medians, recorded, same_optimum

HIGHS_LIMIT_S = 1800.0
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
    runs = interleaved({HIGHS: alone, OURS: partial(solved, DEMO_WEEK, "demo-week", overrides)})
    middle = medians(runs)
    ours, highs = middle[OURS], middle[HIGHS]
    return Section(
        key="a",
        size=f"demo-week{' (first day)' if quick else ''}: {count_of(program)}",
        columns=COLUMNS,
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


def target(ours: Run, highs: Run) -> Target:
    """Whether the whole command stays within a multiple of the solver's time."""
    allowed_s = FACTOR * highs.seconds + ALLOWANCE_S
    return Target(
        "whole command against HiGHS alone",
        f"{ours.seconds:.1f} s ({ours.seconds / highs.seconds:.2f} ×)",
        f"≤ {FACTOR} × {highs.seconds:.1f} s + {ALLOWANCE_S:.0f} s = {allowed_s:.1f} s",
        ours.seconds <= allowed_s,
    )
