"""The whole verification of a plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carbonplan.verify.attribution import attribution_checks
from carbonplan.verify.batch import batch_checks
from carbonplan.verify.case import lay_out
from carbonplan.verify.coefficients import coefficient_checks, coefficients
from carbonplan.verify.impacts import impacts, it_power_kw, objective_value
from carbonplan.verify.levels import level_checks
from carbonplan.verify.limits import limit_checks
from carbonplan.verify.negative import not_earned_kgco2e_per_hour
from carbonplan.verify.partitions import partition_checks
from carbonplan.verify.risk import futures_are_as_stated, losses, minimised
from carbonplan.verify.service import service_checks
from carbonplan.verify.stages import stage_bounds_hold
from carbonplan.verify.statements import statement_checks
from carbonplan.verify.structure import structure

if TYPE_CHECKING:
    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.plan.records import ImpactTotal, Plan
    from carbonplan.verify.checks import Check


@dataclass(frozen=True)
class Verification:
    """What came of checking a plan.

    Attributes
    ----------
    violations
        One line each: statement and place, quantity, what was found, what is allowed.
    impacts
        All impacts as recomputed; empty if the plan's arrays could not be read at all.
    checks
        At how many places each statement was looked at.
    """

    violations: tuple[str, ...]
    impacts: Mapping[str, ImpactTotal]
    checks: Mapping[str, int]

    @property
    def ok(self) -> bool:
        """Whether the plan holds all that it promises."""
        return not self.violations


def verify(inputs: Inputs, plan: Plan) -> Verification:
    """Recompute service, limits and impacts of a plan from its inputs, to 1e-6.

    The plan's quantities are taken as they are; everything that follows from them is computed
    anew from the scenario, the catalogue and the technology functions.
    """
    checks = structure(inputs, plan)
    if checks[0].violations:
        return _verification(checks, {})
    case, allowed = lay_out(inputs, plan)
    needs = coefficients(case)
    power_kw = it_power_kw(case, needs)
    not_earned = not_earned_kgco2e_per_hour(case, needs, power_kw)
    totals = impacts(case, needs, power_kw, not_earned)
    objective = objective_value(case, totals)
    by_future = losses(case, needs, power_kw, not_earned)
    least = minimised(case, by_future, objective)
    checks = [
        *checks,
        *allowed,
        *coefficient_checks(case, needs),
        *service_checks(case, needs),
        *batch_checks(case),
        *partition_checks(case),
        *limit_checks(case, needs, power_kw),
        *statement_checks(case, totals, objective, least, power_kw, not_earned),
        *stage_bounds_hold(case, lambda one: impacts(one, needs, power_kw, not_earned)),
        *level_checks(case, totals),
        *futures_are_as_stated(case, by_future, objective),
        *attribution_checks(case, needs, totals),
    ]
    return _verification(checks, totals)


def _verification(checks: Sequence[Check], totals: Mapping[str, ImpactTotal]) -> Verification:
    places: Counter[str] = Counter()
    for check in checks:
        places[check.name] += check.places
    violations = tuple(line for check in checks for line in check.violations)
    return Verification(violations, dict(totals), dict(places))
