"""Who serves a workload, where, when and at what clock: replicas and shares of work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.plan.roles import answering
from carbonplan.report.arrays import (
    Floats,
    classes_of,
    names,
    slot_hours,
    values,
    workload_names,
)

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class EngineUse:
    """An engine at work for a workload.

    Attributes
    ----------
    name, sku, llm
        Of the engine; ``sku`` and ``llm`` are empty where the plan does not say.
    regions
        Where it serves the workload, most work first.
    clocks
        Clocks that it serves the workload at, most work first, and the share of the engine's
        requests of the workload that it serves at each [1].
    replicas
        Over all regions, (slot,); they may serve other workloads too.
    share_fraction
        Share of the workload's requests that it serves, or does the prefill of [1].
    """

    name: str
    sku: str
    llm: str
    regions: tuple[str, ...]
    clocks: tuple[tuple[str, float], ...]
    replicas: Floats
    share_fraction: float


@dataclass(frozen=True)
class WorkloadUse:
    """A workload with the engines that serve it, most work first."""

    name: str
    batch: bool
    engines: tuple[EngineUse, ...]


def workload_uses(data: xr.Dataset) -> Iterator[WorkloadUse]:
    """Workloads in the order of their first request class."""
    load_rps = values(data, "load_rps", "request_class", "configuration", "region", "slot")
    if load_rps is None:
        return
    of_class = np.array(workload_names(data))
    batch = classes_of(data, "batch")
    for name in dict.fromkeys(of_class.tolist()):
        classes = of_class == name
        work = load_rps[classes].sum(axis=0) * slot_hours(data)
        yield WorkloadUse(name, bool(batch[classes].any()), _engine_uses(data, work))


def _engine_uses(data: xr.Dataset, work: Floats) -> tuple[EngineUse, ...]:
    """Those with any of the work, (configuration, region, slot)."""
    of_engine = _configurations_of(data)
    by_configuration = work.sum(axis=(1, 2))
    by_engine = {e: float(by_configuration[c].sum()) for e, c in of_engine.items()}
    total = float(by_configuration[answering(data)].sum())
    return tuple(
        _engine_use(data, engine, of_engine[engine], work, by_engine[engine] / total)
        for engine in sorted(by_engine, key=lambda one: -by_engine[one])
        if by_engine[engine] > 0
    )


def _engine_use(
    data: xr.Dataset,
    engine: str,
    configurations: NDArray[np.intp],
    work: Floats,
    share_fraction: float,
) -> EngineUse:
    mine = work[configurations]
    by_clock = mine.sum(axis=(1, 2))
    labels, engines = names(data, "configuration"), names(data, "engine")
    regions = np.array(names(data, "region"))
    replicas = values(data, "replicas", "engine", "region", "slot")
    at = engines.index(engine) if engine in engines else None
    named = {one: names(data, f"engine_{one}") for one in ("sku", "llm")}
    return EngineUse(
        name=engine,
        **{one: found[at] if found and at is not None else "" for one, found in named.items()},
        regions=tuple(regions[_most_first(mine.sum(axis=(0, 2)))].tolist()),
        clocks=tuple(
            (
                labels[configurations[i]].removeprefix(engine).removeprefix(":"),
                float(by_clock[i] / by_clock.sum()),
            )
            for i in _most_first(by_clock)
        ),
        replicas=(
            np.zeros(work.shape[2])
            if replicas is None or at is None
            else replicas[at].sum(axis=0)
        ),
        share_fraction=share_fraction,
    )


def _configurations_of(data: xr.Dataset) -> dict[str, NDArray[np.intp]]:
    """Positions of the configurations of each engine; without engines, each is its own."""
    stated = names(data, "configuration_engine") or names(data, "configuration")
    of = np.array(stated)
    return {engine: np.flatnonzero(of == engine) for engine in dict.fromkeys(stated)}


def _most_first(amounts: Floats) -> NDArray[np.intp]:
    """Positions of what is above zero, largest first."""
    order = np.argsort(-amounts, kind="stable")
    return order[amounts[order] > 0]
