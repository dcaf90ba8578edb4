"""(g) Five yearly stages of twelve typical days, six regions and eight SKUs."""

from __future__ import annotations

from functools import partial

from bench.places import FIVE_YEARS
from bench.planned import COLUMNS, row, solved
from bench.runner import interleaved
from bench.section import Section, at_most, count_of, medians, recorded

MOST_S, LARGEST_GAP = 600.0, 0.5
QUICK = ("workloads[summaries].arrivals.mean_rps=20", "solver.time_limit_s=120")


def measure(*, quick: bool) -> Section:
    """Plan once; a quick measurement has less batch work and less time."""
    ways = {"`carbonplan solve`": partial(solved, FIVE_YEARS, "five-years", [*QUICK] * quick)}
    runs = interleaved(ways, rounds=1)
    middle = medians(runs)
    (found,) = middle.values()
    gap = found.result["gap"]
    return Section(
        key="g",
        size=f"five-years: {count_of(found.result)}",
        columns=COLUMNS,
        rows=tuple(row(name, run) for name, run in middle.items()),
        targets=(
            at_most("time of the whole command", found.seconds, MOST_S, "s"),
            at_most("gap", 100 * (100.0 if gap is None else gap), LARGEST_GAP, "%"),
        ),
        runs=recorded(runs),
    )
