"""Stamping: the compiled slot copied over the horizon with numpy.

The matrix is the same in every slot. Columns are tied rather than rows added: the servers that
a slot sees are those of its stage, its opening state *is* the closing state of the slot before
it, and what is held over a window of slots is the column of the first of them. The columns of
signals, multiplied by their values, become right-hand sides, or entries of the decisions that
carry them. What varies in time lives there and in costs alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import xarray as xr
from numpy.typing import NDArray

from carbonplan.formulation import impacts, over_horizon
from carbonplan.formulation.operations.parameters import SIGNALS
from carbonplan.formulation.risk import loss_terms
from carbonplan.problem import Problem
from carbonplan.program.compiled import (
    FLEET,
    OPEN,
    SIGNAL,
    SLOT,
    Axis,
    Compiled,
    compile_template,
)
from carbonplan.program.records import Floats, Layout, Program
from carbonplan.program.risk import with_risk

LABELS: Mapping[str, tuple[str, ...]] = {
    "Servers": ("stage", "sku", "region"),
    "Purchased": ("stage", "sku", "region"),
    "Kept": ("stage", "cohort", "sku", "region"),
    "Upgraded": ("stage", "cohort", "sku", "new_sku", "region"),
    "Moved": ("stage", "cohort", "sku", "region", "to_region"),
    "Fitted": ("stage", "cohort", "sku", "region", "memory"),
    "FittedServers": ("stage", "sku", "region", "memory"),
    "Powered": ("sku", "region"),
    "PoweredFitted": ("sku", "region", "memory"),
    "Replicas": ("engine", "region"),
    "Starts": ("engine", "region"),
    "Chosen": ("partition",),
    "one_partition_is_chosen": ("workload",),
    "replicas_of_others_rest": ("engine", "region"),
    "Load_rps": ("request_class", "configuration", "region"),
    "Flow_rps": ("request_class", "origin", "region"),
    "Backlog_krequests": ("request_class",),
    "demand_is_routed": ("request_class", "origin"),
    "routed_load_is_served": ("request_class", "region"),
    "prefill_feeds_decode": ("request_class", "weights", "region"),
    "load_within_throughput": ("engine", "region"),
    "replicas_fit_in_servers": ("sku", "region"),
    "powered_servers_are_owned": ("sku", "region"),
    "powered_memory_is_owned": ("sku", "region", "memory"),
    "powered_servers_have_memory": ("sku", "region"),
    "host_reuse_fits": ("sku", "region"),
    "host_memory_holds": ("sku", "region"),
    "replicas_are_started": ("engine", "region"),
    "batch_work_is_carried": ("request_class",),
    "batch_work_meets_deadline": ("request_class",),
    "site_power_holds": ("region",),
    "servers_are_owned": ("stage", "sku", "region"),
    "kept_servers_stood": ("stage", "cohort", "sku", "region"),
    "memory_is_fitted": ("stage", "cohort", "sku", "region"),
    "fitted_memory_stays": ("stage", "cohort", "sku", "region", "memory"),
    "fitted_servers_stand": ("stage", "sku", "region", "memory"),
    "purchases_within_stock": ("stage", "sku", "region"),
    "purchases_within_total_stock": ("stage", "sku"),
    "servers_fit_in_site": ("stage", "region"),
    "purchases_within_budget": ("stage",),
    "purchases_are_ordered": ("stage", "first_stage", "sku", "region"),
    "impact_within_bound": ("impact",),
    "impact_within_stage_bound": ("impact", "stage"),
    "Contracted_kw": ("contract", "region"),
    "Matched_kw": ("contract", "region"),
    "contract_covers_match": ("contract", "region"),
    "matched_within_drawn": ("region",),
    "share_is_matched": ("region",),
    "quality_holds": ("workload",),
    "spare_is_ready": ("workload",),
    "region_share_holds": ("stage", "region"),
    "vendor_share_holds": ("stage", "vendor"),
}

LABELS_OF_SIGNALS: Mapping[str, tuple[str, ...]] = {
    "demand_rps": ("request_class", "origin"),
    "arrivals_rps": ("request_class",),
    "backlog_limit_krequests": ("request_class",),
    "site_it_limit_kw": ("region",),
    "delivered_it_kw_per_kw": ("contract", "region"),
}


HELD = ("Replicas", "Powered", "Chosen")  # decisions that stay over a window of slots


@dataclass(frozen=True)
class Grid:
    """Where compiled columns and rows lie in the stamped program.

    Attributes
    ----------
    fleet
        Stamped position of each of the fleet's columns, (column,); -1 for others.
    column
        Position of each compiled column as each slot sees it, (column, slot); -1 for signals.
    row
        Stamped position of each compiled row in each slot, (row, slot).
    columns, rows
        How many there are.
    """

    fleet: NDArray[np.int64]
    column: NDArray[np.int64]
    row: NDArray[np.int64]
    columns: int
    rows: int


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


def place(compiled: Compiled, problem: Problem) -> Grid:
    """Fleet first, then slot after slot, then the openings of closed runs."""
    by_slot = {name: problem.data[name].values for name in ("previous", "slot_stage", "held")}
    previous, slots = by_slot["previous"], len(by_slot["previous"])
    row, rows = _count_off(compiled.rows, slots)
    column, columns = _count_off_columns(compiled.columns, by_slot["held"])
    fleet = np.where(compiled.columns.kind == FLEET, column[:, 0], -1)
    seen = _of_stages(compiled.columns, [node.name for node in problem.nodes])
    column[list(seen)] = fleet[np.array(list(seen.values()))[:, by_slot["slot_stage"]]]
    opening = compiled.columns.of(OPEN)
    column[opening] = column[_closings(compiled.columns, opening)][:, previous]
    for t in np.flatnonzero(previous < 0):
        column[opening, t] = columns + np.arange(len(opening))
        columns += len(opening)
    return Grid(fleet, column, row, columns, rows)


def _count_off(axis: Axis, slots: int) -> tuple[NDArray[np.int64], int]:
    position = np.full((len(axis.label), slots), -1)
    fleet, slot = axis.of(FLEET), axis.of(SLOT)
    position[fleet] = np.arange(len(fleet))[:, None]
    starts = len(fleet) + len(slot) * np.arange(slots)
    position[slot] = np.arange(len(slot))[:, None] + starts
    return position, len(fleet) + len(slot) * slots


def _count_off_columns(columns: Axis, held: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """The same for columns; what is held has one for all slots of its window."""
    slots = len(held)
    position, _ = _count_off(columns, slots)
    slot = columns.of(SLOT)
    own = np.ones((len(slot), slots), dtype=bool)
    own[np.isin(columns.family[slot], HELD)] = held == np.arange(slots)
    fleet = len(columns.of(FLEET))
    number = fleet + np.cumsum(own.T.ravel()).reshape(own.T.shape).T - 1
    position[slot] = np.where(own, number, number[:, held])
    return position, fleet + int(own.sum())


def _of_stages(columns: Axis, stages: list[str]) -> dict[int, list[int]]:
    """Columns of the first stage, and for each those of all stages of its label."""
    fleet = columns.of(FLEET)
    at = {(columns.family[j], columns.label[j]): j for j in fleet}
    return {
        at[family, label]: [at.get((family, (y, *label[1:])), -1) for y in stages]
        for family, label in at
        if LABELS[family][0] == "stage" and label[0] == stages[0]
    }


def _closings(columns: Axis, opening: NDArray[np.int64]) -> list[int]:
    """The column that each opening column is in the slot before."""
    closing = {(columns.family[j], columns.label[j]): j for j in columns.of(SLOT)}
    return [closing[columns.family[j], columns.label[j]] for j in opening]


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
    powered = np.flatnonzero(
        (compiled.columns.family == "Powered") & (compiled.columns.kind == SLOT)
    )
    labels = [compiled.columns.label[j] for j in powered]
    is_lost = _at(problem.data["region_open"], LABELS["Powered"], labels) == 0
    upper[grid.column[powered][is_lost]] = 0.0
    return upper


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


def carried_entries(
    compiled: Compiled, grid: Grid, problem: Problem
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Rows, columns and values of signals that a decision multiplies."""
    carrier = carriers(compiled.columns, problem)
    carried = np.array(sorted(carrier), dtype=np.int64)
    if not len(carried):
        none = np.zeros(0, dtype=np.int64)
        return none, none, np.zeros(0)
    by = dict(
        zip(carried.tolist(), signal_values(compiled.columns, carried, problem), strict=True)
    )
    entries = np.flatnonzero(np.isin(compiled.matrix.col, carried))
    i, j, v = (
        part[entries]
        for part in (compiled.matrix.row, compiled.matrix.col, compiled.matrix.data)
    )
    values = np.stack([by[signal] for signal in j.tolist()]) * v[:, None]
    columns = grid.column[[carrier[signal] for signal in j.tolist()]]
    return grid.row[i].ravel(), columns.ravel(), values.ravel()


