"""Impacts in an order: a plan lists the levels of the scenario, and keeps to them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from carbonplan.plan.records import ImpactTotal
from carbonplan.verify.case import Case
from carbonplan.verify.checks import TOLERANCE, Check, at_least, at_most, fails

NAME = "levels_hold"


def level_checks(case: Case, totals: Mapping[str, ImpactTotal]) -> list[Check]:
    """Each level's impact is within what it left to those after it, and its bound is one.

    How good each level's plan was is the solver's proof; that it is kept is looked at here.
    """
    asked = [
        (level.impact, level.slack)
        for level in case.inputs.scenario.objective.lexicographic or ()
    ]
    listed = case.plan.summary["objective"].get("levels") or []
    stated = [(level.get("impact"), level.get("slack")) for level in listed]
    if stated != asked:
        return [fails(NAME, 1, [f"{NAME}: {stated} found, {asked} expected"])]
    checks = []
    for level in listed:
        value, bound = level.get("value", np.nan), level.get("bound")
        axes = [[level["impact"]]]
        if level.get("at_most") is not None:
            total = totals[level["impact"]]
            allowed = at_most(NAME, total.unit, total.value, level["at_most"], axes)
            floor = value * (1 + level["slack"]) if value > 0 else value
            checks += [allowed, at_least(NAME, "limit", level["at_most"], floor, axes)]
        if bound is not None:
            floor = abs(value) + TOLERANCE
            checks.append(at_most(NAME, "bound", bound, value, axes, floor=floor))
    return checks
