"""Energy at part load, where replicas are few and whole: what they draw for working at all.

A fleet of many replicas runs them full. Of few, which are whole, some have little to do, and
draw far more than their share of full power: of the energy at full load, that is counted by
the replica which it takes at any load, and only the rest by the request.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.configurations.routes import class_limits
from carbonplan.technology.measured import place_of, place_of_replica
from carbonplan.technology.operating import Replica, operating_points
from carbonplan.technology.part_load import lines
from carbonplan.technology.planning import calibration_of

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from carbonplan.catalogue.inputs import Inputs


def with_working_power(
    inputs: Inputs, table: xr.Dataset, replicas: Mapping[str, Replica]
) -> xr.Dataset:
    """Move what engines draw at any load from their requests to their replicas.

    Replicas on hosts, and those whose user measured them, stay as they are.

    Parameters
    ----------
    replicas
        By the names of configurations.
    """
    import xarray as xr

    at_any_load, left = _by_name(inputs, table, replicas)
    working = xr.DataArray(
        [at_any_load.get(name, 0.0) for name in table["engine"].values], dims="engine"
    )
    of_requests = xr.DataArray(
        [left.get(name, 1.0) for name in table["configuration"].values], dims="configuration"
    )
    return table.assign(
        energy_kj_per_request=table["energy_kj_per_request"] * of_requests,
        working_kw=working,
        loaded_kw=table["loaded_kw"] + working,
    )


def _by_name(
    inputs: Inputs, table: xr.Dataset, replicas: Mapping[str, Replica]
) -> tuple[dict[str, float], dict[str, float]]:
    """Power at any load by engine [kW], and the part left to requests by configuration [1]."""
    measured = _measured(inputs)
    of_llm: dict[str, list[tuple[str, str]]] = {}
    for name, engine, on_host in zip(
        *(table[name].values for name in ("configuration", "configuration_engine", "on_host")),
        strict=True,
    ):
        replica = replicas[name]
        if not on_host and not measured & set(_places(replica)):
            of_llm.setdefault(replica.llm.llm, []).append((name, engine))
    demand = _mean_demand_rps(inputs)
    calibration = calibration_of(inputs)
    at_any_load: dict[str, float] = {}
    left: dict[str, float] = {}
    for llm, named in of_llm.items():
        classes = [k for k, one in enumerate(inputs.classes) if llm in one.workload.llms]
        points = operating_points(
            [replicas[name] for name, _ in named],
            [class_limits(inputs, inputs.classes[k]) for k in classes],
            inputs.scenario.fleet.utilisation_limit,
            calibration,
        )
        drawn = lines(points, demand[classes], calibration)
        members: dict[str, list[int]] = {}
        for i, (_, engine) in enumerate(named):
            members.setdefault(engine, []).append(i)
        for engine, places in members.items():
            at_any_load[engine], parts = drawn.of_engine(np.array(places))
            left |= {named[i][0]: float(part) for i, part in zip(places, parts, strict=True)}
    return at_any_load, left


def _mean_demand_rps(inputs: Inputs) -> NDArray[np.float64]:
    """Mean arrivals of each class, (class,) [1/s]."""
    arrivals = inputs.series["arrivals_rps"].sum("origin").mean("slot")
    return np.array(
        [
            float(arrivals.sel(workload=one.workload.name)) * one.request_class.share
            for one in inputs.classes
        ]
    )


def _measured(inputs: Inputs) -> set[tuple]:
    """What tells replicas that a user measured, at any clock."""
    return {
        (one.sku, one.llm, one.tensor_parallel, one.pipeline_parallel, one.precision)
        for one in inputs.profiles
    } | {place_of(row)[:-1] for row in inputs.measurements}


def _places(replica: Replica) -> tuple[tuple, tuple]:
    """The same of a replica: by its SKU, and by its accelerator."""
    of_accelerator = place_of_replica(replica)[:-1]
    return (replica.server.name, *of_accelerator[1:]), of_accelerator
