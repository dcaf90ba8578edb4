r"""How far the batch work of a plan keeps to the cleaner hours of its regions.

An hour is a cleaner one where the grid's intensity is below the region's median hour. Of the
work :math:`L_{rt}`, with slots that stand for :math:`H_t` hours, the share

.. math:: \sum_r \sum_{t \in \text{cleaner}_r} H_t L_{rt} \Big/ \sum_{r,t} H_t L_{rt}

is done in cleaner hours. Spread evenly over the hours, where it is done, it would be
:math:`\sum_r \sum_{t \in \text{cleaner}_r} H_t W_r / (\sum_t H_t \sum_r W_r)` with W the work
of a region.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carbonplan.plan.roles import answered_rps

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray


def clean_hours(data: xr.Dataset) -> dict[str, dict[str, float] | None]:
    """``share`` and ``evenly_share`` of each batch workload [1]; None where no hour is cleaner.

    Reads ``load_rps`` of what answers requests, ``intensity_kgco2e_per_kwh``, ``weight``,
    ``slot_hours``, ``workload`` and ``class_kind``.
    """
    load_rps = answered_rps(data)
    intensity = data["intensity_kgco2e_per_kwh"].transpose("region", "slot").values
    hours = (data["weight"] * data["slot_hours"]).values
    batch = data["class_kind"].values == "batch"
    workload = data["workload"].values
    return {
        name: _clean_share(
            load_rps.values[batch & (workload == name)].sum(axis=(0, 1)), intensity, hours
        )
        for name in dict.fromkeys(workload[batch].tolist())
    }


def _clean_share(
    load_rps: NDArray[np.float64], intensity: NDArray[np.float64], hours: NDArray[np.float64]
) -> dict[str, float] | None:
    """Shares of a load in cleaner hours; load and intensity over (region, slot)."""
    work = load_rps * hours
    cleaner = intensity < _median(intensity, hours)[:, None]
    by_region = work.sum(axis=1)
    evenly = by_region @ (cleaner @ hours)
    if not evenly:
        return None
    return {
        "share": float(work[cleaner].sum() / work.sum()),
        "evenly_share": float(evenly / (by_region.sum() * hours.sum())),
    }


def _median(amounts: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Smallest amount that more than half of the weight does not exceed, per row."""
    order = np.argsort(amounts, axis=1, kind="stable")
    reached = np.cumsum(weight[order], axis=1) > weight.sum() / 2
    first = np.take_along_axis(order, reached.argmax(axis=1)[:, None], axis=1)
    return np.take_along_axis(amounts, first, axis=1)[:, 0]
