"""Plans that a plan is held against, as its summary lists them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from carbonplan.report.wording import NONE, is_number, label

if TYPE_CHECKING:
    from carbonplan.plan import Plan


def listed_baselines(plan: Plan) -> list[Mapping]:
    """Every baseline that was asked for, whether it has a plan or not."""
    found = plan.summary.get("baselines")
    listed = found if isinstance(found, list | tuple) else ()
    return [baseline for baseline in listed if isinstance(baseline, Mapping)]


def baseline_impacts(baseline: Mapping) -> Mapping:
    """Its impacts by name; empty where it has no plan."""
    return baseline.get("impacts") or {}


def baseline_title(baseline: Mapping) -> str:
    """What a reader calls it."""
    return label(baseline.get("title") or baseline.get("name") or NONE, 48)


def compared(plan: Plan, impact: str) -> list[Mapping]:
    """Baselines that have a figure for an impact, least first."""
    found = [one for one in listed_baselines(plan) if is_number(_of(one, impact))]
    return sorted(found, key=lambda one: _of(one, impact))


def _of(baseline: Mapping, impact: str) -> object:
    return baseline_impacts(baseline).get(impact)
