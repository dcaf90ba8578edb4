"""An irreducible set: limits that cannot hold together, while without any one the others can.

Groups are lifted one after the other. Where there is still no plan without a group, the group
stays lifted; where there is one, the group belongs to the set. What is left is infeasible, and
every group of it was seen to be needed: later liftings only loosen, so the proof stands. A
solve that ends without an answer leaves its group in the set, which is not proven then.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from carbonplan.diagnose.cases import Cases
from carbonplan.diagnose.elastic import plan_of, without
from carbonplan.diagnose.ladders import Setting
from carbonplan.diagnose.levers import Lever
from carbonplan.diagnose.records import Conflict
from carbonplan.program import Program


def stands(cases: Cases) -> bool | None:
    """Whether the scenario has a plan as it stands; None where that is not known."""
    whole = cases.elastic()
    if whole is None:
        return False
    if cases.stands is None:
        cases.stands = cases.asked("as it stands", plan_of(whole.program, cases.solve_limits))
    return cases.stands


def conflict(
    cases: Cases, settings: Sequence[Setting], named: Collection[str] = ()
) -> Conflict:
    """Which settings and levers of a scenario without a plan cannot hold together.

    Parameters
    ----------
    settings
        Those that may be lifted; the others stay as they are.
    named
        Paths that are lifted last, so that they are the likeliest to be found in the set.
    """
    lifted, needed, proven = _settings(cases, sorted(settings, key=lambda x: x.path in named))
    proven = proven and stands(cases) is False
    found = cases.elastic(*(setting.lifted for setting in lifted))
    if found is None:
        groups = tuple(setting.group for setting in needed)
        return Conflict(groups, proven=proven and bool(groups))
    in_order = sorted(found.levers, key=lambda x: (x.is_demand, x.path in named))
    kept, known = _levers(cases, found.program, in_order)
    groups = [*(x.group for x in kept), *(x.group for x in needed)]
    return Conflict(tuple(groups), proven=proven and known and bool(groups))


def _settings(
    cases: Cases, settings: Sequence[Setting]
) -> tuple[list[Setting], list[Setting], bool]:
    """Settings to lift, settings that are needed, and whether each of these is proven so."""
    every = list(settings)
    if not every:
        return [], [], True
    if cases.has_plan(*(setting.lifted for setting in every)) is False:
        return every, [], True
    lifted: list[Setting] = []
    needed: list[Setting] = []
    proven = True
    for setting in every:
        found = cases.has_plan(*(one.lifted for one in [*lifted, setting]))
        if found is False:
            lifted.append(setting)
        else:
            needed.append(setting)
            proven = proven and found is True
    return lifted, needed, proven


def _levers(cases: Cases, program: Program, every: Sequence[Lever]) -> tuple[list[Lever], bool]:
    """Levers that are needed, and whether each is proven so."""
    gone: list[Lever] = []
    needed: list[Lever] = []
    proven = True
    for lever in every:
        if cases.is_over:
            needed, proven = [*needed, lever], False
            continue
        solution = plan_of(without(program, [*gone, lever]), cases.solve_limits)
        answer = cases.asked(f"without {lever.words}", solution)
        if answer is False:
            gone.append(lever)
        else:
            needed.append(lever)
            proven = proven and answer is True
    return sorted(needed, key=lambda one: not one.is_demand), proven
