"""Programs that ask for more, or for something else, than the one at hand.

A question about a plan is the same program with another objective, with one more row, or with
other bounds on a few columns: nothing is formulated anew.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from carbonplan.program.records import Floats, Layout, Program


def minimising(program: Program, impact: str) -> Program:
    """The program that minimises one of its impacts."""
    vector, constant = program.impacts[impact]
    return replace(program, cost=vector, offset=constant)


def with_row(
    program: Program,
    family: str,
    label: tuple[str, ...],
    vector: Floats,
    *,
    lower: float = -np.inf,
    upper: float = np.inf,
    dims: tuple[str, ...] = ("question",),
) -> Program:
    """The program with one more row, ``lower <= vector @ x <= upper``.

    Parameters
    ----------
    family, label
        Name of the row; a family that the program has already gets one more label.
    vector
        Coefficients over the columns, (column,).
    """
    row = len(program.row_lower)
    known = program.rows.get(family)
    labels = (label,) if known is None else (*known.labels, label)
    positions = np.array([row]) if known is None else np.append(known.positions, row)
    layout = Layout(dims if known is None else known.dims, labels, positions)
    return replace(
        program,
        matrix=sp.csc_array(sp.vstack([program.matrix, sp.csr_array(vector[None])])),
        row_lower=np.append(program.row_lower, lower),
        row_upper=np.append(program.row_upper, upper),
        rows={**program.rows, family: layout},
    )


def within(program: Program, impact: str, at_most: float) -> Program:
    """The program in which an impact is at most so much, in its unit."""
    vector, constant = program.impacts[impact]
    return with_row(
        program,
        "impact_of_question_holds",
        (impact,),
        vector,
        upper=at_most - constant,
        dims=("impact",),
    )


def objective_within(program: Program, at_most: float) -> Program:
    """The program whose present objective is at most so much, whatever is minimised next."""
    upper = at_most - program.offset
    return with_row(program, "objective_holds", ("objective",), program.cost, upper=upper)


def count_vector(program: Program, family: str, **labels: str) -> Floats:
    """Coefficients that add up a family's columns with some labels, over (column,).

    ``count_vector(program, "Servers", sku="l4-8", region="eu")`` counts those servers in all
    stages; a dimension that is not named is summed over, slots too.

    Raises
    ------
    KeyError
        The program has no such family, or the family no such dimension.
    """
    layout = program.columns[family]
    chosen = [layout.dims.index(dim) if dim in layout.dims else None for dim in labels]
    if None in chosen:
        raise KeyError(f"{family} is over {layout.dims}, not over {tuple(labels)}")
    wanted = tuple(labels.values())
    mine = [tuple(label[i] for i in chosen) == wanted for label in layout.labels]
    vector = np.zeros(len(program.cost))
    vector[np.unique(layout.positions[np.array(mine, dtype=bool)])] = 1.0
    return vector


def held_at(program: Program, vector: Floats, value: float = 0.0) -> Program:
    """The program in which every column that a vector counts is held at a value."""
    lower, upper = program.column_lower.copy(), program.column_upper.copy()
    lower[vector != 0] = upper[vector != 0] = value
    return replace(program, column_lower=lower, column_upper=upper)
