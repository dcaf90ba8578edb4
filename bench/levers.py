"""(f) The demonstration with the levers that widen the program, against without them."""

from __future__ import annotations

from functools import partial

from bench.places import DEMO_WEEK
from bench.planned import COLUMNS, row, solved
from bench.runner import interleaved
from bench.section import Section, at_most, count_of, medians, recorded

LEVERS = ("fleet.phases=either", "fleet.host_reuse=true", "fleet.host_memory=chosen")
MOST_TIMES = 3.0
OFF, ON = "levers off", "levers on"


def measure(*, quick: bool) -> Section:
    """Run both ways; a quick measurement plans one day."""
    day = ["horizon.hours=24"] if quick else []
    runs = interleaved(
        {
            OFF: partial(solved, DEMO_WEEK, "levers-off", day),
            ON: partial(solved, DEMO_WEEK, "levers-on", [*day, *LEVERS]),
        }
    )
    middle = medians(runs)
    gap = middle[ON].result["gap"]
    return Section(
        key="f",
        size=f"demo-week, levers on: {count_of(middle[ON].result)}",
        columns=COLUMNS,
        rows=tuple(row(name, run) for name, run in middle.items()),
        targets=(
            at_most(
                "whole command with levers against without",
                middle[ON].seconds / middle[OFF].seconds,
                MOST_TIMES,
                "×",
            ),
            at_most("gap with levers", 100 * (100.0 if gap is None else gap), 0.1, "%"),
        ),
        runs=recorded(runs),
    )
