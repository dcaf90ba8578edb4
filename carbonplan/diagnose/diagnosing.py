"""From a scenario without a plan to why there is none, and what would help."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from carbonplan.catalogue.courses import slot_names
from carbonplan.configurations.routes import farthest_s, network_allowance_s
from carbonplan.diagnose import arithmetic, service
from carbonplan.diagnose.cases import Case, Cases
from carbonplan.diagnose.conflict import conflict, stands
from carbonplan.diagnose.giving_way import reasons
from carbonplan.diagnose.ladders import Setting
from carbonplan.diagnose.records import Conflict, Diagnosis, Finding, Group, Relaxation
from carbonplan.diagnose.relaxing import (
    change_of,
    of_levers,
    of_setting,
    of_settings,
    relaxation,
)
from carbonplan.diagnose.settings import settings
from carbonplan.diagnose.widening import widenings
from carbonplan.diagnose.wording import cannot_hold
from carbonplan.solve import Limits

if TYPE_CHECKING:
    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.scenario.loaded import LoadedScenario

SECONDS = 60.0
MOST = 4  # relaxations that are told


def diagnose(
    loaded: LoadedScenario, limits: Limits, seconds: float = SECONDS
) -> Diagnosis | None:
    """Why a scenario has no plan; None where nothing of it shows that it has none.

    Parameters
    ----------
    seconds
        Time for all solves together; what is found until then is told.
    """
    cases = Cases(loaded, limits, seconds)
    case = cases.prepared()
    if case is None:  # the file has changed since it was loaded
        return None
    found = arithmetic.findings(case.inputs, case.configurations, case.problem)
    is_served = cases.elastic() is not None
    may_change = _settings(loaded, case, found, is_served=is_served)
    if is_served and stands(cases):
        return None
    offered = list(of_levers(cases))
    lifted = [one for one in may_change if not (is_served and one.is_service)]
    named = found[0].paths if found else ()
    together = conflict(cases, lifted, named)
    if not (found or case.refused or together.groups):
        return None
    if not together.groups:
        together = _named(found)
    offered += _of_settings(cases, may_change, together)
    if not offered and may_change and not cases.is_over:
        offered = _of_several(cases, may_change)
    return Diagnosis(
        subject=loaded.scenario.name,
        cause=_cause(case, found, together),
        findings=found,
        conflict=together,
        relaxations=tuple(sorted(offered, key=lambda one: (one.cost, one.words)))[:MOST],
        details=() if found else _details(cases, case),
        complete=not cases.is_over,
        steps=tuple(cases.steps),
    )


def _settings(
    loaded: LoadedScenario, case: Case, found: Sequence[Finding], *, is_served: bool
) -> list[Setting]:
    """Settings that may have to change; where something is not served, those that serve it."""
    if is_served:
        return settings(case.inputs)
    every = [workload.name for workload in loaded.scenario.workloads]
    unserved = list(dict.fromkeys(one.workload for one in found)) or every
    known = settings(case.inputs, _least(case.inputs, unserved))
    mine = [one for one in known if one.workload in unserved]
    return [*mine, *widenings(loaded, case.inputs, unserved)]


def _least(inputs: Inputs, workloads: Sequence[str]) -> dict[str, float]:
    """The least SLOs with which a request of each workload alone could be served [s]."""
    least: dict[str, float] = {}
    for one in inputs.classes:
        w, path = one.workload, f"workloads[{one.workload.name}]"
        if w.name not in workloads or w.kind != "online":
            continue
        if any(True for _ in service.too_far(inputs, w)):
            least[f"{path}.max_rtt_s"] = farthest_s(w)
        best = service.best_times(inputs, one)
        if best is not None:
            network_s = network_allowance_s(inputs, w)
            times = {"ttft_s": best.ttft_s + network_s, "tpot_s": best.tpot_s}
            for key, seconds in times.items():
                least[f"{path}.{key}"] = max(least.get(f"{path}.{key}", 0.0), seconds)
    return least


def _of_settings(
    cases: Cases, may_change: Sequence[Setting], together: Conflict
) -> Iterator[Relaxation]:
    """Settings that suffice alone."""
    alone = [setting for setting in may_change if _may_suffice(setting, together)]
    served = [setting for setting in alone if setting.is_service]
    if cases.has_plan(*(one.rungs[-1].override for one in served)) is False:
        alone = [setting for setting in alone if not setting.is_service]
    for setting in alone:
        rung = None if cases.is_over else of_setting(cases, setting)
        if rung is not None:
            yield relaxation([setting], {setting.path: rung})


def _of_several(cases: Cases, may_change: Sequence[Setting]) -> list[Relaxation]:
    """Several settings where none suffices alone and, where need be, levers with them."""
    several = of_settings(cases, may_change)
    return [several] if several is not None else _both(cases, may_change)


def _may_suffice(setting: Setting, together: Conflict) -> bool:
    """Whether a setting alone may make a plan possible: only what is in the conflict can.

    An SLO is part of what its workload's demand asks for, and so is how fully replicas of all
    workloads are used.
    """
    paths = {group.path for group in together.groups}
    demand = f"workloads[{setting.workload}].arrivals"
    served = setting.is_service and (not setting.workload or demand in paths)
    return setting.path in paths or served


def _both(cases: Cases, may_change: Sequence[Setting]) -> list[Relaxation]:
    """Settings and levers together: as few settings as leave levers that suffice."""
    chosen = list(may_change)
    found = _with_levers(cases, chosen)
    for setting in sorted(may_change, key=lambda one: -one.weight):
        rest = [one for one in chosen if one is not setting]
        if found and rest and not cases.is_over:
            fewer = _with_levers(cases, rest)
            chosen, found = (rest, fewer) if fewer else (chosen, found)
    return found


def _with_levers(cases: Cases, chosen: Sequence[Setting]) -> list[Relaxation]:
    """The cheapest levers where settings are as far as they go."""
    rungs = [(one, one.rungs[-1]) for one in chosen]
    overrides = [rung.override for _, rung in rungs]
    already = [change_of(one, rung) for one, rung in rungs]
    cost = sum(one.cost(rung) for one, rung in rungs)
    first = next(of_levers(cases, overrides, already, cost), None)
    return [] if first is None else [first]


def _cause(case: Case, found: Sequence[Finding], together: Conflict) -> str:
    """The plainest reason in one sentence."""
    if found:
        return found[0].words
    if together.groups:
        return cannot_hold(together)
    return case.refused[0]


def _named(found: Sequence[Finding]) -> Conflict:
    """What arithmetic names, where there is no program that would prove more."""
    paths = dict.fromkeys(path for one in found for path in one.paths)
    return Conflict(tuple(Group(path, path) for path in paths), proven=False)


def _details(cases: Cases, case: Case) -> tuple[str, ...]:
    """What gives way at the least relaxation of all rows, with amounts and times."""
    if case.problem is None or cases.is_over:
        return case.refused
    return tuple(reasons(case.problem, cases.solve_limits, slot_names(case.inputs.series)))
