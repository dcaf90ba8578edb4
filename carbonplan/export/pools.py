"""Pools: the engines that a plan runs, what one replica of each is, and how many run when."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.export.records import Pool
from carbonplan.technology.figures import replica_figures
from carbonplan.technology.memory import kv_bytes_per_sequence, kv_room_gb
from carbonplan.technology.operating import Replica, operating_points
from carbonplan.technology.planning import calibration_of
from carbonplan.units import BYTES_PER_GB, SECONDS_PER_HOUR
from carbonplan.verify.naming import named_replica, sku_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr

    from carbonplan.catalogue.inputs import Inputs

ROUNDING = 1e-6  # of replicas, below which a fraction is noise of the solver
TOKEN_STEP = 1024  # in which the longest sequence is sought [tokens]


def replicas_by_name(
    inputs: Inputs, names: Sequence[str]
) -> tuple[dict[str, Replica], list[str]]:
    """Replicas that configurations stand for, and a line for each that the scenario lacks."""
    found: dict[str, Replica] = {}
    problems = []
    for name in names:
        replica = named_replica(inputs, name)
        if isinstance(replica, Replica):
            found[name] = replica
        else:
            problems.append(f"configuration {name!r}: {replica}")
    return found, problems


def pools_of(inputs: Inputs, data: xr.Dataset, replicas: Mapping[str, Replica]) -> list[Pool]:
    """Pools of the engines of which replicas run in any slot."""
    running = data["replicas"].transpose("engine", "region", "slot").values
    engines = data["engine"].values.astype(str).tolist()
    regions = data["region"].values.astype(str).tolist()
    pools = []
    for e in np.flatnonzero(running.max(axis=(1, 2), initial=0.0) > ROUNDING):
        counts = np.ceil(running[e] - ROUNDING).astype(int)
        by_region = {
            region: tuple(counts[r].tolist())
            for r, region in enumerate(regions)
            if counts[r].any()
        }
        pools.append(_pool(inputs, data, replicas, engines[e], by_region))
    return pools


def _pool(
    inputs: Inputs,
    data: xr.Dataset,
    replicas: Mapping[str, Replica],
    engine: str,
    counts: Mapping[str, tuple[int, ...]],
) -> Pool:
    names = data["configuration"].values.astype(str)
    mine = names[data["configuration_engine"].values.astype(str) == engine].tolist()
    replica = replicas[mine[0]]
    of_engine = data.sel(engine=engine)
    accelerators = round(float(of_engine["accelerators"]))
    servers = {server.name: server for server in inputs.servers}
    server = servers[sku_of(replica)]
    return Pool(
        engine=engine,
        llm=replica.llm.llm,
        sku=server.name,
        role=replica.role,
        precision=replica.precision,
        native_precision=replica.llm.native_precision,
        tensor_parallel=replica.tensor_parallel,
        pipeline_parallel=replica.pipeline_parallel,
        accelerators=accelerators,
        servers=max(1, math.ceil(accelerators / server.sku.accelerators)),
        cpus=_cores(replica),
        dram_gb=float(of_engine["host_dram_gb"]),
        runs_bf16=replica.server.accelerator.bf16_tflops is not None,
        start_s=float(of_engine["start_hours"]) * SECONDS_PER_HOUR,
        sequences=_sequences(inputs, data, replicas, mine),
        model_tokens=_model_tokens(inputs, replica),
        context_tokens=replica.llm.context_tokens,
        classes=_classes(data, mine),
        replicas=counts,
        measured=bool(replica.mode),
    )


def _classes(data: xr.Dataset, names: Sequence[str]) -> tuple[str, ...]:
    """Request classes of which configurations carry load."""
    load = data["load_rps"].sel(configuration=names).sum(("configuration", "region", "slot"))
    return tuple(load["request_class"].values[load.values > 0.0].astype(str).tolist())


def _cores(replica: Replica) -> int:
    """Cores of a host that a replica on its sockets takes; 0 of one on accelerators."""
    if replica.server.accelerator.kind != "cpu":
        return 0
    host = replica.server.host
    return math.floor(host.cores * replica.tensor_parallel / host.sockets)


def _sequences(
    inputs: Inputs, data: xr.Dataset, replicas: Mapping[str, Replica], names: Sequence[str]
) -> int | None:
    r"""Sequences in flight in a replica at the planned mix of classes and its full rate [1].

    .. math:: B = \sum_k \phi_k B_k / \sum_k \phi_k, \quad \phi_k = L_k / r_k

    with the time φ that replicas spend on a class of load L at the rate r, and its largest
    batch inside the limits, by Little's law. None where times were measured, not modelled, and
    of replicas for prompts, which hold none.
    """
    from carbonplan.configurations.routes import class_limits

    replica = replicas[names[0]]
    if replica.role == "prefill" or _is_measured(inputs, replica):
        return None
    load = data["load_rps"].sum(("region", "slot")).sel(configuration=names)
    rate = data["rate_rps"].sel(configuration=names)
    order = ("request_class", "configuration")
    load, rate = load.transpose(*order).values, rate.transpose(*order).values
    busy = np.divide(load, rate, out=np.zeros_like(load), where=rate > 0.0)
    served = np.flatnonzero(busy.any(axis=1))
    if not served.size:
        return None
    classes = {one.name: one for one in inputs.classes}
    labels = data["request_class"].values.astype(str)[served].tolist()
    points = operating_points(
        [replicas[name] for name in names],
        [class_limits(inputs, classes[label]) for label in labels],
        inputs.scenario.fleet.utilisation_limit,
        calibration_of(inputs),
    )
    weights = busy[served] * (points.batch > 0.0)
    if not weights.any():
        return None
    return max(1, math.ceil((points.batch * weights).sum() / weights.sum() - ROUNDING))


def _is_measured(inputs: Inputs, replica: Replica) -> bool:
    """Whether operating points of an LLM on a SKU were measured, so that no batch is known."""
    llm, accelerator = replica.llm.llm, replica.server.accelerator.accelerator
    measured = {(one.llm, one.sku) for one in inputs.profiles}
    times = {(one.llm, one.accelerator) for one in inputs.measurements}
    return (
        bool(replica.mode) or (llm, sku_of(replica)) in measured or (llm, accelerator) in times
    )


def _model_tokens(inputs: Inputs, replica: Replica) -> int | None:
    """Longest sequence that the LLM can hold and one replica has memory for [tokens]."""
    longest = replica.llm.context_tokens
    if replica.mode:
        return None
    figures = replica_figures([replica], calibration_of(inputs))
    room = float(kv_room_gb(figures)[0]) * BYTES_PER_GB
    tokens = np.append(np.arange(TOKEN_STEP, longest, TOKEN_STEP), longest)
    fits = kv_bytes_per_sequence(tokens[:, None], figures)[:, 0] <= room
    return int(tokens[fits].max()) if fits.any() else None
