"""Where the columns and rows of one compiled slot lie in the stamped program.

Columns are tied rather than rows added: the servers that a slot sees are those of its stage,
its opening state *is* the closing state of the slot before it, and what is held over a window
of slots is the column of the first of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from carbonplan.problem import Problem
from carbonplan.program.compiled import FLEET, OPEN, SLOT, Axis, Compiled
from carbonplan.program.labels import LABELS

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
