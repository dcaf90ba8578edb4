"""The plan: what to buy, where, what runs when, and what that emits; made, written and read.

``Plan`` and ``ImpactTotal`` are at hand at once; what computes, writes and reads is imported
when it is first asked for, since it needs the slow libraries.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from carbonplan.plan.records import ImpactTotal, Plan

if TYPE_CHECKING:
    from carbonplan.plan.assemble import make_plan
    from carbonplan.plan.reading import read
    from carbonplan.plan.tabulate import tables
    from carbonplan.plan.writing import write

__all__ = ["ImpactTotal", "Plan", "make_plan", "read", "tables", "write"]

_HOMES = {
    "make_plan": "carbonplan.plan.assemble",
    "read": "carbonplan.plan.reading",
    "tables": "carbonplan.plan.tabulate",
    "write": "carbonplan.plan.writing",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
