"""What results amount to beside each other: differences, who dominates whom, who has least.

An impact of a plan is a fact about that plan. What the best plan of a case could have is known
for the impact that the case minimises alone: it lies between the proven bound and the plan's
value. A statement is *proven* where it holds whatever lies between the two; every other impact
counts with the value of the plan that was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from carbonplan.compare.breakeven import carbon_price, crossings, price_steps
from carbonplan.compare.intervals import Interval, within
from carbonplan.compare.records import (
    CaseResult,
    Comparison,
    Difference,
    Standing,
    Winner,
)
from carbonplan.errors import UsageError, nearest

SAME = 1e-9  # relative: two values that differ by less are equal

Floats = NDArray[np.float64]
Given = tuple[tuple[str, str], ...]  # axis and label of each circumstance
Results = list[CaseResult]


def judged(
    results: Sequence[CaseResult],
    axes: Sequence[str],
    impacts: Sequence[str],
    *,
    given: Sequence[str] = (),
    reference: str | None = None,
) -> Comparison:
    """The comparison of some results.

    Parameters
    ----------
    impacts
        Over which a case may be dominated.
    given
        Axes that are circumstances.
    reference
        Name of the case that the others are compared with; the first by default. Under other
        circumstances it is the case that is like it but for these.
    """
    with_plan = [result for result in results if result.has_plan]
    groups = grouped(with_plan, given)
    chosen = next((r for r in results if reference is None or r.name == reference), None)
    return Comparison(
        axes=tuple(axes),
        given=tuple(given),
        impacts=tuple(impacts),
        reference=None if chosen is None else chosen.name,
        cases=tuple(results),
        differences=tuple(differences(chosen, groups)),
        standings=tuple(one for of in groups.values() for one in standings(of, impacts)),
        winners=tuple(one for key, of in groups.items() for one in winners(of, dict(key))),
        price_steps=tuple(
            one for key, of in groups.items() for one in price_steps(of, dict(key))
        ),
        crossings=crossings(with_plan, axes, impacts),
    )


def refuse_unknown_reference(name: str | None, names: Sequence[str]) -> None:
    """Before the work: the reference is one of the cases."""
    if name is not None and name not in names:
        few = ", ".join(names[:8]) + (" ..." if len(names) > 8 else "")
        raise UsageError(f'no case "{name}"{nearest(name, names)} (cases: {few})')


def grouped(results: Sequence[CaseResult], given: Sequence[str]) -> dict[Given, Results]:
    """Results under the same circumstances, in the order in which these first come."""
    groups: dict[Given, Results] = {}
    for result in results:
        key = tuple((axis, result.labels[axis]) for axis in given if axis in result.labels)
        groups.setdefault(key, []).append(result)
    return groups


def differences(
    chosen: CaseResult | None, groups: Mapping[Given, Results]
) -> Iterator[Difference]:
    """Each case against the reference of its circumstances, where that one has a plan."""
    for key, results in groups.items():
        like = None if chosen is None else {**chosen.labels, **dict(key)}
        base = next((result for result in results if result.labels == like), None)
        if base is not None:
            yield from (_difference(result, base) for result in results)


def _difference(result: CaseResult, base: CaseResult) -> Difference:
    """A case against the reference; both its own where they are one."""
    shared = [impact for impact in result.impacts if impact in base.impacts]
    if result is base:
        return Difference(
            result.name, base.name, dict.fromkeys(shared, Interval(0.0, 0.0)), None
        )
    by_impact = {i: within(result, i).minus(within(base, i)) for i in shared}
    price = None
    if {"cost", "carbon"} <= set(shared):
        ends = [(within(one, "cost"), within(one, "carbon")) for one in (base, result)]
        price = carbon_price(*ends)
    return Difference(result.name, base.name, by_impact, price)


def standings(results: Sequence[CaseResult], impacts: Sequence[str]) -> tuple[Standing, ...]:
    """Which cases are dominated: another is no worse in any impact and better in one.

    Proven where the other's plan has no more than this case's bounds. Of several that dominate,
    the one with the least of the first impact is named.
    """
    if not results:
        return ()
    values, bounds = _ends(results, impacts)
    by_first = np.argsort(values[:, 0], kind="stable")
    return tuple(
        _standing(results, result.name, values, values[i], bounds[i], by_first)
        for i, result in enumerate(results)
    )


def _standing(
    results: Sequence[CaseResult],
    name: str,
    values: Floats,
    own: Floats,
    bounds: Floats,
    by_first: NDArray[np.intp],
) -> Standing:
    for ends, proven in ((bounds, True), (own, False)):
        room = SAME * np.abs(ends)
        dominating = (values <= ends + room).all(axis=1) & (values < ends - room).any(axis=1)
        found = by_first[dominating[by_first]]
        if len(found):
            return Standing(name, results[found[0]].name, proven)
    return Standing(name, None)


def _ends(results: Sequence[CaseResult], impacts: Sequence[str]) -> tuple[Floats, Floats]:
    """Values and lower ends, (case, impact)."""
    found = [[within(result, impact) for impact in impacts] for result in results]
    values = np.array([[one.at_most for one in row] for row in found])
    bounds = np.array([[one.at_least for one in row] for row in found])
    return values, bounds


def winners(results: Sequence[CaseResult], given: Mapping[str, str]) -> tuple[Winner, ...]:
    """The least of every impact that all plans have, and who may have less within the gap."""
    return tuple(_winner(results, given, impact) for impact in _shared(results))


def _winner(results: Sequence[CaseResult], given: Mapping[str, str], impact: str) -> Winner:
    ends = {result.name: within(result, impact) for result in results}
    best = min(ends, key=lambda name: ends[name].at_most)
    least = ends.pop(best).at_most
    room = SAME * abs(least)
    level = tuple(name for name, end in ends.items() if end.at_most <= least + room)
    perhaps = (name for name, end in ends.items() if end.at_least < least - room)
    return Winner(
        given, impact, best, least, level, tuple(n for n in perhaps if n not in level)
    )


def _shared(results: Sequence[CaseResult]) -> list[str]:
    """Impacts that all plans have, in the order of the first."""
    if not results:
        return []
    impacts: Mapping[str, object] = results[0].impacts
    return [name for name in impacts if all(name in result.impacts for result in results)]
