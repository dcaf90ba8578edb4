"""Programs in which some of the fleet is decided already.

What is decided is told by label, not by position, so that a decision of one program can be held
in another that has stages, futures or slots which the first has not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from carbonplan.program.records import Floats, Program

Decided = Mapping[tuple[str, tuple[str, ...]], float]
"""Values of the fleet's decisions by family and label; the label begins with the stage."""

BOUGHT = ("Purchased",)


def fleet_decisions(program: Program, values: NDArray[np.float64]) -> Decided:
    """Every decision about the fleet of a stage, whole where it must be."""
    whole = np.where(program.integer, np.round(values), values)
    return {
        (family, label): float(whole[column]) for family, label, column in _of_stages(program)
    }


def with_fleet(program: Program, decided: Decided, stages: Collection[str]) -> Program:
    """The program with the fleet of some stages held; what was not known there is not used."""
    lower, upper = program.column_lower.copy(), program.column_upper.copy()
    for family, label, column in _of_stages(program):
        if label[0] in stages:
            value = np.clip(decided.get((family, label), 0.0), lower[column], upper[column])
            lower[column] = upper[column] = value
    return replace(program, column_lower=lower, column_upper=upper)


def with_purchases(program: Program, decided: Decided, stages: Collection[str]) -> Program:
    """The program in which at least so many servers are bought in some stages."""
    lower: Floats = program.column_lower.copy()
    for family, label, column in _of_stages(program):
        if family in BOUGHT and label[0] in stages:
            least = min(decided.get((family, label), 0.0), program.column_upper[column])
            lower[column] = max(lower[column], least)
    return replace(program, column_lower=lower)


def without_slots(program: Program, slots: NDArray[np.int64]) -> Program:
    """The program in which nothing has to hold in some slots."""
    lower, upper = program.row_lower.copy(), program.row_upper.copy()
    for layout in program.rows.values():
        if layout.positions.ndim > 1:
            rows = layout.positions[:, slots]
            lower[rows], upper[rows] = -np.inf, np.inf
    return replace(program, row_lower=lower, row_upper=upper)


def _of_stages(program: Program) -> Iterator[tuple[str, tuple[str, ...], int]]:
    """Family, label and position of each of the fleet's columns."""
    for family, layout in program.columns.items():
        if layout.dims[:1] == ("stage",) and layout.positions.ndim == 1:
            for label, column in zip(layout.labels, layout.positions.tolist(), strict=True):
                yield family, label, column
