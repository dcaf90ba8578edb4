"""Impacts of one stage: what its slots and its servers count."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from carbonplan.plan.records import ImpactTotal
from carbonplan.verify.case import Case, Floats
from carbonplan.verify.checks import Check, at_most

Totals = Callable[[Case], Mapping[str, ImpactTotal]]


def stage_bounds_hold(case: Case, totals_of: Totals) -> list[Check]:
    """Impacts of a stage stay within its bounds, which count as often as its futures come."""
    bounds = [bound for bound in case.inputs.scenario.bounds if bound.stage is not None]
    checks = []
    for y, node in enumerate(case.inputs.nodes):
        of_stage = [bound for bound in bounds if bound.stage == node.stage]
        totals = totals_of(only_stage(case, y)) if of_stage else {}
        for bound in of_stage:
            found, most = totals[bound.impact], bound.at_most * node.probability
            place = [[f"{bound.impact} in {node.name}"]]
            checks.append(at_most("bounds_hold", found.unit, found.value, most, place))
    return checks


def only_stage(case: Case, y: int) -> Case:
    """The case in which nothing counts but one stage; contracts for power belong to none."""
    own = np.arange(len(case.stages)) == y

    def of_stage(values: Floats) -> Floats:
        return values * own.reshape(-1, *[1] * (values.ndim - 1))

    fleet = ("purchased", "kept", "upgraded", "moved", "fitted")
    return replace(
        case,
        hours=np.where(case.slot_stage == y, case.hours, 0.0),
        contracted_kw=np.zeros_like(case.contracted_kw),
        **{name: of_stage(getattr(case, name)) for name in fleet},
    )
