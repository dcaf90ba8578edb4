"""Stamping: the compiled slot copied over the horizon with numpy.

The matrix is the same in every slot, and some of its columns are tied (``placing``). The
columns of signals, multiplied by their values, become right-hand sides, or entries of the
decisions that carry them (``carried``). What varies in time lives there and in costs alone.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from carbonplan.formulation import impacts, over_horizon
from carbonplan.problem import Problem
from carbonplan.program.carried import carried_entries, carriers, signal_values
from carbonplan.program.compiled import (
    FLEET,
    OPEN,
    SIGNAL,
    SLOT,
    Axis,
    Compiled,
    compile_template,
)
from carbonplan.program.labels import LABELS, values_at
from carbonplan.program.linear import impact_vector, loss_vector, terms_vector
from carbonplan.program.placing import Grid, place
from carbonplan.program.records import Floats, Layout, Program
from carbonplan.program.risk import with_risk


def stamp(problem: Problem) -> Program:
    """The whole horizon of a problem as sparse arrays."""
    return stamp_compiled(compile_template(problem), problem)


def stamp_compiled(compiled: Compiled, problem: Problem) -> Program:
    """Copy the compiled slot over the horizon; add the bounds on impacts."""
    grid = place(compiled, problem)
    lower, upper = right_hand_sides(compiled, grid, problem)
    stated = impacts.stated(problem)
    linear = {name: impact_vector(compiled, grid, problem, name) for name in stated}
    for name, parts in impacts.SUMS.items():
        linear[name] = np.sum([linear[part] for part in parts], axis=0)
    rows = over_horizon.rows(problem)
    limits = np.array([row.at_most for row in rows])
    limited = [terms_vector(compiled, grid, row.terms) for row in rows]
    matrix = stamped_matrix(compiled, grid, problem)
    weights = impacts.weights(problem)
    losses = {
        future: loss_vector(compiled, grid, problem, future) for future in problem.risk.futures
    }
    program = Program(
        matrix=sp.csc_array(sp.vstack([matrix, *(sp.csr_array(v[None]) for v in limited)])),
        row_lower=np.concatenate([lower, np.full(len(limits), -np.inf)]),
        row_upper=np.concatenate([upper, limits]),
        column_lower=spread(compiled, grid, compiled.columns.lower),
        column_upper=upper_bounds(compiled, grid, problem),
        integer=spread(compiled, grid, compiled.integer),
        cost=np.sum([weight * linear[name] for name, weight in weights.items()], axis=0),
        offset=0.0,
        impacts={name: (vector, 0.0) for name, vector in linear.items()},
        columns=layouts(compiled.columns, grid.fleet, grid.column),
        rows=layouts(compiled.rows, grid.row[:, 0], grid.row)
        | rows_over_horizon(rows, grid.rows),
        losses=losses,
    )
    return with_risk(program, problem.risk) if problem.risk.weight else program


def spread(
    compiled: Compiled, grid: Grid, values: NDArray, empty: float | None = None
) -> NDArray:
    """Values of compiled columns over the stamped ones.

    Where a closed run begins nothing waits: the backlog's opening takes the value ``empty``.
    """
    stamped = np.empty(grid.columns, dtype=values.dtype)
    for kind in (OPEN, SLOT):  # an opening that is a closing takes the latter's value
        index = compiled.columns.of(kind)
        own = values[index]
        if kind == OPEN and empty is not None:
            own = np.where(compiled.columns.family[index] == "Backlog_krequests", empty, own)
        stamped[grid.column[index]] = own[:, None]
    fleet = compiled.columns.of(FLEET)
    stamped[grid.fleet[fleet]] = values[fleet]
    return stamped


def upper_bounds(compiled: Compiled, grid: Grid, problem: Problem) -> Floats:
    """Upper bounds of columns: no server is powered in a region that is lost."""
    upper = spread(compiled, grid, compiled.columns.upper, empty=0.0)
    powered, is_lost = lost(compiled.columns, problem, "Powered")
    upper[grid.column[powered][is_lost]] = 0.0
    return upper


def lost(
    axis: Axis, problem: Problem, family: str
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Where a family of sites is in a slot, and whether their region is lost, (site, slot)."""
    sites = np.flatnonzero((axis.family == family) & (axis.kind == SLOT))
    labels = [axis.label[i] for i in sites]
    return sites, values_at(problem.data["region_open"], LABELS[family], labels) == 0


def stamped_matrix(compiled: Compiled, grid: Grid, problem: Problem) -> sp.csr_array:
    """The compiled matrix at every slot, with carried signals; the fleet's rows once."""
    i, j, v = compiled.matrix.row, compiled.matrix.col, compiled.matrix.data
    fleet = compiled.rows.kind[i] == FLEET
    slot = ~fleet & (compiled.columns.kind[j] != SIGNAL)
    slots = grid.row.shape[1]
    rows, columns, values = carried_entries(compiled, grid, problem)
    matrix = sp.coo_array(
        (
            np.concatenate([v[fleet], np.repeat(v[slot], slots), values]),
            (
                np.concatenate([grid.row[i[fleet], 0], grid.row[i[slot]].ravel(), rows]),
                np.concatenate([grid.fleet[j[fleet]], grid.column[j[slot]].ravel(), columns]),
            ),
        ),
        shape=(grid.rows, grid.columns),
    ).tocsr()
    matrix.eliminate_zeros()  # a slot that precedes itself cancels what is carried
    return matrix


def right_hand_sides(compiled: Compiled, grid: Grid, problem: Problem) -> tuple[Floats, Floats]:
    """Bounds of all rows: the compiled ones less signals times their coefficients.

    Where servers are never switched off all are on, but for those in a region that is lost.
    """
    carried = carriers(compiled.columns, problem)
    signal = np.setdiff1d(compiled.columns.of(SIGNAL), list(carried))
    coefficients = compiled.matrix.tocsc()[:, signal]
    shift = coefficients @ signal_values(compiled.columns, signal, problem)
    lower, upper = np.empty(grid.rows), np.empty(grid.rows)
    lower[grid.row] = compiled.rows.lower[:, None] - shift
    upper[grid.row] = compiled.rows.upper[:, None] - shift
    owned, is_lost = lost(compiled.rows, problem, "powered_servers_are_owned")
    lower[grid.row[owned][is_lost]] = -np.inf
    return lower, upper


def layouts(
    axis: Axis, of_fleet: NDArray[np.int64], of_slots: NDArray[np.int64]
) -> dict[str, Layout]:
    """Layout of each family, in the order in which they appear."""
    found: dict[str, Layout] = {}
    for family in dict.fromkeys(axis.family.tolist()):
        mine = axis.family == family
        fleet = np.flatnonzero(mine & (axis.kind == FLEET))
        index = fleet if len(fleet) else np.flatnonzero(mine & (axis.kind == SLOT))
        if len(index):
            places = of_fleet[index] if len(fleet) else of_slots[index]
            found[family] = Layout(LABELS[family], tuple(axis.label[j] for j in index), places)
    return found


def rows_over_horizon(rows: list[over_horizon.HorizonRow], start: int) -> dict[str, Layout]:
    """Layout of the rows over the whole horizon, which come last."""
    found = {}
    for family in over_horizon.FAMILIES:
        labels = tuple(row.label for row in rows if row.family == family)
        if labels:
            positions = start + np.arange(len(labels))
            found[family] = Layout(LABELS[family], labels, positions)
        start += len(labels)
    return found
