"""A plan in the few figures that a baseline file keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.difference.series import given, series_of
from carbonplan.difference.sides import file_hashes
from carbonplan.gate.baseline import Entry, Kept, Servers
from carbonplan.gate.least import Known
from carbonplan.gate.thresholds import Threshold, written
from carbonplan.plan.variables import GROUNDS

if TYPE_CHECKING:
    import xarray as xr

    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.plan import Plan

HASH_SIGNS = 12
DIGITS = 9  # of means, which only tell what has changed


def horizon_hours(data: xr.Dataset) -> float:
    """Hours that a plan stands for: its slots with their weights [h]."""
    return float((data["weight"] * data["slot_hours"]).sum())


def series_means(data: xr.Dataset) -> dict[str, dict[str, float]]:
    """Mean of each series over the slots, by their length, by its name and its labels."""
    hours = data["slot_hours"].values
    arrays = {name: given(data, name) for name in series_of(data)}
    return {name: _means(one, name, hours) for name, one in arrays.items() if one.size}


def _means(array: xr.DataArray, name: str, hours: np.ndarray) -> dict[str, float]:
    dims = [dim for dim in GROUNDS[name].dims if dim != "slot"]
    means = array.transpose(*dims, "slot").values @ hours / hours.sum()
    labels = [array[dim].values.tolist() for dim in dims]
    return {
        " from ".join(names[i] for names, i in zip(labels, place, strict=True)): float(
            f"{mean:.{DIGITS}g}"
        )
        for place, mean in np.ndenumerate(means)
        if mean
    }


def entry(
    plan: Plan,
    inputs: Inputs,
    impacts: Mapping[str, Known],
    objective: str,
    asked: Mapping[str, Threshold],
    variant: str | None,
) -> Entry:
    """What a baseline file keeps of a plan."""
    summary = plan.summary
    return Entry(
        variant=variant,
        fingerprint=summary["fingerprint"],
        hours=horizon_hours(plan.data),
        objective=objective,
        gap=summary["gap"],
        impacts={name: Kept(**vars(known)) for name, known in impacts.items()},
        max_increase=written(asked),
        servers=[
            Servers(**{key: row[key] for key in ("stage", "sku", "region", "count")})
            for row in summary["servers"]
        ],
        scenario=inputs.scenario.model_dump(
            mode="json", exclude_defaults=True, exclude_none=True
        ),
        series=series_means(plan.data),
        files={name: sha[:HASH_SIGNS] for name, sha in file_hashes(inputs).items()},
        versions=dict(summary["versions"]),
    )
