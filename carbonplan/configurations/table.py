"""The table of what configurations need: modelled, as measured, and with head-room."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.catalogue.inputs import Inputs, MeasuredProfile, WorkloadClass
from carbonplan.configurations.hosts import may_serve_batch
from carbonplan.configurations.modes import is_of
from carbonplan.configurations.records import Configuration
from carbonplan.technology.host_sockets import host_share, replica_dram_gb
from carbonplan.technology.operating import OperatingPoints, Replica

if TYPE_CHECKING:
    import xarray as xr


def modelled(
    inputs: Inputs,
    candidates: list[tuple[Configuration, Replica]],
    classes: list[WorkloadClass],
    points: OperatingPoints,
) -> xr.Dataset:
    """What candidates of one LLM need for its classes, as the models have it."""
    import xarray as xr

    pair, single, engine = ("request_class", "configuration"), ("configuration",), ("engine",)
    on_host = np.array([c.on_host for c, _ in candidates])
    batch = np.array([may_serve_batch(k) for k in classes])
    served = (points.rate_rps > 0) & (batch[:, None] | ~on_host)
    engines = [c.engine for c, _ in candidates]
    first = [engines.index(name) for name in dict.fromkeys(engines)]
    costs = float(inputs.scenario.fleet.start_costs)
    start_hours = points.start_hours[first] * costs
    of_slot = np.minimum(start_hours / inputs.scenario.horizon.slot_hours, 1.0)
    names = [k.name for k in inputs.classes]
    rows = [names.index(k.name) for k in classes]
    by_pair = {}
    for name in ("rate_rps", "energy_kj_per_request", "ttft_s"):
        values = np.zeros((len(names), len(candidates)))  # of other LLMs' classes
        values[rows] = np.where(served, getattr(points, name), 0.0)
        by_pair[name] = (pair, values)
    by_engine = {
        "accelerators": np.array([float(candidates[i][0].accelerators) for i in first]),
        "host_share": np.array([host_share(candidates[i][1]) for i in first]) * on_host[first],
        "host_dram_gb": np.array([replica_dram_gb(candidates[i][1]) for i in first])
        * on_host[first],
        "loaded_kw": points.loaded_kw[first],
        "working_kw": np.zeros(len(first)),
        "start_hours": start_hours,
        "start_fraction": of_slot,
        "start_energy_kwh": points.start_energy_kwh[first] * costs,
    }
    return xr.Dataset(
        by_pair | {name: (engine, values) for name, values in by_engine.items()},
        {
            "request_class": names,
            "configuration": [c.name for c, _ in candidates],
            "engine": [engines[i] for i in first],
            "sku": (single, [c.sku for c, _ in candidates]),
            "llm": (single, [c.llm for c, _ in candidates]),
            "role": (single, [c.role for c, _ in candidates]),
            "on_host": (single, on_host),
            "configuration_engine": (single, engines),
        },
    )


def with_profiles(
    inputs: Inputs, table: xr.Dataset, profiles: Iterable[MeasuredProfile]
) -> xr.Dataset:
    """Replace the model by what was measured, wherever a profile names the pair."""
    for p in profiles:
        name = Configuration(
            p.llm, p.sku, p.tensor_parallel, p.pipeline_parallel, p.precision, p.clock_fraction
        ).name
        if name not in table["configuration"].values:
            continue
        for one in inputs.classes:
            if is_of(p, one):
                place = {"request_class": one.name, "configuration": name}
                limit = inputs.scenario.fleet.utilisation_limit
                table["rate_rps"].loc[place] = p.max_rate_rps * limit
                table["energy_kj_per_request"].loc[place] = p.energy_j_per_request / 1e3
                table["ttft_s"].loc[place] = p.ttft_s
    return table


def with_headroom(inputs: Inputs, table: xr.Dataset) -> xr.Dataset:
    """Plan each workload at its share of the rates: capacity is a multiple of the load."""
    import xarray as xr

    headroom = [one.workload.headroom for one in inputs.classes]
    return table.assign(
        rate_rps=table["rate_rps"] / xr.DataArray(headroom, dims="request_class")
    )


def joined(tables: list[xr.Dataset]) -> xr.Dataset:
    """Tables of several LLMs as one."""
    import xarray as xr

    of_engines = [name for name, v in tables[0].items() if v.dims == ("engine",)]
    of_pairs = [name for name in tables[0] if name not in of_engines]
    pairs = xr.concat([table[of_pairs] for table in tables], "configuration")
    engines = [
        xr.Dataset(
            {name: table[name].variable for name in of_engines}, {"engine": table["engine"]}
        )
        for table in tables
    ]
    return pairs.merge(xr.concat(engines, "engine"))
