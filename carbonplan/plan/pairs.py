"""Request classes on the configurations that serve them, and what was measured of each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.configurations import Configuration
from carbonplan.configurations.modes import configuration_of, is_of
from carbonplan.plan.figures import Figure, Figures, Modelled, host_figures
from carbonplan.technology.host_sockets import host_replica
from carbonplan.technology.measured import (
    MeasuredReplica,
    measured_replicas,
    place_of_replica,
)
from carbonplan.technology.operating import Replica

if TYPE_CHECKING:
    import xarray as xr

    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.configurations import Configurations


@dataclass(frozen=True)
class Pair:
    """A request class on a configuration that serves it.

    Attributes
    ----------
    measured
        Figures of an operating point that its user measured, or that lies between measured
        times; none where the models stand in.
    power
        Figures of its power beside these, where only times were measured.
    """

    request_class: str
    configuration: str
    replica: Replica
    measured: Figures
    power: Figures = ()


def pairs_in_use(
    inputs: Inputs, configurations: Configurations, data: xr.Dataset
) -> list[Pair]:
    """Every request class on every configuration that carries load of it."""
    served = data["load_rps"].sum(("region", "slot"))
    served = served.transpose("request_class", "configuration")
    classes = data["request_class"].values.tolist()
    kept = {one.name: one for one in configurations.kept}
    names = data["configuration"].values.tolist()
    points = _measured_points(inputs)
    times, _ = measured_replicas(inputs.measurements)
    models = Modelled.of(inputs)
    pairs = []
    for k, c in np.argwhere(served.values > 0.0):
        replica = replica_of(inputs, kept[names[c]])
        pair = Pair(classes[k], names[c], replica, points.get((classes[k], names[c]), ()))
        whole = replica.role == "mixed"
        between = times.get(place_of_replica(replica)) if whole else None
        pairs.append(pair if between is None else _between_times(models, pair, between))
    return pairs


def replica_of(inputs: Inputs, one: Configuration) -> Replica:
    """The replica that a configuration is."""
    servers = {server.name: server for server in inputs.servers}
    llms = {card.llm: card for card in inputs.llms}
    if one.on_host:
        of = servers[one.sku], llms[one.llm]
        return host_replica(*of, one.tensor_parallel, one.precision)
    return Replica(
        servers[one.sku],
        llms[one.llm],
        one.tensor_parallel,
        one.pipeline_parallel,
        one.precision,
        one.clock_fraction,
        one.role,
        one.mode,
    )


def _measured_points(inputs: Inputs) -> dict[tuple[str, str], Figures]:
    """Measured operating points, by class and configuration."""
    return {
        (one.name, configuration_of(profile, one).name): (
            Figure("measured profile", "measured", profile.source),
        )
        for profile in inputs.profiles
        for one in inputs.classes
        if is_of(profile, one)
    }


def _between_times(models: Modelled, pair: Pair, measured: MeasuredReplica) -> Pair:
    """The pair on a replica whose times were measured: interpolated, so derived from them.

    The host's power is the catalogue's, and the accelerators' the model's where not measured.
    """
    replica = pair.replica
    times = Figure(f"measured times of {replica.llm.llm}", "derived", measured.source)
    power = host_figures(replica.server)
    if measured.prefill_w is None or not measured.step_w:
        power += models.figures(replica)
    return replace(pair, measured=(times,), power=power)
