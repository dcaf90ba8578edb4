"""Signals over the slots, and those that a decision multiplies: entries of its column."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from carbonplan.formulation.operations.parameters import SIGNALS
from carbonplan.problem import Problem
from carbonplan.program.compiled import FLEET, SIGNAL, SLOT, Axis, Compiled
from carbonplan.program.labels import LABELS_OF_SIGNALS, values_at
from carbonplan.program.placing import Grid
from carbonplan.program.records import Floats


def signal_values(columns: Axis, signal: NDArray[np.int64], problem: Problem) -> Floats:
    """Values of the signals over the slots, (signal, slot)."""
    values = np.zeros((len(signal), problem.data.sizes["slot"]))
    for name in SIGNALS:
        index = np.flatnonzero(columns.family[signal] == name)
        if len(index):
            labels = [columns.label[j] for j in signal[index]]
            values[index] = values_at(problem.data[name], LABELS_OF_SIGNALS[name], labels)
    return values


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
