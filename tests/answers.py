"""Ways to ask for answers in tests: rows of a model by name, and exact optima."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyomo.environ as pyo
from pyomo.contrib.appsi.solvers.highs import Highs
from pyomo.repn import generate_standard_repn

from carbonplan.formulation.build import horizon
from carbonplan.problem import Problem
from carbonplan.program import Program
from carbonplan.program.stamping import stamp
from carbonplan.solve import Limits, solve
from carbonplan.solve.solution import Solution

EXACT = Limits(gap=0.0, time_limit_s=60.0, threads=1, seed=0)


def name_of(component: pyo.Component) -> str:
    """Family and index of a row or decision, without Pyomo's quotes."""
    index = component.index()
    labels = index if isinstance(index, tuple) else (index,)
    return f"{component.parent_component().local_name}[{','.join(map(str, labels))}]"


def row(constraint: pyo.Constraint) -> dict[str, float]:
    """Coefficients of a constraint by the names of its decisions, with its sides."""
    body = generate_standard_repn(constraint.body)
    terms = {
        name_of(variable): coefficient
        for variable, coefficient in zip(body.linear_vars, body.linear_coefs, strict=True)
        if coefficient
    }
    sides = {
        side: pyo.value(bound) - body.constant
        for side, bound in (("lower", constraint.lower), ("upper", constraint.upper))
        if bound is not None
    }
    return terms | sides


def plain(problem: Problem) -> pyo.ConcreteModel:
    """The whole horizon as one Pyomo model."""
    return horizon(problem)


@dataclass(frozen=True)
class Answer:
    """An optimum of a problem, to be asked for decisions and impacts."""

    program: Program
    solution: Solution

    @property
    def total(self) -> float:
        return self.solution.objective

    def decision(self, family: str, *label: str) -> np.ndarray:
        """Values of a decision, one for each slot (or one for the fleet's)."""
        layout = self.program.columns[family]
        return self.solution.values[layout.positions[layout.labels.index(label)]]

    def impact(self, name: str) -> float:
        vector, constant = self.program.impacts[name]
        return float(vector @ self.solution.values + constant)


def optimum(problem: Problem) -> Answer:
    """The proven optimum of a small problem."""
    program = stamp(problem)
    return Answer(program, solve(program, EXACT, isolated=False))


def without(problem: Problem, family: str) -> float:
    """Optimum of the whole-horizon model with one family of constraints left out."""
    m = horizon(problem)
    getattr(m, family).deactivate()
    return least_of(m)


def plain_optimum(problem: Problem) -> float:
    """Optimum of the whole-horizon model, infinite where there is no plan."""
    return least_of(horizon(problem))


def least_of(m: pyo.ConcreteModel) -> float:
    """Least objective of a model, infinite where it has no point."""
    solver = Highs()
    solver.config.load_solution = False
    solver.highs_options["mip_rel_gap"] = 0.0
    found = solver.solve(m).best_feasible_objective
    return np.inf if found is None else found
