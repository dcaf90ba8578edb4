"""(c) Whole replicas in a small fleet: the gap that is proven in a minute."""

from __future__ import annotations

from functools import partial

from bench.cases import Clock, gathered, problem_of
from bench.places import RESULTS, SMALL_FLEET
from bench.runner import Run, fresh, interleaved
from bench.section import Section, Target, amount, at_most, count_of, medians, percent, recorded

LIMIT_S, QUICK_LIMIT_S = 60.0, 20.0
LARGEST_GAP = 0.015
OVERRUN = 1.05  # for starting and ending the worker
OURS, HIGHS = "carbonplan", "HiGHS alone"


def measure(*, quick: bool) -> Section:
    """Run both ways once; a quick measurement gives each a third of the time."""
    limit_s = QUICK_LIMIT_S if quick else LIMIT_S
    arrays = str(RESULTS / "small-fleet.npz")
    program = fresh(
        "bench.highs_alone:save_arrays", scenario=str(SMALL_FLEET), overrides=[], file=arrays
    ).result
    limits = {"gap": program["gap"], "time_limit_s": limit_s}
    runs = interleaved(
        {
            HIGHS: partial(fresh, "bench.highs_alone:solve", file=arrays, **limits),
            OURS: partial(fresh, "bench.small_fleet:planned", **limits),
        },
        rounds=1,
    )
    middle = medians(runs)
    return Section(
        key="c",
        size=f"small-fleet, {limit_s:.0f} s: {count_of(program)}",
        columns=("way", "s", "proven gap", "carbon [kgCO2e]", "bound", "replicas"),
        rows=tuple(row(name, run) for name, run in middle.items()),
        targets=(
            target(middle[OURS], limit_s),
            at_most("time that it took", middle[OURS].seconds, OVERRUN * limit_s, "s"),
        ),
        runs=recorded(runs),
    )


def planned(gap: float, time_limit_s: float) -> dict[str, object]:
    """From the arrays to what is proven within the time limit, as carbonplan does."""
    from carbonplan.program.stamping import stamp
    from carbonplan.solve import Limits, solve

    program = stamp(problem_of(gathered(str(SMALL_FLEET))))
    clock = Clock()
    with clock.running():
        solution = solve(program, Limits(gap, time_limit_s))
    replicas = None
    if solution.values is not None:
        replicas = solution.values[program.columns["Replicas"].positions].sum(axis=0)
    return {
        "seconds": clock.seconds,
        "gap": solution.gap,
        "objective": solution.objective,
        "bound": solution.bound,
        "replicas": None
        if replicas is None
        else [float(replicas.min()), float(replicas.max())],
        "steps": list(solution.steps),
    }


def target(ours: Run, limit_s: float) -> Target:
    """Whether the proven gap is small enough."""
    gap = ours.result["gap"]
    return Target(
        f"proven gap, {limit_s:.0f} s allowed",
        percent(gap),
        f"≤ {LARGEST_GAP:.1%}",
        gap is not None and gap <= LARGEST_GAP,
    )


def row(name: str, run: Run) -> tuple[str, ...]:
    """A line of the table."""
    figures = (run.result[key] for key in ("objective", "bound"))
    replicas = run.result.get("replicas")
    return (
        name,
        f"{run.seconds:.1f}",
        percent(run.result["gap"]),
        *(amount(figure, places=2) for figure in figures),
        f"{replicas[0]:.0f} to {replicas[1]:.0f}" if replicas else "–",
    )
