"""What a request takes in each phase, and the figures that this rests on.

The table of a plan has one energy for a request, less what its replicas draw at any load.
Recomputed with a host that draws nothing
under load it falls into prefill and decode on the accelerators, and the transfer of the KV
cache where these are different ones; the rest is what the host draws. Where a user's
measurements stand in nothing more is known than the sum.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

from carbonplan.configurations.routes import class_limits
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
    """Energy of a request of each pair by phase; the phases sum to the plan's energy.

    What replicas draw at any load is in none of them: it is taken off all alike.
    """
    models = Modelled.of(inputs)
    phases_kj = _phases_kj(inputs, [pair for pair in pairs if not pair.measured])
    energy_kj = data["energy_kj_per_request"].transpose("request_class", "configuration")
    for pair in pairs:
        whole_kj = float(energy_kj.loc[pair.request_class, pair.configuration])
        if pair.measured:
            yield PhaseEnergy(pair, "profile", whole_kj, pair.measured + pair.power)
            continue
        by_phase, full_kj = phases_kj[pair.request_class, pair.configuration]
        left = whole_kj / full_kj
        for phase, kj in by_phase.items():
            yield PhaseEnergy(pair, phase, left * kj, models.figures(pair.replica, [phase]))
        host_kj = left * (full_kj - sum(by_phase.values()))
        if abs(host_kj) > HOST_SHARE_OF_NOTHING * whole_kj:
            figures = models.figures(pair.replica) + host_figures(pair.replica.server)
            yield PhaseEnergy(pair, "host_load", host_kj, figures)


def _phases_kj(
    inputs: Inputs, pairs: Sequence[Pair]
) -> Mapping[tuple[str, str], tuple[Mapping[str, float], float]]:
    """Phases on the accelerators alone, and all of a request, by its configuration [kJ]."""
    found = {}
    for llm in dict.fromkeys(pair.replica.llm.llm for pair in pairs):
        mine = {p.configuration: p.replica for p in pairs if p.replica.llm.llm == llm}
        classes = [one for one in inputs.classes if llm in one.workload.llms]
        limits = [class_limits(inputs, one) for one in classes]
        full, points = (
            operating_points(
                replicas,
                limits,
                inputs.scenario.fleet.utilisation_limit,
                calibration_of(inputs),
            )
            for replicas in (list(mine.values()), list(map(_alone, mine.values())))
        )
        for (k, one), (c, name) in product(enumerate(classes), enumerate(mine)):
            phases = {
                phase: float(getattr(points, f"{phase}_kj_per_request")[k, c])
                for phase in PHASES[points.replicas[c].role]
            }
            found[one.name, name] = phases, float(full.energy_kj_per_request[k, c])
    return found


def _alone(replica: Replica) -> Replica:
    """The replica on a host that draws nothing more under load."""
    server = replica.server
    host = server.host.model_copy(update={"load_w": 0.0})
    return replace(replica, server=replace(server, host=host))
