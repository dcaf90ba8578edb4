"""How certain: what was proven, what was checked again, and what the reader is warned of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from carbonplan.report.document import Block, Facts, Items, Section, Table
from carbonplan.report.evidence import evidence_blocks, stance_end
from carbonplan.report.futures import futures_blocks
from carbonplan.report.impacts import impact_title
from carbonplan.report.wording import (
    NONE,
    count,
    is_number,
    label,
    number,
    percent,
    quantity,
    visible,
)

if TYPE_CHECKING:
    from carbonplan.plan import Plan

STATUS = {
    "optimal": "optimal within the gap asked for",
    "feasible": "feasible; the search stopped at a limit before the gap asked for was reached",
    "interrupted": "feasible; the search was interrupted",
}


def certainty(plan: Plan) -> Section:
    """Proof, evidence, verification, warnings and the course of the search."""
    blocks: list[Block] = [Facts(_facts(plan)), *futures_blocks(plan), *evidence_blocks(plan)]
    blocks += _items("Warnings", plan.summary.get("warnings"))
    blocks += _items(
        "What does not hold", _mapping(plan.summary, "verification").get("violations")
    )
    blocks += _items("Notes", plan.summary.get("notes"))
    blocks += _items(
        "Steps of the search", _mapping(plan.summary, "solver").get("steps"), detail=True
    )
    checks = _mapping(plan.summary, "verification").get("checks")
    blocks += _numbers("What was verified", checks, ("Statement", "Places"))
    blocks += _numbers("Size of the program", plan.summary.get("sizes"), ("Of", "Number"))
    blocks += _numbers("Time taken", plan.summary.get("timings_s"), ("Step", "Time [s]"))
    return Section("certainty", "How certain", tuple(blocks))


def proof(plan: Plan) -> str:
    """How much lower the objective could be, in a sentence."""
    gap = plan.summary.get("gap")
    if not is_number(gap):
        return "How far it is from the best possible plan is not proven."
    rounding = plan.summary.get("rounding_gap")
    whole = f" Whole replicas add at most {_rounding(plan.summary)}." if rounding else ""
    better = f"more than {percent(gap)} better" if gap > 0 else "better"
    return f"Proven: no plan is {better} in {_objective_title(plan).lower()}.{whole}"


def verification(plan: Plan) -> str:
    """What the recomputation without the formulation found, in a sentence."""
    found = _mapping(plan.summary, "verification")
    if not found:
        return "The plan was not verified."
    violations = found.get("violations") or ()
    if violations:
        return f"Verification failed: {count(len(violations), 'violation')}."
    checks = _mapping(found, "checks")
    counted = (
        f" of {count(len(checks), 'statement')} at {count(sum(checks.values()), 'place')}"
        if checks
        else ""
    )
    return f"Verified from the inputs alone: no violation{counted}."


def _facts(plan: Plan) -> tuple[tuple[str, str], ...]:
    summary = plan.summary
    objective = _mapping(summary, "objective")
    unit = str(objective.get("unit") or "")
    status = str(summary.get("status") or NONE)
    return (
        ("Status", STATUS.get(status, visible(status))),
        ("Objective minimised", _objective_title(plan)),
        ("Figures stand at", _stand(plan)),
        ("Value of the plan", quantity(objective.get("value"), unit)),
        ("Best possible (bound)", quantity(summary.get("bound"), unit)),
        ("Gap between them", percent(summary.get("gap"))),
        ("Rounding gap", _rounding(summary)),
        ("Verification", verification(plan)),
        ("Solver", visible(_mapping(plan.summary, "solver").get("name") or NONE)),
    )


def _stand(plan: Plan) -> str:
    end = stance_end(plan)
    return f"the {end} end of their bands" if end else "the middle of their bands"


def _rounding(summary: Mapping[str, object]) -> str:
    """What running whole replicas costs where the plan has parts of them."""
    if summary.get("replicas") == "whole":
        return f"{NONE}: replicas are whole"
    gap = summary.get("rounding_gap")
    condition = summary.get("rounding_condition")
    given = f", {visible(condition)}" if condition else ""
    return percent(gap) + given if is_number(gap) else "not known"


def _mapping(summary: Mapping[str, object], key: str) -> Mapping:
    """A part of the summary; empty where it is missing."""
    found = summary.get(key)
    return found if isinstance(found, Mapping) else {}


def _objective_title(plan: Plan) -> str:
    impact = _mapping(plan.summary, "objective").get("impact")
    return impact_title(impact) if impact else NONE


def _title(name: object) -> str:
    words = label(name).replace("_", " ")
    return words[:1].upper() + words[1:]


def _items(title: str, found: object, *, detail: bool = False) -> list[Block]:
    if not isinstance(found, list | tuple) or not found:
        return []
    return [Items(title, tuple(map(visible, found)), detail)]


def _numbers(caption: str, found: object, header: tuple[str, str]) -> list[Block]:
    if not isinstance(found, Mapping) or not found:
        return []
    rows = tuple((_title(name), number(value)) for name, value in found.items())
    return [Table(caption, header, rows, detail=True)]
