"""Who serves a workload, where and when: replicas, shares of work, and clean hours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

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
class ConfigurationUse:
    """A configuration at work for a workload.

    Attributes
    ----------
    name, sku, llm
        Of the configuration; ``sku`` and ``llm`` are empty where the plan does not say.
    regions
        Where it serves the workload, most work first.
    replicas
        Over all regions, (slot,); they may serve other workloads too.
    share_fraction
        Share of the workload's requests that it serves [1].
    """

    name: str
    sku: str
    llm: str
    regions: tuple[str, ...]
    replicas: Floats
    share_fraction: float


@dataclass(frozen=True)
class CleanShare:
    """Share of the work done in hours cleaner than the median hour of its region [1].

    ``evenly_fraction`` is that share if each region spread its work evenly over the hours.
    """

    fraction: float
    evenly_fraction: float


@dataclass(frozen=True)
class WorkloadUse:
    """A workload with the configurations that serve it, most work first.

    ``clean`` is None where intensity is unknown or never changes where the work is done.
    """

    name: str
    batch: bool
    configurations: tuple[ConfigurationUse, ...]
    clean: CleanShare | None


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
        yield WorkloadUse(
            name,
            bool(batch[classes].any()),
            _configuration_uses(data, work),
            clean_share(data, work.sum(axis=0)),
        )


def _configuration_uses(data: xr.Dataset, work: Floats) -> tuple[ConfigurationUse, ...]:
    """Those with any of the work, (configuration, region, slot)."""
    replicas = values(data, "replicas", "configuration", "region", "slot")
    replicas = np.zeros_like(work) if replicas is None else replicas
    regions = np.array(names(data, "region"))
    labels = names(data, "configuration")
    unknown = ("",) * len(labels)
    skus = names(data, "configuration_sku") or unknown
    llms = names(data, "configuration_llm") or unknown
    by_configuration = work.sum(axis=(1, 2))
    order = np.argsort(-by_configuration, kind="stable")
    return tuple(
        ConfigurationUse(
            name=labels[c],
            sku=skus[c],
            llm=llms[c],
            regions=tuple(regions[_most_first(work[c].sum(axis=1))].tolist()),
            replicas=replicas[c].sum(axis=0),
            share_fraction=float(by_configuration[c] / by_configuration.sum()),
        )
        for c in order
        if by_configuration[c] > 0
    )


def _most_first(amounts: Floats) -> NDArray[np.intp]:
    """Positions of what is above zero, largest first."""
    order = np.argsort(-amounts, kind="stable")
    return order[amounts[order] > 0]


def clean_share(data: xr.Dataset, work: Floats) -> CleanShare | None:
    """How much of the work, (region, slot), is done in the cleaner hours of its regions."""
    intensity = values(data, "intensity_kgco2e_per_kwh", "region", "slot")
    if intensity is None or not work.any():
        return None
    hours = slot_hours(data)
    cleaner = intensity < _weighted_median(intensity, hours)[:, None]
    by_region = work.sum(axis=1)
    evenly = by_region @ (cleaner @ hours) / (by_region.sum() * hours.sum())
    if not evenly:
        return None
    return CleanShare(float(work[cleaner].sum() / work.sum()), float(evenly))


def _weighted_median(amounts: Floats, weight: Floats) -> Floats:
    """Smallest amount that more than half of the weight does not exceed, per row."""
    order = np.argsort(amounts, axis=1, kind="stable")
    reached = np.cumsum(weight[order], axis=1) > weight.sum() / 2
    first = np.take_along_axis(order, reached.argmax(axis=1)[:, None], axis=1)
    return np.take_along_axis(amounts, first, axis=1)[:, 0]
