"""Small programs with two or three impacts whose Pareto sets are known."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np

from carbonplan.program import Program
from tests.solve.programs import INFINITY, program


def with_impacts(candidate: Program, **vectors: list[float]) -> Program:
    """The program with impacts by name."""
    impacts = {name: (np.array(vector, dtype=float), 0.0) for name, vector in vectors.items()}
    return replace(candidate, impacts=impacts)


def clean_or_cheap() -> Program:
    """Ten units of work by x (1 kg, 3 USD each) or y (3 kg, 1 USD each), not whole.

    Whatever the split, carbon is 30 - 2x and cost 10 + 2x: the front is a straight line from
    (10, 30) to (30, 10), on which carbon and cost sum to 40.
    """
    work = program([[1, 1]], [10], [INFINITY], cost=[1, 3], integer=False)
    return with_impacts(work, carbon=[1, 3], cost=[3, 1], energy=[1, 1])


def random_choice(seed: int, impacts: int) -> Program:
    """Whole numbers of four kinds for some work, each with random whole impacts."""
    generator = np.random.default_rng(seed)
    rates = generator.integers(1, 5, 4).astype(float)
    work = program([rates], [11.0], [INFINITY], cost=[1.0] * 4, upper=4.0)
    names = ("carbon", "cost", "water")[:impacts]
    return with_impacts(work, **{name: generator.integers(1, 12, 4).tolist() for name in names})


def pareto_set(candidate: Program, names: tuple[str, ...]) -> set[tuple[float, ...]]:
    """Impacts of every whole point that no other betters, by enumeration."""
    ranges = [range(int(upper) + 1) for upper in candidate.column_upper]
    points = np.array(list(itertools.product(*ranges)), dtype=float)
    activity = points @ candidate.matrix.toarray().T
    points = points[(activity >= candidate.row_lower - 1e-9).all(axis=1)]
    found = np.array([points @ candidate.impacts[name][0] for name in names]).T
    found = np.unique(found, axis=0)
    return {
        tuple(one.tolist())
        for one in found
        if not ((found <= one).all(axis=1) & (found < one).any(axis=1)).any()
    }
