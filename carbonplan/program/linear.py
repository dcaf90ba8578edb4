"""Impacts and other sums of terms as coefficients over the stamped columns."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from carbonplan.formulation import impacts
from carbonplan.formulation.risk import loss_terms
from carbonplan.problem import Problem
from carbonplan.program.compiled import Compiled
from carbonplan.program.labels import values_at
from carbonplan.program.placing import Grid
from carbonplan.program.records import Floats


def impact_vector(compiled: Compiled, grid: Grid, problem: Problem, name: str) -> Floats:
    """Coefficients of an impact over the stamped columns."""
    return terms_vector(compiled, grid, impacts.IMPACTS[name](problem))


def terms_vector(compiled: Compiled, grid: Grid, terms: Iterable[impacts.Term]) -> Floats:
    """Coefficients of a sum of terms over the stamped columns."""
    vector = np.zeros(grid.columns)
    for term in terms:
        add_term(vector, compiled, grid, term)
    return vector


def loss_vector(compiled: Compiled, grid: Grid, problem: Problem, future: str) -> Floats:
    """Coefficients of the objective in a future over the stamped columns."""
    vector = np.zeros(grid.columns)
    for weight, term in loss_terms(problem, future):
        add_term(vector, compiled, grid, impacts.Term(term.meter, weight * term.factor))
    return vector


def add_term(vector: Floats, compiled: Compiled, grid: Grid, term: impacts.Term) -> None:
    """Add the coefficients of a term to those over the stamped columns."""
    meter = compiled.meters[term.meter]
    *dims, last = impacts.METERS[term.meter]
    of_slots = last == "slot"
    factor = values_at(term.factor, (*dims, *[last] * (not of_slots)), list(meter.labels))
    coefficients = meter.rows.T @ factor
    used = np.flatnonzero(np.diff(meter.rows.tocsc().indptr))
    columns = grid.column[used] if of_slots else grid.fleet[used][:, None]
    np.add.at(vector, columns, coefficients[used])
