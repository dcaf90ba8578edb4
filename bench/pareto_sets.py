"""(j) Fifteen points between three impacts, against one plan of the same scenario."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from bench.places import DEMO_WEEK, RESULTS, SLIT
from bench.planned import solved
from bench.runner import Run, carbonplan, interleaved
from bench.section import Section, Target, at_most, medians, percent, recorded

OVER, POINTS = "carbon,cost,water", 15
MOST_TIMES = 5.0
CASES: dict[str, tuple[Path, list[str]]] = {
    "reproduce-slit": (SLIT, []),
    "a day of demo-week": (DEMO_WEEK, ["horizon.hours=24"]),
    "two days": (DEMO_WEEK, ["horizon.hours=48"]),
}
ENOUGH_S = 100.0


def measure(*, quick: bool) -> Section:
    """Run both ways on each case; a quick measurement takes the first alone."""
    cases = dict(list(CASES.items())[:1]) if quick else CASES
    runs: dict[str, list[Run]] = {}
    targets: list[Target] = []
    rows: list[tuple[str, ...]] = []
    for name, (scenario, only) in cases.items():
        one, many = f"{name}: one plan", f"{name}: {POINTS} points"
        folder = name.replace(" ", "-")
        found = interleaved(
            {
                one: partial(solved, scenario, f"one-of-{folder}", only),
                many: partial(spread, scenario, f"front-of-{folder}", only),
            },
            enough_s=ENOUGH_S / len(cases),
        )
        runs |= found
        middle = medians(found)
        rows += [_row(way, run) for way, run in middle.items()]
        times = middle[many].seconds / middle[one].seconds
        targets.append(at_most(f"{name}: front against one plan", times, MOST_TIMES, "×"))
        points = int(middle[many].result["points"])
        targets.append(Target(f"{name}: points", f"{points}", f"{POINTS}", points == POINTS))
    return Section(
        key="j",
        size=f"{POINTS} points over {OVER.replace(',', ', ')}",
        columns=("way", "s", "CPU s", "peak MB", "points", "proved", "largest gap"),
        rows=tuple(rows),
        targets=tuple(targets),
        runs=recorded(runs),
    )


def spread(scenario: Path, name: str, overrides: list[str]) -> Run:
    """``carbonplan pareto``, with what its front says of itself."""
    out = RESULTS / name
    settings = [part for override in overrides for part in ("--set", override)]
    asked = ("--over", OVER, "--points", str(POINTS))
    run = carbonplan("pareto", scenario, *asked, "--out", out, "--overwrite", *settings)
    front = json.loads((out / "pareto.json").read_text(encoding="utf-8"))
    gaps = [point["gap"] for point in front["points"]]
    result = {
        "points": len(gaps),
        "proved": [point["status"] for point in front["points"]].count("optimal"),
        "gap": None if None in gaps else max(gaps),
        "timings_s": front["timings_s"],
    }
    return Run(run.wall_s, run.cpu_s, run.peak_mb, run.exit_code, result)


def _row(name: str, run: Run) -> tuple[str, ...]:
    proved = run.result.get("proved", int(run.result.get("status") == "optimal"))
    return (
        name,
        f"{run.seconds:.1f}",
        f"{run.cpu_s:.1f}",
        f"{run.peak_mb:.0f}",
        f"{run.result.get('points', 1)}",
        f"{proved}",
        percent(run.result["gap"]),
    )
