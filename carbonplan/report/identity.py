"""Which plan a report is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonplan.report.evidence import stance_end
from carbonplan.report.wording import label

if TYPE_CHECKING:
    from carbonplan.plan import Plan

FINGERPRINT_CHARACTERS = 16


def identity(plan: Plan, longest_name: int = 80) -> str:
    """Scenario and the plan's fingerprint, where it has one: "demo-week · plan 3f9c2a1b".

    A plan at an end of the bands says so behind its name: "demo-week · pessimistic · ...".
    """
    end = stance_end(plan)
    name = label(plan.scenario_name, longest_name) + (f" · {end}" if end else "")
    fingerprint = plan.summary.get("fingerprint")
    if not fingerprint:
        return name
    return f"{name} · plan {label(str(fingerprint)[:FINGERPRINT_CHARACTERS], 24)}"
