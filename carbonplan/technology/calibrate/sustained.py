"""Clock that the power limit leaves to large matrix multiplications, by board.

Where multiplications draw the limit, what they reach of the data sheet's peak is the clock at
which they run: a large one reaches the same share of the peak at any clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from carbonplan.technology.calibrate.clock_priors import ClockFit
from carbonplan.technology.calibrate.kernels import KernelRow
from carbonplan.technology.calibrate.loads import SUSTAINED, architecture
from carbonplan.technology.calibrate.serving import Known

LARGE = ("gemm", "bfloat16", "compute")  # kernel, format and bound
AT_LIMIT = 0.95  # of the limit; from here on it holds the clock [1]
REACHED = 0.93  # of the peak at the clock that a multiplication runs at [1]
SHEET_CLOCK = {"hopper": 0.924, "blackwell": 0.945}  # of the sheet's peak, over boost [1]


def held_by_limit(rows: Iterable[KernelRow]) -> tuple[KernelRow, ...]:
    """Large multiplications that draw the limit."""
    return tuple(
        row
        for row in rows
        if (row.kernel, row.number_format, row.bound) == LARGE
        and (row.power or 0.0) >= AT_LIMIT
    )


def sustained_clock(reached: float, family: str) -> float:
    r"""Clock over boost at which multiplications run, :math:`r\, f_{sheet} / 0.93` [1].

    Parameters
    ----------
    reached
        Throughput over the data sheet's dense peak, r [1].
    family
        Architecture. Sheets of some state the peak at a clock below boost: operations per
        clock of a multiprocessor times their number say at which.

    Source
    ------
    ``aiconfigurator-operators-2026`` for r; 0.93 is what multiplications on an H100 reach at
    locked clocks.
    """
    return float(min(reached * SHEET_CLOCK.get(family, 1.0) / REACHED, 1.0))


def sustained_clocks(
    fitted: Iterable[ClockFit], kernels: Iterable[KernelRow], known: Known
) -> tuple[ClockFit, ...]:
    """Of boards that were not fitted but stand at their limit, and the mean by architecture."""
    boards = {one.family: one for one in fitted if one.coefficient == SUSTAINED}
    further = {
        row.accelerator: _board(row, architecture(row.accelerator, known))
        for row in held_by_limit(kernels)
        if row.accelerator not in boards
    }
    architectures: dict[str, list[ClockFit]] = {}
    for name, one in (*boards.items(), *further.items()):
        architectures.setdefault(architecture(name, known), []).append(one)
    means = [_mean(name, some) for name, some in sorted(architectures.items())]
    return (*further.values(), *means)


def _board(row: KernelRow, family: str) -> ClockFit:
    low, value, high = (
        sustained_clock(reached, family) for reached in (row.low, row.reached, row.high)
    )
    error = (high - low) / (2.0 * value)
    return ClockFit(SUSTAINED, row.accelerator, value, low, high, "1", row.rows, error)


def _mean(family: str, boards: Sequence[ClockFit]) -> ClockFit:
    value = float(np.mean([one.value for one in boards]))
    low, high = min(one.low for one in boards), max(one.high for one in boards)
    error = max(one.median_abs_error or 0.0 for one in boards)
    rows = sum(one.rows for one in boards)
    return ClockFit(SUSTAINED, family, value, low, high, "1", rows, error)
