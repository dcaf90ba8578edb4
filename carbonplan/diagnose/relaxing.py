"""The cheapest relaxations: which few changes make a plan possible, and to what values.

Levers are searched in one program, where each is a column with a cost; settings one rung after
the other. A set is minimal: without any part of it there is no plan. What is offered has
sensible figures, and was read as overrides of the scenario and solved to a plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from carbonplan.diagnose.cases import Cases, Relaxable
from carbonplan.diagnose.elastic import cheapest
from carbonplan.diagnose.ladders import Rung, Setting
from carbonplan.diagnose.levers import Lever
from carbonplan.diagnose.records import Change, Relaxation
from carbonplan.diagnose.rounding import figure, rounded_down, rounded_up
from carbonplan.diagnose.wording import amount, change

MOST_SETS = 3
ROOM = (1.0, 1.1, 1.3, 2.0)  # factors on changes that turn out to be too small
SLIVER = 1e-6

Found = tuple[tuple[Lever, float], ...]


def of_levers(
    cases: Cases,
    overrides: Sequence[str] = (),
    already: Sequence[Change] = (),
    cost: float = 0.0,
) -> Iterator[Relaxation]:
    """Minimal sets of levers, the cheapest first, no two with a lever in common.

    Demand gives way where no limits suffice.

    Parameters
    ----------
    overrides, already, cost
        Changes that are made in any case.
    """
    elastic = cases.elastic(*overrides)
    used: set[str] = set()
    for number in range(MOST_SETS):
        is_late = cases.is_over or (number > 0 and cases.seconds_left < cases.seconds / 2)
        if elastic is None or is_late:
            return
        free = [lever for lever in elastic.levers if lever.path not in used]
        limits = [lever for lever in free if not lever.is_demand]
        found = minimal(cases, elastic, limits) or minimal(cases, elastic, free)
        if not found:
            return
        used |= {lever.path for lever, _ in found}
        offered = confirmed(cases, found, overrides, already, cost)
        if offered is not None:
            yield offered


def minimal(cases: Cases, elastic: Relaxable, free: Sequence[Lever]) -> Found:
    """Cheapest changes of levers that suffice, none of them needless; empty where none do."""
    if not free or cases.is_over:
        return ()
    amounts = _amounts(cases, elastic, free)
    if not amounts:
        return ()
    chosen = [lever for lever in free if lever.path in amounts]
    for lever in sorted(chosen, key=lambda one: -_cost(one, amounts[one.path])):
        rest = [one for one in chosen if one is not lever]
        fewer = _amounts(cases, elastic, rest) if rest else None
        if fewer:
            chosen, amounts = [one for one in rest if one.path in fewer], fewer
    return tuple((lever, amounts[lever.path]) for lever in chosen)


def confirmed(
    cases: Cases,
    found: Found,
    overrides: Sequence[str],
    already: Sequence[Change],
    cost: float,
) -> Relaxation | None:
    """Changes at sensible figures with which the scenario has a plan; None where none do."""
    for room in ROOM:
        changes = [changed(cases, lever, x * room) for lever, x in found]
        if any(one is None for one in changes):
            return None
        asked = (*overrides, *(one.override for one in changes))
        if cases.has_plan(*asked):
            price = cost + sum(
                _price(lever, one) for (lever, _), one in zip(found, changes, strict=True)
            )
            return Relaxation((*already, *changes), round(price, 6), verified=True)
    return None


def changed(cases: Cases, lever: Lever, by: float) -> Change | None:
    """A lever's change at a sensible figure; None where no value of the file says it."""
    if lever.is_demand:
        return _less_demand(cases, lever, by)
    if lever.whole:
        step = -int(-(by - SLIVER) // 1)
        after = lever.value + step if lever.rises else max(lever.value - step, 0)
    else:
        after = lever.value + rounded_up(by)
        after = after if by < 1e-3 * after else rounded_up(after, 3)
    words = change(lever.words, lever.value, after, lever.unit)
    return Change(lever.path, lever.value, after, words, f"{lever.path}={figure(after)}")


def _less_demand(cases: Cases, lever: Lever, share: float) -> Change | None:
    """Fewer requests, where the scenario gives their mean."""
    scenario = cases.loaded.scenario
    (workload,) = (
        w for w in scenario.workloads if lever.path == f"workloads[{w.name}].arrivals"
    )
    mean = workload.arrivals.mean_rps
    after = 0.0 if mean is None else rounded_down(mean * (1 - min(share + SLIVER, 1.0)))
    if after <= 0:
        return None
    path = f"{lever.path}.mean_rps"
    words = (
        f"serve {amount(after, 'requests/s')} of {workload.name} in the mean rather than "
        f"{figure(mean)}"
    )
    return Change(path, mean, after, words, f"{path}={figure(after)}")


def of_setting(cases: Cases, setting: Setting, overrides: Sequence[str] = ()) -> Rung | None:
    """The first rung of a setting with which there is a plan; None where the last has none.

    Bisection: a rung that relaxes more is taken to allow what one before it does.
    """
    rungs = setting.rungs
    if not cases.has_plan(*overrides, rungs[-1].override):
        return None
    low, high = 0, len(rungs) - 1
    while low < high:
        middle = (low + high) // 2
        if cases.has_plan(*overrides, rungs[middle].override):
            high = middle
        else:
            low = middle + 1
    return rungs[high]


def of_settings(cases: Cases, settings: Sequence[Setting]) -> Relaxation | None:
    """Several settings together, where no one alone suffices: none needless, each least."""
    chosen = list(settings)
    if not cases.has_plan(*(one.rungs[-1].override for one in chosen)):
        return None
    for setting in sorted(settings, key=lambda one: -one.weight):
        rest = [one for one in chosen if one is not setting]
        if rest and cases.has_plan(*(one.rungs[-1].override for one in rest)):
            chosen = rest
    at = {one.path: one.rungs[-1] for one in chosen}
    for setting in chosen:
        others = [rung.override for path, rung in at.items() if path != setting.path]
        at[setting.path] = of_setting(cases, setting, others) or setting.rungs[-1]
    return relaxation(chosen, at)


def relaxation(settings: Sequence[Setting], at: Mapping[str, Rung]) -> Relaxation:
    """Settings at rungs with which there is a plan."""
    changes = tuple(change_of(one, at[one.path]) for one in settings)
    cost = sum(one.cost(at[one.path]) for one in settings)
    return Relaxation(changes, round(cost, 6), verified=True)


def change_of(setting: Setting, rung: Rung) -> Change:
    """A setting at a rung."""
    return Change(setting.path, setting.value, rung.after, rung.words, rung.override)


def _amounts(
    cases: Cases, elastic: Relaxable, free: Sequence[Lever]
) -> Mapping[str, float] | None:
    """Changes of free levers at the least cost."""
    amounts, solution = cheapest(elastic.program, free, cases.solve_limits)
    cases.asked(f"with {len(free)} limits free to change", solution)
    return amounts


def _cost(lever: Lever, by: float) -> float:
    return lever.weight * by / lever.size


def _price(lever: Lever, one: Change) -> float:
    """Cost of a change as it is offered."""
    if lever.is_demand:
        return _cost(lever, 1.0 - float(one.after) / float(one.before))
    return _cost(lever, abs(float(one.after) - float(one.before)))
