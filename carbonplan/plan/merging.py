"""Parts of replicas are merged before replicas are rounded up.

Rounding up gives every part of a replica a whole one. Where another engine of the same LLM and
phases in the same region and slot has a part to spare, the load of the first part moves there,
if that saves: a replica and its share of a powered server, less what the load costs more where
it goes. What is saved is counted by the objective's own coefficients. Nothing else of the plan
changes, so that only throughput, hosting and starts have to be looked at again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.plan.decisions import NOISE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.configurations import Configuration, Configurations
    from carbonplan.program import Program

Place = tuple[str, str]  # engine or sku, region
MOST_RAISES = 3  # times that replicas are raised for those that load


@dataclass(frozen=True)
class Engines:
    """What there is to know of engines to round them.

    Attributes
    ----------
    engine_of
        Engine of each configuration.
    pool_of
        Of each engine, what it has in common with those that its load may move to.
    sku_of
        SKU of each engine.
    host_share
        Share of what batch work may take of a host that a replica on its sockets takes [1].
    server_share
        Share of a server's accelerators that a replica takes [1].
    start_fraction
        Share of a slot that starting a replica takes [1].
    rate_rps
        Planned rate of a replica by request class and configuration [1/s].
    """

    engine_of: Mapping[str, str]
    pool_of: Mapping[str, tuple[str, ...]]
    sku_of: Mapping[str, str]
    server_share: Mapping[str, float]
    host_share: Mapping[str, float]
    start_fraction: Mapping[str, float]
    rate_rps: Mapping[tuple[str, str], float]

    @classmethod
    def of(cls, inputs: Inputs, configurations: Configurations) -> Engines:
        """The engines of the configurations that are planned with."""
        kept, table = configurations.kept, configurations.table
        in_server = {server.name: server.sku.accelerators for server in inputs.servers}
        rate = table["rate_rps"].transpose("request_class", "configuration")
        return cls(
            engine_of={one.name: one.engine for one in kept},
            pool_of={one.engine: _pool(one) for one in kept},
            sku_of={one.engine: one.sku for one in kept},
            server_share={one.engine: one.accelerators / in_server[one.sku] for one in kept},
            host_share=_host_shares(inputs, configurations),
            start_fraction=table["start_fraction"].to_series().to_dict(),
            rate_rps=rate.to_series().to_dict(),
        )


def _pool(one: Configuration) -> tuple[str, ...]:
    """An LLM where a replica serves both phases; a phase is handed over by its weights."""
    return (one.llm,) if one.role == "mixed" else (one.llm, one.precision, one.role)


def _host_shares(inputs: Inputs, configurations: Configurations) -> dict[str, float]:
    """Share of the part of a host that is to be used, by engine; 0 on accelerators."""
    shares = configurations.table["host_share"].to_series().to_dict()
    fleet = inputs.scenario.fleet
    return {
        engine: share / fleet.host_reuse_share if share else 0.0
        for engine, share in shares.items()
    }


@dataclass(frozen=True)
class Load:
    """Load of a request class on a configuration in a region: its columns, (slot,)."""

    request_class: str
    rate_rps: float
    columns: NDArray[np.int64]


def merged(
    engines: Engines, program: Program, values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Values in which parts of replicas are moved to replicas with room, where that saves."""
    values = values.copy()
    replicas = operated(program, "Replicas")
    powered, loads = operated(program, "Powered"), _loads(engines, program)
    alike = defaultdict(list)
    for engine, region in sorted(replicas, key=lambda place: values[replicas[place]].sum()):
        if values[replicas[engine, region]].any():
            alike[engines.pool_of[engine], region].append((engine, region))
    for places in alike.values():
        for donor, receiver in permutations(places, 2):
            engine, region = donor
            server = program.cost[powered[engines.sku_of[engine], region]]
            saved = program.cost[replicas[donor]] + engines.server_share[engine] * server
            pair = replicas[donor], replicas[receiver]
            _merge(program.cost, values, pair, loads[donor], _fastest(loads[receiver]), saved)
    return values


def _merge(
    cost: NDArray[np.float64],
    values: NDArray[np.float64],
    replicas: tuple[NDArray[np.int64], NDArray[np.int64]],
    loads: list[Load],
    takes: Mapping[str, Load],
    saved: NDArray[np.float64],
) -> None:
    """Move, in place and by slot, the load of the donor's part of a replica where it fits.

    Parameters
    ----------
    replicas
        Columns of the donor and of the receiver, (slot,) each.
    loads, takes
        What the donor carries, and what the receiver would carry of each class.
    saved
        What a replica less saves, (slot,).
    """
    donor, receiver = replicas
    part = values[donor] - np.floor(values[donor] + NOISE)
    room = np.ceil(values[receiver] - NOISE) - values[receiver]
    slots = np.flatnonzero((part > NOISE) & (room > NOISE))
    share = part[slots] / values[donor[slots]]
    moves = [(takes.get(load.request_class), load) for load in loads]
    fits, busy, saved = np.ones(len(slots), dtype=bool), np.zeros(len(slots)), saved[slots]
    for taken, load in moves:
        moved_rps = share * values[load.columns[slots]]
        if taken is None:
            fits &= moved_rps == 0.0
        else:
            busy += moved_rps / taken.rate_rps
            saved = saved - moved_rps * (cost[taken.columns] - cost[load.columns])[slots]
    fits &= (busy <= room[slots]) & (saved > 0.0)
    slots, share, busy = slots[fits], share[fits], busy[fits]
    for taken, load in moves:
        if taken is not None:
            moved_rps = share * values[load.columns[slots]]
            values[load.columns[slots]] -= moved_rps
            values[taken.columns[slots]] += moved_rps
    values[donor[slots]] -= part[slots]
    values[receiver[slots]] += busy


def with_replicas_that_load(
    engines: Engines,
    program: Program,
    values: NDArray[np.float64],
    previous: NDArray[np.int64],
) -> None:
    """Count starts, in place, and raise replicas where those that load leave too few."""
    replicas, loads = operated(program, "Replicas"), _loads(engines, program)
    for place, starts in operated(program, "Starts").items():
        running = values[replicas[place]]
        busy = sum(values[load.columns] / load.rate_rps for load in loads[place])
        for _ in range(MOST_RAISES):
            loading = engines.start_fraction[place[0]] * _rise(running, previous)
            missing = np.ceil(busy + loading - running - NOISE)
            running = running + np.maximum(missing, 0.0)
        values[replicas[place]] = running
        values[starts] = _rise(running, previous)


def _rise(running: NDArray[np.float64], previous: NDArray[np.int64]) -> NDArray[np.float64]:
    """Replicas beyond those of the slot before; none where a closed run begins."""
    return np.where(previous >= 0, np.maximum(running - running[previous], 0.0), 0.0)


def _loads(engines: Engines, program: Program) -> Mapping[Place, list[Load]]:
    """Loads that each engine may carry in each region."""
    found: Mapping[Place, list[Load]] = defaultdict(list)
    for (k, c, region), columns in operated(program, "Load_rps").items():
        place = engines.engine_of[c], region
        found[place].append(Load(k, engines.rate_rps[k, c], columns))
    return found


def _fastest(loads: list[Load]) -> dict[str, Load]:
    """The clock that carries most of each class."""
    return {load.request_class: load for load in sorted(loads, key=lambda one: one.rate_rps)}


def operated(program: Program, family: str) -> dict[tuple[str, ...], NDArray[np.int64]]:
    """Columns of a decision of operations by its label, (slot,) each."""
    layout = program.columns[family]
    return dict(zip(layout.labels, layout.positions, strict=True))
