"""What continuous replicas hide: the cost of running whole ones instead.

Where replicas are planned as continuous, the plan is rounded up engine by engine, with the
starts, powered servers and servers that this takes: once as it is, and once with parts of
replicas merged first (``merging``). If a rounded plan keeps every row of the program, its
objective is that of a real plan, so the rise bounds what rounding can cost. A better rounding
may cost less.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.plan.decisions import NOISE
from carbonplan.plan.merging import (
    Engines,
    Place,
    merged,
    operated,
    with_replicas_that_load,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.configurations import Configurations
    from carbonplan.program import Program


@dataclass(frozen=True)
class RoundingGap:
    """Relative rise of the objective when replicas are rounded up, or why it is not known."""

    gap: float | None
    reason: str = ""


def rounding_gap(
    inputs: Inputs,
    configurations: Configurations,
    program: Program,
    values: NDArray[np.float64],
) -> RoundingGap:
    """Upper estimate of what whole replicas cost beyond the plan; zero if they are whole."""
    if program.integer[program.columns["Replicas"].positions].all():
        return RoundingGap(0.0)
    engines = Engines.of(inputs, configurations)
    objective = float(program.cost @ values) + program.offset
    rises, broken = [], []
    for start in (values, merged(engines, program, values)):
        rounded = _rounded_up(inputs, engines, program, start)
        row = _broken_row(program, rounded)
        if row is None:
            rises.append(float(program.cost @ (rounded - values)))
        else:
            broken.append(row)
    if not rises:
        return RoundingGap(None, f"replicas rounded up one by one do not keep {broken[0]}")
    if objective == 0.0:
        return RoundingGap(None, "the objective is 0")
    return RoundingGap(max(min(rises), 0.0) / abs(objective))


def _rounded_up(
    inputs: Inputs, engines: Engines, program: Program, values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Values with whole replicas, and the starts, power and servers that these need."""
    rounded = values.copy()
    replicas = program.columns["Replicas"].positions
    rounded[replicas] = np.ceil(values[replicas] - NOISE)
    if "Starts" in program.columns:
        previous = inputs.series["previous"].values.astype(int)
        with_replicas_that_load(engines, program, rounded, previous)
        _open(program, rounded, previous)
    powered = _powered(engines, program, rounded)
    fleet = inputs.scenario.fleet
    _stand(
        program, rounded, {site: on.max() / fleet.availability for site, on in powered.items()}
    )
    servers = _fleet_columns(program, "Servers")
    for site, positions in operated(program, "Powered").items():
        all_usable = fleet.availability * rounded[servers[site]]
        rounded[positions] = powered[site] if fleet.switch_off else all_usable
    return rounded


def _open(program: Program, rounded: NDArray[np.float64], previous: NDArray[np.int64]) -> None:
    """A closed run begins, in place, with the replicas of its first slot running.

    What ran before it are columns that no decision names.
    """
    layout = program.rows.get("replicas_are_started")
    if layout is None or (previous >= 0).all():
        return
    named = np.zeros(len(rounded), dtype=bool)
    for family in program.columns.values():
        named[family.positions] = True
    unnamed, replicas = np.flatnonzero(~named), operated(program, "Replicas")
    matrix = program.matrix.tocsr()
    for t in np.flatnonzero(previous < 0):
        for row, opening in np.argwhere(matrix[layout.positions[:, t]][:, unnamed].toarray()):
            rounded[unnamed[opening]] = rounded[replicas[layout.labels[row]][t]]


def _powered(
    engines: Engines, program: Program, values: NDArray[np.float64]
) -> dict[Place, NDArray[np.float64]]:
    """Whole servers to power, by SKU, region and slot: those whose accelerators are filled."""
    filled: dict[Place, NDArray[np.float64]] = {}
    for (engine, region), columns in operated(program, "Replicas").items():
        site = engines.sku_of[engine], region
        filled[site] = filled.get(site, 0.0) + engines.server_share[engine] * values[columns]
    return {
        site: np.ceil(filled.get(site, np.zeros(len(columns))) - NOISE)
        for site, columns in operated(program, "Powered").items()
    }


def _stand(
    program: Program, rounded: NDArray[np.float64], needed: Mapping[Place, float]
) -> None:
    """Buy, in place, the servers that are needed beyond those of the plan."""
    purchased = _fleet_columns(program, "Purchased")
    for site, position in _fleet_columns(program, "Servers").items():
        more = max(0.0, float(np.ceil(needed.get(site, 0.0) - NOISE)) - rounded[position])
        rounded[position] += more
        rounded[purchased[site]] += more


def _fleet_columns(program: Program, family: str) -> dict[Place, int]:
    layout = program.columns[family]
    return dict(zip(layout.labels, layout.positions.tolist(), strict=True))


def _broken_row(program: Program, values: NDArray[np.float64]) -> str | None:
    """Name of the row that the values break most, None if they keep all.

    Upper bounds of columns are not looked at: they are derived, and what limits a fleet is a
    row.
    """
    activity = program.matrix @ values
    lower, upper = program.row_lower, program.row_upper
    with np.errstate(invalid="ignore"):
        missed = np.maximum(lower - activity, activity - upper) / np.maximum(
            1.0, np.abs(activity)
        )
    if missed.size == 0 or missed.max() <= NOISE:
        return None
    return program.row_name(int(missed.argmax()))
