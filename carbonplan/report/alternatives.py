"""Near-optimal plans as tables of words and as one document."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from carbonplan.alternatives.ranges import Mark
from carbonplan.plan.totals import UNITS
from carbonplan.report.wording import is_number

if TYPE_CHECKING:
    from carbonplan.alternatives import Alternative, Alternatives, Range
    from carbonplan.plan import Plan

Row = Mapping[str, object]
SHOWN_IMPACTS = ("carbon", "cost", "energy", "water", "latency")


def range_rows(found: Alternatives) -> list[Row]:
    """A row for each SKU, region and pair: how many servers, and whether they are needed."""
    return [
        {
            "servers": one.title,
            "best plan": one.planned,
            "fewest": _side(one.least_proven, one.least_found),
            "most": _side(one.most_found, one.most_proven),
            "mark": str(one.mark),
            "because": _because(one),
        }
        for one in found.ranges
    ]


def extreme_rows(found: Alternatives) -> list[Row]:
    """A row for each impact beside the objective: the least of it within the slack."""
    return [
        {
            "impact": f"{one.impact} [{UNITS.get(one.impact, '1')}]",
            "best plan": one.planned,
            "least found": one.found,
            "change": _change(one.found, one.planned),
            "none below": one.proven,
        }
        for one in found.extremes
    ]


def plan_rows(found: Alternatives, whole: Sequence[Alternative]) -> list[Row]:
    """A row for each plan: its objective, its impacts, and whether it was recomputed."""
    names = [name for name in SHOWN_IMPACTS if name in whole[0].found.impacts]
    return [
        {
            "plan": number,
            "found as": one.found.question,
            "objective": _change(one.found.objective, found.objective),
            **{f"{name} [{UNITS.get(name, '1')}]": one.found.impacts[name] for name in names},
            "verified": "yes" if one.verification.ok else "NO",
        }
        for number, one in enumerate(whole, start=1)
    ]


def fleet_rows(found: Alternatives) -> list[Row]:
    """A row for each SKU in a region, a column for each plan: servers."""
    pairs = [at for at, group in enumerate(found.groups) if group.is_pair]
    pairs = pairs or list(range(len(found.groups)))
    rows = [
        {
            "servers": found.groups[at].title,
            **{
                f"plan {number}": plan.servers[at]
                for number, plan in enumerate(found.plans, start=1)
            },
        }
        for at in pairs
    ]
    return [row for row in rows if any(value for value in list(row.values())[1:])]


def headline(found: Alternatives, plan: Plan) -> str:
    """What was asked and how far it was answered, in a few lines."""
    objective = plan.summary["objective"]
    unit = objective["unit"]
    if len(found.plans) > 1:
        known = f"{found.known} near-optimal plans known, {len(found.plans)} shown"
    else:
        known = "no other near-optimal plan is known"
    numbers = 2 * len(found.ranges)
    lines = [
        f"{plan.scenario_name}: the best plan has {found.objective:.6g} {unit} "
        f"({objective['impact']}); near-optimal is up to {found.at_most:.6g} {unit}, "
        f"{100 * found.slack:.3g} % more",
        f"{known}; {found.solved} solves; {found.unsolved} of {numbers} numbers below needed "
        "none",
    ]
    if found.open:
        lines.append(
            f"{found.open} of {numbers} numbers are not exact: more --time-limit narrows them"
        )
    return "\n".join(lines)


def document(
    found: Alternatives, scenario: str, whole: Sequence[Alternative]
) -> dict[str, object]:
    """Everything that is known, as plain JSON values."""
    return {
        "scenario": scenario,
        "objective": found.objective,
        "bound": found.bound,
        "slack": found.slack,
        "at_most": found.at_most,
        "ranges": [_range(one) for one in found.ranges],
        "least_impacts": [
            {
                "impact": one.impact,
                "unit": UNITS.get(one.impact, "1"),
                "planned": one.planned,
                "least_found": one.found,
                "least_proven": one.proven,
            }
            for one in found.extremes
        ],
        "plans": [
            {
                "found_as": one.found.question,
                "objective": one.found.objective,
                "impacts": one.found.impacts,
                "servers": {
                    group.title: n
                    for group, n in zip(found.groups, one.found.servers, strict=True)
                },
                "verified": one.verification.ok,
                "violations": list(one.verification.violations),
            }
            for one in whole
        ],
        "known_plans": found.known,
        "questions": {
            "solved": found.solved,
            "numbers_without": found.unsolved,
            "numbers_not_exact": found.open,
        },
        "interrupted_by": found.interrupted_by,
    }


def ranges_csv(found: Alternatives) -> str:
    """The ranges as CSV."""
    rows = [_range(one) for one in found.ranges]
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def _range(one: Range) -> dict[str, object]:
    return {
        "sku": one.sku,
        "region": one.region,
        "planned": one.planned,
        "least_proven": one.least_proven,
        "least_found": one.least_found,
        "most_found": one.most_found,
        "most_proven": one.most_proven,
        "mark": str(one.mark),
        "held": one.held,
        "price": one.price if is_number(one.price) else None,
        "because": _because(one),
    }


def _because(one: Range) -> str:
    """Why a mark is what it is, as far as a question told."""
    if one.mark is Mark.OPEN:
        return one.why_open or ""
    if one.held and one.mark is Mark.MUST:
        return f"{one.held} stand and stay"
    if one.mark is Mark.MAY:
        return ""
    if one.price is None:
        return "proved by bounds"
    words = "without any" if one.mark is Mark.MUST else "with one"
    if math.isinf(one.price):
        return f"{words} there is no plan"
    return f"{words} the objective is at least {one.price:+.1%}"


def _side(low: int, high: int) -> str:
    """A number, or the two between which it is proved to be."""
    return str(low) if low == high else f"{low} to {high}"


def _change(value: float, base: float) -> str:
    if not base:
        return f"{value - base:+.4g}"
    share = round((value - base) / abs(base), 6) + 0.0
    return f"{share:+.2%}" if share else "0 %"
