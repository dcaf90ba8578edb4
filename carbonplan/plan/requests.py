"""What a request takes in each phase, and the figures that this rests on.

The table of a plan has one energy for a request. Recomputed with a host that draws nothing
under load it falls into prefill and decode on the accelerators, and the transfer of the KV
cache where these are different ones; the rest is what the host draws. Where a user's
measurements stand in nothing more is known than the sum.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

from carbonplan.configurations.enumeration import class_limits
from carbonplan.plan.figures import PHASES, Figures, Modelled, host_figures
from carbonplan.plan.pairs import Pair
from carbonplan.technology.operating import Replica, operating_points
from carbonplan.technology.planning import calibration_of

if TYPE_CHECKING:
    import xarray as xr

    from carbonplan.catalogue.inputs import Inputs

HOST_SHARE_OF_NOTHING = 1e-9  # of a request's energy; below it, rounding of the sum


@dataclass(frozen=True)
class PhaseEnergy:
    """IT energy of a request in one phase, above that of an idle replica."""

    pair: Pair
    phase: str
    energy_kj: float
    figures: Figures


def phase_energies(
    inputs: Inputs, pairs: Sequence[Pair], data: xr.Dataset
) -> Iterator[PhaseEnergy]:
    """Energy of a request of each pair by phase; the phases sum to the plan's energy."""
    models = Modelled.of(inputs)
    phases_kj = _phases_kj(inputs, [pair for pair in pairs if not pair.measured])
    energy_kj = data["energy_kj_per_request"].transpose("request_class", "configuration")
    for pair in pairs:
        whole_kj = float(energy_kj.loc[pair.request_class, pair.configuration])
        if pair.measured:
            yield PhaseEnergy(pair, "profile", whole_kj, pair.measured + pair.power)
            continue
        by_phase = phases_kj[pair.request_class, pair.configuration]
        for phase, kj in by_phase.items():
            yield PhaseEnergy(pair, phase, kj, models.figures(pair.replica, [phase]))
        host_kj = whole_kj - sum(by_phase.values())
        if abs(host_kj) > HOST_SHARE_OF_NOTHING * whole_kj:
            figures = models.figures(pair.replica) + host_figures(pair.replica.server)
            yield PhaseEnergy(pair, "host_load", host_kj, figures)


def _phases_kj(
    inputs: Inputs, pairs: Sequence[Pair]
) -> Mapping[tuple[str, str], Mapping[str, float]]:
    """Phases on the accelerators alone, by class and configuration [kJ]."""
    scenario = inputs.scenario
    calibration = calibration_of(inputs)
    found = {}
    for llm in dict.fromkeys(pair.replica.llm.llm for pair in pairs):
        mine = {p.configuration: _alone(p.replica) for p in pairs if p.replica.llm.llm == llm}
        classes = [one for one in inputs.classes if llm in one.workload.llms]
        points = operating_points(
            list(mine.values()),
            [class_limits(inputs, one) for one in classes],
            scenario.fleet.utilisation_limit,
            calibration,
        )
        for (k, one), (c, name) in product(enumerate(classes), enumerate(mine)):
            found[one.name, name] = {
                phase: float(getattr(points, f"{phase}_kj_per_request")[k, c])
                for phase in PHASES[points.replicas[c].role]
            }
    return found


def _alone(replica: Replica) -> Replica:
    """The replica on a host that draws nothing more under load."""
    server = replica.server
    host = server.host.model_copy(update={"load_w": 0.0})
    return replace(replica, server=replace(server, host=host))
