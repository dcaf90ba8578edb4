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
    losses = program.losses
    names = [(name,) for name in losses]
    count, columns = len(names), len(program.cost)
    lowest, highest = _range(program, losses)
    probability = np.array([risk.futures[name] for name in losses])
    beyond = risk.weight * probability / risk.tail
    rows = sp.hstack(
        [
            sp.csr_array(np.stack(list(losses.values()))),
            sp.csr_array(np.full((count, 1), -1.0)),
            -sp.eye_array(count, format="csr"),
        ]
    )
    width = columns + 1 + count
    matrix = sp.csr_array(program.matrix, copy=True)
    matrix.resize((matrix.shape[0], width))
    return replace(
        program,
        matrix=sp.csc_array(sp.vstack([matrix, rows])),
        row_lower=np.concatenate([program.row_lower, np.full(count, -np.inf)]),
        row_upper=np.concatenate([program.row_upper, np.zeros(count)]),
        column_lower=np.concatenate([program.column_lower, [lowest], np.zeros(count)]),
        column_upper=np.concatenate(
            [program.column_upper, [highest], np.full(count, highest - lowest)]
        ),
        integer=np.concatenate([program.integer, np.zeros(1 + count, dtype=bool)]),
        cost=np.concatenate([(1 - risk.weight) * program.cost, [risk.weight], beyond]),
        impacts={
            name: (_padded(vector, width), constant)
            for name, (vector, constant) in program.impacts.items()
        },
        losses={name: _padded(loss, width) for name, loss in losses.items()},
        columns=program.columns
        | {
            THRESHOLD: Layout(("futures",), ((WORST,),), np.array([columns])),
            EXCESS: Layout(("future",), tuple(names), columns + 1 + np.arange(count)),
        },
        rows=program.rows
        | {
            COVERS: Layout(
                ("future",), tuple(names), program.matrix.shape[0] + np.arange(count)
            )
        },
    )


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
