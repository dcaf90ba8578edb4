r"""Break-even between cases: along an axis of numbers, and by the price of carbon.

**Price of carbon.** Two plans with costs K and carbon C cost the same at

.. math:: p^* = \frac{K_B - K_A}{C_A - C_B}

[USD/kgCO2e]: below it the cheaper plan A is best, above it B, which has less carbon. Plans are
as they were found: a price inside the objective would let each case plan anew.

**Axis of numbers.** With d the impact of one option less that of another at neighbouring places
x of the axis, :math:`d_i d_{i+1} < 0` means that they cross between, on straight lines at

.. math:: x^* = x_i + (x_{i+1} - x_i) \frac{d_i}{d_i - d_{i+1}}

Each d is known within an interval, from the gaps of both; the crossing lies between the least
and the greatest x* of their ends, and is certain where the ends of each have one sign.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, pairwise

import numpy as np

from carbonplan.compare.cases import SEPARATOR
from carbonplan.compare.intervals import Interval, within
from carbonplan.compare.records import CaseResult, Crossing, PriceStep
from carbonplan.units import KG_PER_TONNE

MOST_OPTIONS = 40
Ends = tuple[Interval, Interval]  # of cost [USD] and of carbon [kgCO2e]


def carbon_price(one: Ends, other: Ends) -> Interval | None:
    """Price at which the order of two plans by cost and carbon paid for flips [USD/t].

    None where one has no more of both: no price makes the other the better one.
    """
    cost = other[0].at_most - one[0].at_most
    carbon = one[1].at_most - other[1].at_most
    if cost * carbon <= 0:
        return None
    if cost < 0:
        one, other = other, one
    dearer, saved = other[0].minus(one[0]), one[1].minus(other[1])
    least = max(dearer.at_least, 0.0) / saved.at_most
    most = dearer.at_most / saved.at_least if saved.at_least > 0 else None
    return Interval(
        least * KG_PER_TONNE, None if most is None else max(most, least) * KG_PER_TONNE
    )


def price_steps(
    results: Sequence[CaseResult], given: Mapping[str, str]
) -> tuple[PriceStep, ...]:
    """The best case by cost and carbon paid for, from a price of 0 upwards.

    The lower envelope of cost + price · carbon, a line for each plan.
    """
    ends = {
        one.name: (within(one, "cost"), within(one, "carbon"))
        for one in results
        if {"cost", "carbon"} <= set(one.impacts)
    }
    if not ends:
        return ()
    points = {name: (cost.at_most, carbon.at_most) for name, (cost, carbon) in ends.items()}
    best = min(points, key=lambda name: points[name])
    steps = [PriceStep(given, best, 0.0, Interval(0.0, 0.0))]
    while after := _next_best(points, best):
        price, name = after
        found = carbon_price(ends[best], ends[name]) or Interval(0.0, None)
        steps.append(PriceStep(given, name, price * KG_PER_TONNE, found))
        best = name
    return tuple(steps)


def _next_best(
    points: Mapping[str, tuple[float, float]], best: str
) -> tuple[float, str] | None:
    """The price from which another plan is better than the best so far, and that plan."""
    cost, carbon = points[best]
    rivals = [
        ((other_cost - cost) / (carbon - other_carbon), other_carbon, name)
        for name, (other_cost, other_carbon) in points.items()
        if other_carbon < carbon
    ]
    if not rivals:
        return None
    price, _, name = min(rivals)
    return max(price, 0.0), name


def crossings(
    results: Sequence[CaseResult], axes: Sequence[str], impacts: Sequence[str]
) -> tuple[Crossing, ...]:
    """Where options cross along every axis of numbers; an option is a point of the others.

    Of more than forty options only those are looked at that have the least somewhere.
    """
    found = []
    for axis in axes:
        options = _options(results, axis, axes)
        for impact in impacts:
            curves = {name: _curve(cases, impact) for name, cases in options.items()}
            for one, other in combinations(_worth_it(curves), 2):
                found += _crossings(axis, impact, (one, curves[one]), (other, curves[other]))
    return tuple(found)


Curve = Mapping[float, Interval]


def _options(
    results: Sequence[CaseResult], axis: str, axes: Sequence[str]
) -> dict[str, dict[float, CaseResult]]:
    """Results by their place on the axis, for each point of the other axes."""
    options: dict[str, dict[float, CaseResult]] = {}
    for result in results:
        if axis not in result.numbers:
            continue
        others = [
            result.labels[name] for name in axes if name != axis and name in result.labels
        ]
        options.setdefault(SEPARATOR.join(others), {})[result.numbers[axis]] = result
    return options


def _curve(cases: Mapping[float, CaseResult], impact: str) -> Curve:
    return {
        place: within(case, impact)
        for place, case in sorted(cases.items())
        if impact in case.impacts
    }


def _worth_it(curves: Mapping[str, Curve]) -> list[str]:
    """All options, or those that are least somewhere where they are too many."""
    if len(curves) <= MOST_OPTIONS:
        return list(curves)
    places = sorted({place for curve in curves.values() for place in curve})
    least = {
        min((curve[place].at_most, name) for name, curve in curves.items() if place in curve)[1]
        for place in places
    }
    return [name for name in curves if name in least]


def _crossings(
    axis: str, impact: str, one: tuple[str, Curve], other: tuple[str, Curve]
) -> Iterator[Crossing]:
    """Between neighbouring places at which both options have a plan."""
    (name, curve), (other_name, other_curve) = one, other
    places = [place for place in curve if place in other_curve]
    for left, right in pairwise(places):
        before = curve[left].at_most - other_curve[left].at_most
        after = curve[right].at_most - other_curve[right].at_most
        if before == 0 or before * after > 0:
            continue
        yield Crossing(
            axis=axis,
            impact=impact,
            below=name if before < 0 else other_name,
            above=other_name if before < 0 else name,
            at=float(crossing(left, right, before, after)),
            within=crossing_within(
                left,
                right,
                curve[left].minus(other_curve[left]),
                curve[right].minus(other_curve[right]),
            ),
        )


def crossing(left: float, right: float, before: float, after: float) -> float:
    """Where a straight line from ``before`` at ``left`` to ``after`` at ``right`` is zero."""
    return left + (right - left) * before / (before - after)


def crossing_within(
    left: float, right: float, before: Interval, after: Interval
) -> Interval | None:
    """Where the line is zero for all values between the ends; None if it need not be."""
    signs = {np.sign(end) for end in (before.at_least, before.at_most)}
    signs_after = {np.sign(end) for end in (after.at_least, after.at_most)}
    if len(signs) > 1 or len(signs_after) > 1 or signs == signs_after:
        return None
    found = [
        crossing(left, right, b, a)
        for b in (before.at_least, before.at_most)
        for a in (after.at_least, after.at_most)
    ]
    return Interval(float(min(found)), float(max(found)))
