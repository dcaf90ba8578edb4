r"""Risk: the objective counts its mean over all futures, and that of the worst of them.

(50) loss                 z_f = Σ_i w_i F_i restricted to f                      ∀ f
(51) excess_covers_loss   u_f ≥ z_f − η                                          ∀ f
(52) risk_adjusted        (1 − β) Σ_f p_f z_f + β (η + Σ_f p_f u_f / α)

z_f      loss          objective in future f                         [objective]
η        Threshold     loss that the worst futures alone pass        [objective]
u_f      Excess        by how much future f passes it                [objective]
p_f      risk.futures  probability                                   [1]
α        risk.tail     share of the worst futures                    [1]
β        risk.weight   weight of the worst futures                   [1]

Factors of impacts count probabilities. What belongs to one future is divided by its own there;
what all futures share, the stages before they come apart, belongs to each of them as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonplan.formulation.impacts import IMPACTS, METERS, Term, reading, weights
from carbonplan.problem import Problem

if TYPE_CHECKING:
    import pyomo.environ as pyo
    import xarray as xr

WORST = "worst"  # label of the threshold


def add(m: pyo.ConcreteModel, problem: Problem) -> None:
    """Attach the decisions and the family to a whole-horizon model that has an objective."""
    import pyomo.environ as pyo

    m.FUTURES = pyo.Set(initialize=list(problem.risk.futures), doc="futures")
    m.Threshold = pyo.Var([WORST], doc="loss that the worst futures alone pass [objective]")
    m.Excess = pyo.Var(
        m.FUTURES, within=pyo.NonNegativeReals, doc="by how much they pass it [objective]"
    )
    m.loss = pyo.Expression(
        m.FUTURES,
        rule=lambda m, f: sum(w * reading(m, term) for w, term in loss_terms(problem, f)),
        doc="objective in a future [objective]",
    )
    m.excess_covers_loss = pyo.Constraint(m.FUTURES, rule=excess_covers_loss)
    m.objective.set_value(risk_adjusted(m, problem))


def excess_covers_loss(m, f):
    """(51) What a future loses beyond the threshold is its excess [objective]."""
    return m.Excess[f] >= m.loss[f] - m.Threshold[WORST]


def risk_adjusted(m, problem: Problem):
    """(52) Mean of all futures and of the worst, by their weights [objective]."""
    beyond = sum(p * m.Excess[f] for f, p in problem.risk.futures.items()) / problem.risk.tail
    worst = m.Threshold[WORST] + beyond
    return (1 - problem.risk.weight) * m.objective.expr + problem.risk.weight * worst


def loss_terms(problem: Problem, future: str) -> list[tuple[float, Term]]:
    """(50) Terms of the objective in a future, each with its weight."""
    return [
        (weight, of_future(problem, term, future))
        for impact, weight in weights(problem).items()
        for term in IMPACTS[impact](problem)
    ]


def of_future(problem: Problem, term: Term, future: str) -> Term:
    """A term restricted to what happens in a future, as if it were known to come."""
    dims = METERS[term.meter]
    if "slot" in dims:
        return Term(term.meter, term.factor * _share_of_slots(problem, future))
    if "stage" in dims:
        return Term(term.meter, term.factor * _share_of_stages(problem, future))
    return term


def _share_of_slots(problem: Problem, future: str) -> xr.DataArray:
    """How often a slot counts in a future: once where shared, else by the probability."""
    slot_future = problem.data["slot_future"]
    own = (slot_future == future) / problem.risk.futures[future]
    return own.where(slot_future != "", 1.0)


def _share_of_stages(problem: Problem, future: str) -> xr.DataArray:
    import xarray as xr

    own = {None: 1.0, future: 1.0 / problem.risk.futures[future]}
    return xr.DataArray(
        [own.get(node.future, 0.0) for node in problem.nodes],
        {"stage": [node.name for node in problem.nodes]},
        ("stage",),
    )
