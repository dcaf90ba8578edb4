"""Requests that arrive: a shape over the local week, or a file, for every origin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue import network
from carbonplan.catalogue.classes import counted_rps, total_rps
from carbonplan.catalogue.horizon import Slots
from carbonplan.catalogue.inputs import WorkloadClass
from carbonplan.catalogue.records import ArrivalShape
from carbonplan.catalogue.requests import hour_of_week, relative_rates
from carbonplan.catalogue.series import columns_of, read_series, values_at
from carbonplan.catalogue.shipped import shown
from carbonplan.errors import InvalidInput
from carbonplan.scenario.workloads import Origin, Workload
from carbonplan.units import HOURS_PER_WEEK

TOTAL = "rps"


def origins_of(workload: Workload) -> tuple[Origin, ...]:
    """Where its users are; without origins, all of them are next door to every site."""
    return tuple(workload.origins) or (
        Origin(origin=network.ANYWHERE, share=1.0, utc_offset_hours=0.0),
    )


def arrivals_rps(
    workload: Workload,
    slots: Slots,
    shapes: Mapping[str, Sequence[ArrivalShape]],
    origins: Mapping[str, network.Origin],
    file: Path | None,
    classes: Sequence[WorkloadClass] = (),
) -> dict[str, NDArray[np.float64]]:
    """Requests per second by origin, each (slot,) [requests/s].

    ``classes`` are those of the workload, of which a file may count the requests.

    Over the horizon, the weighted mean of their sum is ``mean_rps`` to the last digit that
    floating point holds, wherever the scenario gives one.
    """
    if file is not None and workload.arrivals.by == "class":
        by_origin = _of_classes(workload, classes, slots, file)
    elif file is not None:
        by_origin = _of_file(workload, slots, file)
    else:
        by_origin = _of_shape(workload, slots, shapes, origins)
    mean_rps = workload.arrivals.mean_rps
    if mean_rps is None:
        return by_origin
    total = sum(by_origin.values())
    found_rps = float(np.average(total, weights=slots.weight * slots.slot_hours))
    if found_rps <= 0:
        raise InvalidInput(
            f"workloads[{workload.name}].arrivals",
            ["no request arrives in the hours of the horizon; mean_rps cannot be reached"],
        )
    return {origin: rates * (mean_rps / found_rps) for origin, rates in by_origin.items()}


def _of_shape(
    workload: Workload,
    slots: Slots,
    shapes: Mapping[str, Sequence[ArrivalShape]],
    origins: Mapping[str, network.Origin],
) -> dict[str, NDArray[np.float64]]:
    """Share of the origin x relative rate at its local hour of the week."""
    name = workload.arrivals.shape
    week = relative_rates(shapes[name]) if name else np.ones(HOURS_PER_WEEK)
    rates = {}
    for origin in origins_of(workload):
        offset = origin.utc_offset_hours
        if offset is None:
            offset = origins[origin.origin].utc_offset_hours
        rates[origin.origin] = origin.share * week[hour_of_week(slots.time_utc, offset)]
    return rates


def _of_classes(
    workload: Workload, classes: Sequence[WorkloadClass], slots: Slots, file: Path
) -> dict[str, NDArray[np.float64]]:
    """One column for each class; the shares of the origins divide their sum."""
    total = total_rps(classes, counted_rps(workload, classes, slots, file))
    return {origin.origin: origin.share * total for origin in origins_of(workload)}


def _of_file(workload: Workload, slots: Slots, file: Path) -> dict[str, NDArray[np.float64]]:
    """One column for each origin, or one column ``rps`` that the shares divide."""
    series = read_series(file, slots.per_hour)
    origins = origins_of(workload)
    names = [origin.origin for origin in origins]
    if TOTAL in series["column"].values:
        total = values_at(columns_of(series, [TOTAL], [], file), slots.time_utc, file)
        rates = {origin.origin: origin.share * total.values[:, 0] for origin in origins}
    else:
        columns = columns_of(series, names, [TOTAL], file)
        hours = values_at(columns, slots.time_utc, file)
        rates = {name: hours.sel(column=name).values for name in names}
    if any((values < 0).any() for values in rates.values()):
        raise InvalidInput(shown(file), ["a negative number of requests; expected 0 or more"])
    return rates
