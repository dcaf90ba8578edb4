"""Rows over the whole horizon: sums of terms that stay within a limit.

(23) impact_within_bound        F_i ≤ F̄_i                                       ∀ i bounded
(57) impact_within_stage_bound  F_i restricted to y ≤ p_y F̄_iy                  ∀ (i,y) bounded
(43) share_is_matched           ψ energy − matched energy ≤ 0                   ∀ r

F_i      an impact, as in ``impacts``                                   [the impact's]
p_y      probability of the futures that share stage y                  [1]
ψ        matched_share        least share of the energy that is matched [1]

What belongs to a stage is what its slots and its servers count; contracts for power belong to
no stage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carbonplan.formulation.contracts import matching_regions, unmatched_energy
from carbonplan.formulation.impacts import IMPACTS, parts, reading
from carbonplan.formulation.terms import METERS, Term
from carbonplan.problem import Problem

if TYPE_CHECKING:
    import pyomo.environ as pyo


@dataclass(frozen=True)
class HorizonRow:
    """A sum of terms that stays within a limit."""

    family: str
    label: tuple[str, ...]
    terms: tuple[Term, ...]
    at_most: float


def rows(problem: Problem) -> list[HorizonRow]:
    """Every row over the horizon, family by family."""
    return [
        *(
            HorizonRow("impact_within_bound", (impact,), terms_of(problem, impact), at_most)
            for impact, at_most in problem.bounds
        ),
        *(
            HorizonRow(
                "impact_within_stage_bound",
                (impact, stage),
                tuple(of_stage(problem, term, stage) for term in terms_of(problem, impact)),
                at_most,
            )
            for impact, stage, at_most in problem.stage_bounds
        ),
        *(
            HorizonRow("share_is_matched", (r,), tuple(unmatched_energy(problem, r)), 0.0)
            for r in matching_regions(problem)
        ),
    ]


def terms_of(problem: Problem, impact: str) -> tuple[Term, ...]:
    """Terms of a named impact."""
    return tuple(term for part in parts(impact) for term in IMPACTS[part](problem))


def of_stage(problem: Problem, term: Term, stage: str) -> Term:
    """A term restricted to what happens in a stage; nothing where it belongs to none."""
    import xarray as xr

    names = [node.name for node in problem.nodes]
    dims = METERS[term.meter]
    if "slot" in dims:
        own = (problem.data["slot_stage"] == names.index(stage)).astype(float)
    elif "stage" in dims:
        own = xr.DataArray([float(n == stage) for n in names], {"stage": names}, ("stage",))
    else:
        own = xr.DataArray(0.0)
    return Term(term.meter, term.factor * own)


def add(m: pyo.ConcreteModel, problem: Problem) -> None:
    """Attach the rows to a whole-horizon model."""
    import pyomo.environ as pyo

    found: dict[str, dict] = {family: {} for family in FAMILIES}
    for row in rows(problem):
        label = row.label if len(row.label) > 1 else row.label[0]
        found[row.family][label] = row
    for family, of_family in found.items():
        rule = _rule(of_family)
        setattr(m, family, pyo.Constraint(list(of_family), rule=rule))


def _rule(of_family: dict):
    def within(m, *label):
        row = of_family[label if len(label) > 1 else label[0]]
        return sum(reading(m, term) for term in row.terms) <= row.at_most

    return within


FAMILIES = ("impact_within_bound", "impact_within_stage_bound", "share_is_matched")