def carriers(columns: Axis, problem: Problem) -> dict[int, int]:
    """The column of the decision that multiplies each carried signal's column."""
    if not problem.carriers:
        return {}
    at = {
        (columns.family[j], columns.label[j]): j
        for kind in (FLEET, SLOT, SIGNAL)
        for j in columns.of(kind).tolist()
    }
    return {
        at[signal]: at[decision]
        for signal, decision in problem.carriers.items()
        if signal in at
    }


def right_hand_sides(compiled: Compiled, grid: Grid, problem: Problem) -> tuple[Floats, Floats]:
    """Bounds of all rows: the compiled ones less signals times their coefficients."""
    carried = carriers(compiled.columns, problem)
    signal = np.setdiff1d(compiled.columns.of(SIGNAL), list(carried))
    coefficients = compiled.matrix.tocsc()[:, signal]
    shift = coefficients @ signal_values(compiled.columns, signal, problem)
    lower, upper = np.empty(grid.rows), np.empty(grid.rows)
    lower[grid.row] = compiled.rows.lower[:, None] - shift
    upper[grid.row] = compiled.rows.upper[:, None] - shift
    return lower, upper


def signal_values(columns: Axis, signal: NDArray[np.int64], problem: Problem) -> Floats:
    """Values of the signals over the slots, (signal, slot)."""
    values = np.zeros((len(signal), problem.data.sizes["slot"]))
    for name in SIGNALS:
        index = np.flatnonzero(columns.family[signal] == name)
        if len(index):
            labels = [columns.label[j] for j in signal[index]]
            values[index] = _at(problem.data[name], LABELS_OF_SIGNALS[name], labels)
    return values


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
    factor = _at(term.factor, (*dims, *[last] * (not of_slots)), list(meter.labels))
    coefficients = meter.rows.T @ factor
    used = np.flatnonzero(np.diff(meter.rows.tocsc().indptr))
    columns = grid.column[used] if of_slots else grid.fleet[used][:, None]
    np.add.at(vector, columns, coefficients[used])


def _at(array: xr.DataArray, dims: tuple[str, ...], labels: list[tuple[str, ...]]) -> Floats:
    """Values at labels, (label, slot); one column where they do not vary in time."""
    picks = {
        dim: xr.DataArray([label[axis] for label in labels], dims="label")
        for axis, dim in enumerate(dims)
        if dim in array.dims
    }
    picked = array.sel(picks)
    slots = [picked["slot"]] if "slot" in picked.dims else []
    shape = (len(labels), slots[0].size if slots else 1)
    wanted = [dim for dim in ("label", "slot") if dim in picked.dims]
    values = picked.transpose(*wanted).values
    if "label" not in wanted:
        values = values[None]
    return np.broadcast_to(values if slots else values[:, None], shape)


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
