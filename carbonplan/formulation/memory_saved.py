"""What chosen memory changes in impacts: carbon of making and cost, against servers as sold."""

from __future__ import annotations

from carbonplan.formulation.terms import Term
from carbonplan.problem import Problem


def memory_saved(problem: Problem, unit: str) -> tuple[Term, ...]:
    """Carbon [kgCO2e] or cost [USD] that servers are not charged with: negative."""
    if not problem.fittings:
        return ()
    return (Term("Fitted", -problem.data[f"saved_{unit}"]),)


def memory_saved_by_use(problem: Problem) -> tuple[Term, ...]:
    """Carbon that powered servers are not charged with by use [kgCO2e]: negative."""
    if not problem.fittings:
        return ()
    p = problem.data
    return (Term("PoweredFitted", -p["hours"] * p["saved_kgco2e_per_hour"]),)
