r"""Who holds the accelerators of a plan, slot by slot: request classes, or nobody.

A replica of engine e is busy with class k for what its load takes of the planned rate,
:math:`b_{ke} = \sum_{c \in e} L_{kc} / \rho_{kc}` of the :math:`n_e` that run; what is left is
held ready. The head-room below the sustained rate, which keeps the SLOs, is part of the
planned rate and so belongs to whoever is served. An accelerator is held by the replica on it.
Those without one rest: as whole servers as far as replicas could lie more closely, and beside
replicas otherwise. A server that is off is off for now, in reserve if it is on only in a slot
of no weight (the loss of another region), or unused.

A class holds an accelerator for prompts and for answers, by what each takes of a replica's
time (``prompt_time_share``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.plan.shares import (
    Floats,
    Places,
    Shape,
    Shares,
    classes,
    holders,
    joined,
    of_class,
    of_state,
    of_states,
    shares_at,
)
from carbonplan.plan.standing import standing_in_slots

if TYPE_CHECKING:
    import xarray as xr

NOISE = 1e-6  # of a server; what lacks so little to a whole one is rounding


@dataclass(frozen=True)
class Occupancy:
    """Shares of what runs, is powered, is off and stands.

    Attributes
    ----------
    replicas
        Of what the replicas of an engine count, (engine, region, slot).
    powered
        Of what powered servers count, (sku, region, slot).
    off
        Of what servers count that are off, (sku, region, slot).
    standing
        Of what servers count for standing through a stage, (stage, sku, region).
    accelerator_hours
        Of each holder, (holder, sku, region) [h].
    """

    replicas: Shares
    powered: Shares
    off: Shares
    standing: Shares
    accelerator_hours: Floats


@dataclass(frozen=True)
class _Replicas:
    """Replicas by holder: entries, and how many run, (engine, region, slot)."""

    holder: Places
    engine: Places
    region: Places
    slot: Places
    share: Floats
    running: Floats


def occupancy(data: xr.Dataset) -> Occupancy:
    """Who holds what in a plan.

    Reads the decisions on servers, replicas and load, ``rate_rps``, ``prompt_time_share``,
    the accelerators of engines and SKUs, and the slots with their weights.
    """
    shape = holders(data.sizes["request_class"]), data.sizes["sku"], data.sizes["region"]
    servers = standing_in_slots(data).values
    powered = data["powered_servers"].transpose("sku", "region", "slot").values
    replicas = _replicas(data)
    sku_of = positions(data["engine_sku"], data["sku"])
    on = _powered(data, replicas, powered, sku_of, shape)
    off = _off(data, servers, powered, shape)
    hours = (data["weight"] * data["slot_hours"]).values
    of_slot = positions(data["slot_stage"], data["stage"])
    server_hours = np.stack(
        [
            on.of(powered * mine) + off.of((servers - powered) * mine)
            for mine in (np.where(of_slot == y, hours, 0.0) for y in range(data.sizes["stage"]))
        ]
    )
    return Occupancy(
        replicas=shares_at(
            replicas.holder,
            (replicas.engine, replicas.region, replicas.slot),
            replicas.share,
            replicas.running.shape,
            sku_of[replicas.engine],
            shape,
        ),
        powered=on,
        off=off,
        standing=_standing(server_hours, shape),
        accelerator_hours=(data["sku_accelerators"].values[:, None] * server_hours.sum(axis=0)),
    )


def positions(names: xr.DataArray, among: xr.DataArray) -> Places:
    """Position of each name among the labels of a dimension."""
    place = {name: position for position, name in enumerate(among.values.tolist())}
    return np.array([place[name] for name in names.values.tolist()], dtype=np.intp)


def _replicas(data: xr.Dataset) -> _Replicas:
    """Holders of the replicas of every engine that runs, starts or serves somewhere."""
    running = data["replicas"].transpose("engine", "region", "slot").values
    starts = data["starts"].transpose("engine", "region", "slot").values
    load = data["load_rps"].transpose("request_class", "configuration", "region", "slot")
    rate = data["rate_rps"].transpose("request_class", "configuration").values
    prompts = data["prompt_time_share"].transpose("request_class", "configuration").values
    k, c, r, t = np.nonzero((load.values > 0.0) & (rate > 0.0)[:, :, None, None])
    e = positions(data["configuration_engine"], data["engine"])[c]
    busy = load.values[k, c, r, t] / rate[k, c]
    all_busy = np.zeros(running.shape)
    np.add.at(all_busy, (e, r, t), busy)
    running = np.maximum(running, all_busy)
    share = busy / running[e, r, t]
    idle = np.nonzero((running > 0.0) | (starts > 0.0))
    ready = 1.0 - all_busy[idle] / np.where(running[idle] > 0.0, running[idle], 1.0)
    parts = {"input": share * prompts[k, c], "output": share * (1.0 - prompts[k, c])}
    state = np.full(len(ready), of_state("ready", data.sizes["request_class"]))
    return _Replicas(
        holder=np.concatenate([*(of_class(k, phase) for phase in parts), state]),
        **{
            name: np.concatenate([served, served, free])
            for name, served, free in zip(
                ("engine", "region", "slot"), (e, r, t), idle, strict=True
            )
        },
        share=np.concatenate([*parts.values(), ready]),
        running=running,
    )


def _powered(
    data: xr.Dataset,
    replicas: _Replicas,
    powered: Floats,
    sku_of: Places,
    shape: Shape,
) -> Shares:
    """Powered servers: accelerators of replicas, those beside them, and whole servers."""
    of_one = data["accelerators"].values
    in_server = data["sku_accelerators"].values[:, None, None]
    used = np.zeros(powered.shape)
    np.add.at(used, sku_of, of_one[:, None, None] * replicas.running)
    total = np.maximum(in_server * powered, used)
    spare = total - used
    resting = np.maximum(total / in_server - np.ceil(used / in_server - NOISE), 0.0)
    resting = np.minimum(in_server * resting, spare)
    g = sku_of[replicas.engine]
    at = replicas.engine, replicas.region, replicas.slot
    held = of_one[replicas.engine] * replicas.running[at] * replicas.share
    whole = np.where(total > 0.0, total, 1.0)
    nobody = {
        "parked": (spare - resting) / whole,
        "resting": np.where(total > 0.0, resting / whole, 1.0),
    }
    served = shares_at(
        replicas.holder,
        (g, replicas.region, replicas.slot),
        held / whole[g, replicas.region, replicas.slot],
        powered.shape,
        g,
        shape,
    )
    return joined(served, *of_states(nobody, shape))


def _off(data: xr.Dataset, servers: Floats, powered: Floats, shape: Shape) -> Shares:
    """Servers that are off: for now, in reserve, or unused; by the most that are powered."""
    likely = _most(data, np.where(data["weight"].values > 0.0, powered, 0.0))
    ever = np.minimum(_most(data, powered), servers)
    off = servers - powered
    whole = np.where(off > 0.0, off, 1.0)
    waiting = np.clip(ever - np.maximum(likely, powered), 0.0, None)
    unused = servers - ever
    servers_in = {"off": off - waiting - unused, "reserve": waiting, "unused": unused}
    states = {
        name: np.where(off > 0.0, of / whole, float(name == "off"))
        for name, of in servers_in.items()
    }
    return joined(*of_states(states, shape))


def _most(data: xr.Dataset, powered: Floats) -> Floats:
    """The most servers powered in any slot of the slot's stage, (sku, region, slot)."""
    stages = data["slot_stage"].values
    most = np.empty(powered.shape)
    for stage in np.unique(stages):
        mine = stages == stage
        most[:, :, mine] = powered[:, :, mine].max(axis=2, keepdims=True)
    return most


def _standing(server_hours: Floats, shape: Shape) -> Shares:
    """Standing through a stage is divided as the hours of its servers are.

    Parameters
    ----------
    server_hours
        Over (stage, holder, sku, region); where there are none, servers are unused.
    """
    total = server_hours.sum(axis=1, keepdims=True)
    share = server_hours / np.where(total > 0.0, total, 1.0)
    unused = share[:, of_state("unused", classes(shape))]
    unused[total[:, 0] <= 0.0] = 1.0
    stage, holder, sku, region = np.nonzero(share)
    amounts = len(server_hours), *shape[1:]
    return Shares(
        place=np.ravel_multi_index((stage, sku, region), amounts),
        target=np.ravel_multi_index((holder, sku, region), shape),
        share=share[stage, holder, sku, region],
        shape=shape,
    )
