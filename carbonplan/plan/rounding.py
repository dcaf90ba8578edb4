"""What continuous replicas hide: the cost of running whole ones instead.

Where replicas are planned as continuous, the plan is rounded up engine by engine, with the
starts, powered servers and servers that this takes: once as it is, and once with parts of
replicas merged first (``merging``). If a rounded plan keeps every row of the program, its
objective is that of a real plan, so the rise bounds what rounding can cost; a better rounding
may cost less. If it passes a limit of the sites or of the stock, the rise is what rounding
costs where that limit gives way, and is stated with the limit and how far it is passed.
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
from carbonplan.plan.risk import with_tight_threshold
from carbonplan.plan.whole_memory import fit_memory

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.configurations import Configurations
    from carbonplan.program import Program


@dataclass(frozen=True)
class RoundingGap:
    """Relative rise of the objective when replicas are rounded up.

    ``reason`` says why it is not known, or which limit would have to give way for it.
    """

    gap: float | None
    reason: str = ""


LIMITS = (
    "site_power_holds",
    "purchases_within_stock",
    "purchases_within_total_stock",
    "servers_fit_in_site",
    "impact_within_bound",
)


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
    if objective == 0.0:
        return RoundingGap(None, "the objective is 0")
    tried = []
    for start in (values, merged(engines, program, values)):
        rounded = _rounded_up(inputs, engines, program, start)
        rounded = with_tight_threshold(program, rounded, inputs.scenario)
        rise = max(float(program.cost @ (rounded - values)), 0.0) / abs(objective)
        tried.append((_broken_rows(program, rounded), rise))
    kept = [rise for broken, rise in tried if not broken]
    if kept:
        return RoundingGap(min(kept))
    broken, rise = min(tried, key=lambda one: (not set(one[0]) <= set(LIMITS), one[1]))
    row, excess = max(broken.values(), key=lambda one: one[1])
    if set(broken) <= set(LIMITS):
        return RoundingGap(rise, f"if {row} gives way by {excess:.1%}")
    return RoundingGap(None, f"replicas rounded up one by one do not keep {row}")


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
    fleet, stage = inputs.scenario.fleet, inputs.series["stage"].values
    needed = {
        (name, *site): on[stage == name].max() / fleet.availability
        for site, on in powered.items()
        for name in dict.fromkeys(stage.tolist())
    }
    _stand(program, rounded, needed)
    servers, is_open = _fleet_columns(program, "Servers"), inputs.series["region_open"]
    for site, positions in operated(program, "Powered").items():
        stands = np.array([servers[name, *site] for name in stage.tolist()])
        all_usable = fleet.availability * rounded[stands] * is_open.sel(region=site[1]).values
        rounded[positions] = powered[site] if fleet.switch_off else all_usable
    fit_memory(program, rounded, stage.tolist(), fleet.availability)
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
    """Whole servers to power, by SKU, region and slot: accelerators are filled, or hosts."""
    powered = operated(program, "Powered")
    filled = {site: np.zeros((2, len(columns))) for site, columns in powered.items()}
    for (engine, region), columns in operated(program, "Replicas").items():
        shares = np.array([engines.server_share[engine], engines.host_share[engine]])
        filled[engines.sku_of[engine], region] += shares[:, None] * values[columns]
    return {site: np.ceil(most.max(axis=0) - NOISE) for site, most in filled.items()}


def _stand(
    program: Program, rounded: NDArray[np.float64], needed: Mapping[tuple[str, ...], float]
) -> None:
    """Buy, in place, the servers that a stage needs beyond those of the plan."""
    purchased = _fleet_columns(program, "Purchased")
    for site, position in _fleet_columns(program, "Servers").items():
        more = max(0.0, float(np.ceil(needed.get(site, 0.0) - NOISE)) - rounded[position])
        rounded[position] += more
        rounded[purchased[site]] += more


def _fleet_columns(program: Program, family: str) -> dict[tuple[str, ...], int]:
    """Columns of a decision of the fleet by (stage, sku, region)."""
    layout = program.columns[family]
    return dict(zip(layout.labels, layout.positions.tolist(), strict=True))


def _broken_rows(program: Program, values: NDArray[np.float64]) -> dict[str, tuple[str, float]]:
    """Of each family with rows that the values break, the one broken most and by how much.

    Upper bounds of columns are not looked at: they are derived, and what limits a fleet is a
    row.
    """
    activity = program.matrix @ values
    lower, upper = program.row_lower, program.row_upper
    with np.errstate(invalid="ignore"):
        missed = np.maximum(lower - activity, activity - upper) / np.maximum(
            1.0, np.abs(activity)
        )
    broken = {}
    for family, layout in program.rows.items():
        worst = int(layout.positions.ravel()[missed[layout.positions].argmax()])
        if missed[worst] > NOISE:
            broken[family] = (program.row_name(worst), float(missed[worst]))
    return broken
