"""The columns and rows of risk beside a stamped program, see ``formulation.risk``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from carbonplan.formulation.risk import WORST
from carbonplan.problem.records import Risk
from carbonplan.program.records import Floats, Layout, Program

THRESHOLD, EXCESS, COVERS = "Threshold", "Excess", "excess_covers_loss"


def with_risk(program: Program, risk: Risk) -> Program:
    """(51), (52): what the worst futures lose beyond a threshold counts in the objective."""
    names = tuple((name,) for name in program.losses)
    rows, columns = program.matrix.shape
    threshold, excess = np.array([columns]), columns + 1 + np.arange(len(names))
    covers = rows + np.arange(len(names))
    probability = np.array([risk.futures[name] for name in program.losses])
    beyond = risk.weight * probability / risk.tail
    wider = _widened(program, len(names))
    return replace(
        wider,
        matrix=_with_rows(program, len(names)),
        row_lower=np.concatenate([program.row_lower, np.full(len(names), -np.inf)]),
        row_upper=np.concatenate([program.row_upper, np.zeros(len(names))]),
        cost=np.concatenate([(1 - risk.weight) * program.cost, [risk.weight], beyond]),
        columns=program.columns
        | {
            THRESHOLD: Layout(("futures",), ((WORST,),), threshold),
            EXCESS: Layout(("future",), names, excess),
        },
        rows=program.rows | {COVERS: Layout(("future",), names, covers)},
    )


def _widened(program: Program, futures: int) -> Program:
    """The program with a threshold, and an excess of each future, that nothing uses yet."""
    lowest, highest = _range(program, program.losses)
    room = np.full(futures, highest - lowest)
    width = len(program.cost) + 1 + futures
    return replace(
        program,
        column_lower=np.concatenate([program.column_lower, [lowest], np.zeros(futures)]),
        column_upper=np.concatenate([program.column_upper, [highest], room]),
        integer=np.concatenate([program.integer, np.zeros(1 + futures, dtype=bool)]),
        impacts={
            name: (_padded(vector, width), constant)
            for name, (vector, constant) in program.impacts.items()
        },
        losses={name: _padded(loss, width) for name, loss in program.losses.items()},
    )


def _with_rows(program: Program, futures: int) -> sp.csc_array:
    """(51) Loss less threshold less excess, below the rows of the program."""
    losses = sp.csr_array(np.stack(list(program.losses.values())))
    threshold = sp.csr_array(np.full((futures, 1), -1.0))
    rows = sp.hstack([losses, threshold, -sp.eye_array(futures, format="csr")])
    matrix = sp.csr_array(program.matrix, copy=True)
    matrix.resize((matrix.shape[0], rows.shape[1]))
    return sp.csc_array(sp.vstack([matrix, rows]))


def _range(program: Program, losses: Mapping[str, Floats]) -> tuple[float, float]:
    """Bounds that no loss can leave between the bounds of the columns."""
    lowest, highest = [], []
    for loss in losses.values():
        counted = loss != 0
        ends = [loss[counted] * bound[counted] for bound in _bounds(program)]
        lowest.append(float(np.minimum(*ends).sum()))
        highest.append(float(np.maximum(*ends).sum()))
    return min(lowest), max(highest)


def _bounds(program: Program) -> tuple[Floats, Floats]:
    return program.column_lower, program.column_upper


def _padded(vector: Floats, width: int) -> Floats:
    return np.concatenate([vector, np.zeros(width - len(vector))])
