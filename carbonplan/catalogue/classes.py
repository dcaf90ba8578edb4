"""Request classes of workloads, and the share of the requests that each has in every slot.

A workload divides its requests in one way, or in several of which a plan chooses: its
partitions. A file may count the requests of each class; else a class has the same share in
every slot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.horizon import Slots
from carbonplan.catalogue.inputs import WorkloadClass
from carbonplan.catalogue.provenance import GIVEN
from carbonplan.catalogue.records import RequestClass
from carbonplan.catalogue.series import columns_of, read_series, values_at
from carbonplan.catalogue.shipped import shown
from carbonplan.errors import InvalidInput
from carbonplan.scenario.workloads import ClassSpec, Workload

if TYPE_CHECKING:
    import xarray as xr

Services = Mapping[str, Sequence[RequestClass]]
WHOLE = 1.0  # share of a class until its requests are counted


def workload_classes(workload: Workload, services: Services) -> tuple[WorkloadClass, ...]:
    """Classes of a workload, those of one partition together."""
    if workload.partitions is None:
        return tuple(
            WorkloadClass(workload, one)
            for one in _divided(workload, workload.classes, services)
        )
    return tuple(
        WorkloadClass(workload, one, partition)
        for partition, given in workload.partitions.items()
        for one in _divided(workload, given, services)
    )


def _divided(
    workload: Workload, given: str | list[ClassSpec] | None, services: Services
) -> Iterator[RequestClass]:
    """Classes of the named service, or those that the scenario writes out."""
    if isinstance(given, str):
        yield from services[given]
        return
    for one in given or ():
        yield RequestClass(
            service=workload.name,
            request_class=one.name,
            input_tokens=one.input_tokens,
            output_tokens=one.output_tokens,
            share=WHOLE if one.share is None else one.share,
            evidence="assumed",
            source=GIVEN,
        )


def counted_rps(
    workload: Workload, classes: Sequence[WorkloadClass], slots: Slots, file: Path
) -> NDArray[np.float64]:
    """Requests per second of each class of a workload, from a file's column of its name.

    The array is over (request_class, slot) [requests/s]; with partitions, a column is called
    ``<partition>/<class>``.
    """
    names = [one.label for one in classes]
    known = [name for name in workload_labels(workload) if name not in names]
    columns = columns_of(read_series(file, slots.per_hour), names, known, file)
    rates = values_at(columns, slots.time_utc, file).transpose("column", "time_utc").values
    if (rates < 0).any():
        raise InvalidInput(shown(file), ["a negative number of requests; expected 0 or more"])
    return rates


def workload_labels(workload: Workload) -> list[str]:
    """Names of the classes that a workload writes out, as its files call them."""
    if workload.partitions is None:
        given = {"": workload.classes}
    else:
        given = {f"{name}/": classes for name, classes in workload.partitions.items()}
    return [
        f"{prefix}{one.name}"
        for prefix, classes in given.items()
        if isinstance(classes, list)
        for one in classes
    ]


def total_rps(
    classes: Sequence[WorkloadClass], counted: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Requests of a workload in each slot: the most that any partition counts, (slot,)."""
    partitions = np.array([one.partition for one in classes])
    sums = [counted[partitions == name].sum(axis=0) for name in dict.fromkeys(partitions)]
    return np.max(sums, axis=0)


def class_shares(
    classes: Sequence[WorkloadClass], slots: Slots, files: Mapping[str, Path]
) -> xr.DataArray:
    """Share of its workload's requests that each class has, (request_class, slot) [1].

    Parameters
    ----------
    files
        Of the workloads whose requests are counted by class, by name.
    """
    import xarray as xr

    share = np.array([np.full(len(slots.time_utc), one.request_class.share) for one in classes])
    for name, file in files.items():
        rows = [i for i, one in enumerate(classes) if one.workload.name == name]
        mine = [classes[i] for i in rows]
        counted = counted_rps(mine[0].workload, mine, slots, file)
        total = total_rps(mine, counted)
        share[rows] = np.divide(counted, total, out=np.zeros_like(counted), where=total > 0)
    return xr.DataArray(share, dims=("request_class", "slot"), attrs={"units": "1"})


def with_mean_shares(
    classes: Sequence[WorkloadClass], share: xr.DataArray
) -> tuple[WorkloadClass, ...]:
    """The classes with the mean of their shares over the slots."""
    means = share.mean("slot").clip(max=WHOLE).values.tolist()
    return tuple(
        replace(one, request_class=one.request_class.model_copy(update={"share": mean}))
        if one.workload.arrivals.by == "class"
        else one
        for one, mean in zip(classes, means, strict=True)
    )
