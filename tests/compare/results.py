"""Results of cases that nobody solved, for what is said about them."""

from __future__ import annotations

from collections.abc import Mapping

from carbonplan.compare.records import CaseResult, Servers
from carbonplan.plan import ImpactTotal

UNITS = {"carbon": "kgCO2e", "cost": "USD"}


def result(
    name: str,
    carbon: float,
    cost: float,
    *,
    bound: float | None = None,
    labels: Mapping[str, str] | None = None,
    numbers: Mapping[str, float] | None = None,
) -> CaseResult:
    """A case that minimises carbon, proven to its plan unless a bound is given."""
    values = {"carbon": carbon, "cost": cost}
    return CaseResult(
        name=name,
        labels=labels or {"what": name},
        numbers=numbers or {},
        status="optimal",
        exit_code=0,
        folder=f"cases/{name}",
        fingerprint="0123456789ab",
        objective="carbon",
        unit="kgCO2e",
        value=carbon,
        bound=carbon if bound is None else bound,
        gap=0.0 if bound is None else (carbon - bound) / carbon,
        impacts={
            impact: ImpactTotal(value, UNITS[impact], {"north": value}, {"h100": value})
            for impact, value in values.items()
        },
        servers=(Servers("now", "h100", "north", 2, 1),),
    )


def missing(name: str, message: str = "no plan meets it") -> CaseResult:
    """A case without a plan."""
    return CaseResult(name, {"what": name}, {}, "infeasible", 4, message)
