"""What continuous replicas hide: the cost of running whole ones instead.

Where replicas are planned as continuous, the plan is rounded up replica by replica, with the
starts, powered servers and servers that this takes. If the rounded plan keeps every row of the
program, its objective is that of a real plan, so the rise bounds what rounding can cost. A
better rounding may cost less.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.plan.decisions import NOISE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.configurations import Configurations
    from carbonplan.program import Program

Site = tuple[str, str]  # sku, region


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
    rounded = _rounded_up(inputs, configurations, program, values)
    broken = _broken_row(program, rounded)
    if broken is not None:
        return RoundingGap(None, f"replicas rounded up one by one do not keep {broken}")
    objective = float(program.cost @ values) + program.offset
    if objective == 0.0:
        return RoundingGap(None, "the objective is 0")
    rise = float(program.cost @ (rounded - values))
    return RoundingGap(max(rise, 0.0) / abs(objective))


def _rounded_up(
    inputs: Inputs,
    configurations: Configurations,
    program: Program,
    values: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Values with whole replicas, and the starts, power and servers that these need."""
    rounded = values.copy()
    replicas = program.columns["Replicas"].positions
    rounded[replicas] = np.ceil(values[replicas] - NOISE)
    if "Starts" in program.columns:
        starts = program.columns["Starts"].positions
        rise = _rise(program, rounded, inputs.series["previous"].values.astype(int))
        rounded[starts] = np.maximum(rounded[starts], rise)
    powered = _powered(
        _servers_in_use(inputs, configurations, program, rounded), program, rounded
    )
    fleet = inputs.scenario.fleet
    _stand(
        program, rounded, {site: on.max() / fleet.availability for site, on in powered.items()}
    )
    servers = _fleet_columns(program, "Servers")
    for site, positions in _operated(program, "Powered").items():
        all_usable = fleet.availability * rounded[servers[site]]
        rounded[positions] = powered[site] if fleet.switch_off else all_usable
    return rounded


def _rise(
    program: Program, values: NDArray[np.float64], previous: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Replicas beyond those of the slot before, over the labels of the starts and slots."""
    replicas = _operated(program, "Replicas")
    running = values[np.array([replicas[label] for label in program.columns["Starts"].labels])]
    return np.where(previous >= 0, running - running[:, previous], 0.0)


def _servers_in_use(
    inputs: Inputs,
    configurations: Configurations,
    program: Program,
    values: NDArray[np.float64],
) -> dict[Site, NDArray[np.float64]]:
    """Servers whose accelerators the replicas fill, by slot."""
    in_server = {server.name: server.sku.accelerators for server in inputs.servers}
    configuration_of = {
        configuration.name: configuration for configuration in configurations.kept
    }
    filled: dict[Site, NDArray[np.float64]] = {}
    for (name, region), positions in _operated(program, "Replicas").items():
        configuration = configuration_of[name]
        share = configuration.accelerators / in_server[configuration.sku]
        site = configuration.sku, region
        filled[site] = filled.get(site, 0.0) + share * values[positions]
    return filled


def _powered(
    filled: Mapping[Site, NDArray[np.float64]], program: Program, values: NDArray[np.float64]
) -> dict[Site, NDArray[np.float64]]:
    """Whole servers to power, by slot: those of the plan, and what the replicas need more."""
    return {
        site: np.ceil(np.maximum(values[positions], filled.get(site, 0.0)) - NOISE)
        for site, positions in _operated(program, "Powered").items()
    }


def _stand(
    program: Program, rounded: NDArray[np.float64], needed: Mapping[Site, float]
) -> None:
    """Buy, in place, the servers that are needed beyond those of the plan."""
    purchased = _fleet_columns(program, "Purchased")
    for site, position in _fleet_columns(program, "Servers").items():
        more = max(0.0, float(np.ceil(needed.get(site, 0.0) - NOISE)) - rounded[position])
        rounded[position] += more
        rounded[purchased[site]] += more


def _operated(program: Program, family: str) -> dict[Site, NDArray[np.int64]]:
    layout = program.columns[family]
    return dict(zip(layout.labels, layout.positions, strict=True))


def _fleet_columns(program: Program, family: str) -> dict[Site, int]:
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
