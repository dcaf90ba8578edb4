"""Memory of the servers of a rounded plan: those that are added come in the smallest size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from carbonplan.program import Layout, Program


def fit_memory(
    program: Program, rounded: NDArray[np.float64], stages: list[str], availability: float
) -> None:
    """Give, in place, every server that stands and every one that is powered a size.

    Parameters
    ----------
    rounded
        Values with whole servers; memory is still that of the plan.
    stages
        Stage of each slot.
    availability
        Share of the servers that is usable.
    """
    if "Fitted" not in program.columns:
        return
    servers, fitted = _by_label(program.columns["Servers"]), program.columns["Fitted"]
    fleet = _by_label(program.columns["FittedServers"])
    for (y, g, r), position in servers.items():
        mine = [key for key in fleet if key[:3] == (y, g, r)]
        missing = rounded[position] - sum(rounded[fleet[key]] for key in mine)
        size = mine[-1][3]
        rounded[fleet[y, g, r, size]] += missing
        rounded[_by_label(fitted)[y, y, g, r, size]] += missing
    _power_memory(program, rounded, stages, availability)


def _power_memory(
    program: Program, rounded: NDArray[np.float64], stages: list[str], availability: float
) -> None:
    """Powered servers by size, as many of each as the plan had and then of those that stand."""
    fleet = _by_label(program.columns["FittedServers"])
    on = program.columns["PoweredFitted"]
    powered = dict(
        zip(
            program.columns["Powered"].labels, program.columns["Powered"].positions, strict=True
        )
    )
    left = {site: rounded[positions].copy() for site, positions in powered.items()}
    for (g, r, size), positions in reversed(list(zip(on.labels, on.positions, strict=True))):
        stand = [rounded[fleet[y, g, r, size]] for y in stages]
        taken = np.minimum(availability * np.array(stand), left[g, r])
        rounded[positions] = taken
        left[g, r] -= taken


def _by_label(layout: Layout) -> dict[tuple[str, ...], int]:
    return dict(zip(layout.labels, layout.positions.tolist(), strict=True))
