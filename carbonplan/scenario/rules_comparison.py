"""Rules of what is compared: each axis says what it sets, and where, and not too often."""

from __future__ import annotations

import math
from collections.abc import Iterator

from carbonplan.errors import nearest
from carbonplan.scenario.comparison import Axis
from carbonplan.scenario.expectations import allowed_at, keys_at
from carbonplan.scenario.messages import Problem
from carbonplan.scenario.overrides import steps_of
from carbonplan.scenario.schema import Scenario
from carbonplan.scenario.wording import PathKeys, quoted

MOST_CASES = 10_000
SECTION = "compare"


def axis_has_points(axis: Axis) -> Iterator[Problem]:
    """An axis is a path with values, or named cases; all that it sets is there to be set."""
    pair = [key for key in ("path", "values") if getattr(axis, key) is not None]
    if axis.cases is not None and pair:
        yield Problem(("cases",), f"found with {pair[0]}, expected one of the two")
    elif axis.cases is None and len(pair) < 2:
        found = f"{pair[0]} alone" if pair else "none of them"
        yield Problem((), f"expected path and values, or cases; found {found}")
    for key in ("values", "cases"):
        if getattr(axis, key) is not None and not getattr(axis, key):
            yield Problem((key,), "found none, expected at least one")
    if axis.path is not None:
        yield from _settable(axis.path, ("path",))
    for name, sets in (axis.cases or {}).items():
        for path in sets:
            yield from _settable(path, ("cases", name, path))


def _settable(path: str, at: PathKeys) -> Iterator[Problem]:
    """A path of the scenario, other than what is compared itself."""
    steps = steps_of(path)
    if not steps:
        yield Problem(
            at, f"found {quoted(path)}, expected a path, as in workloads[chat].ttft_s"
        )
        return
    known = tuple(0 if step.startswith("[") else step for step in steps)
    for length in range(1, len(known) + 1):
        if not allowed_at(known[:length]):
            hint = nearest(steps[length - 1], keys_at(known[: length - 1]))
            yield Problem(at, f"{quoted(path)}: unknown key {quoted(steps[length - 1])}{hint}")
            return
    if known[0] == SECTION:
        yield Problem(at, f"found {quoted(path)}, expected a path outside {SECTION}")


def cases_can_be_planned(scenario: Scenario) -> Iterator[Problem]:
    """Every combination is a case; there are so many and no more."""
    counts = [len(axis.values or axis.cases or ()) for axis in scenario.compare]
    if (cases := math.prod(counts)) > MOST_CASES:
        found = f"{' x '.join(map(str, counts))} = {cases:,} cases"
        yield Problem((SECTION,), f"found {found}, expected at most {MOST_CASES:,}")


RULES_OF_COMPARISON = (((SECTION,), cases_can_be_planned),)
