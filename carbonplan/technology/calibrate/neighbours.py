"""The nearest measured neighbour: what the most similar run of another pair measured.

Similar are runs of the same data set and quantity whose LLM, hardware and load lie near each
other in logarithms, every feature scaled by its spread. A run of the same pair of accelerator
and LLM families never counts. No physics: the neighbour's value stands as it was measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.records import Accelerator, AcceleratorPower, ModelCard
from carbonplan.technology.calibrate.measurements import pairs
from carbonplan.technology.calibrate.roofline import active_parameters, load_of

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
LOADS = (
    *("accelerators", "tensor_parallel", "batch", "concurrency", "clock_fraction"),
    *("power_limit_fraction", "compute_active", "memory_active"),
)


def neighbours(
    rows: pd.DataFrame,
    llms: Mapping[str, ModelCard],
    accelerators: Mapping[str, tuple[Accelerator, AcceleratorPower]],
) -> Array:
    """Value of each row's nearest neighbour, (row,); NaN where no other pair was measured."""
    features = _features(rows, llms, accelerators)
    pair = pairs(rows).to_numpy(str)
    measured = rows["value"].to_numpy(float)
    values = np.full(len(rows), np.nan)
    for at in rows.groupby(["dataset", "quantity"]).indices.values():
        values[at] = _nearest(_scaled(features[at]), pair[at], measured[at])
    return values


def _nearest(features: Array, pair: NDArray[np.str_], measured: Array) -> Array:
    """Pair by pair: the nearest among all others."""
    from scipy.spatial import cKDTree

    values = np.full(len(measured), np.nan)
    for own in np.unique(pair):
        others = pair != own
        if others.any():
            _, nearest = cKDTree(features[others]).query(features[~others])
            values[~others] = measured[others][nearest]
    return values


def _scaled(features: Array) -> Array:
    """Over the spread of each feature; one that never varies, or is unknown, says nothing."""
    centred = np.nan_to_num(features - _mean(features))
    spread = centred.std(axis=0)
    return centred / np.where(spread > 0, spread, 1.0)


def _mean(features: Array) -> Array:
    known = np.isfinite(features)
    total = np.where(known, features, 0.0).sum(axis=0)
    return total / np.maximum(known.sum(axis=0), 1)


def _features(
    rows: pd.DataFrame,
    llms: Mapping[str, ModelCard],
    accelerators: Mapping[str, tuple[Accelerator, AcceleratorPower]],
) -> Array:
    """Logarithms of what distinguishes runs, (row, feature); NaN where there is no LLM."""
    context = rows["input_tokens"] + rows["output_tokens"] / 2.0
    loads = np.column_stack([*(rows[name].to_numpy(float) for name in LOADS), context])
    shapes = np.full((len(rows), 4), np.nan)
    served = (rows["llm"] != "").to_numpy()
    if served.any():
        load = load_of(rows[served], llms, accelerators)
        shapes[served] = np.column_stack(
            [
                active_parameters(load.llm),
                load.llm.weight_bytes,
                load.hardware.bandwidth_gb_per_s,
                load.hardware.peak_tflops,
            ]
        )
    return np.log(np.maximum(np.column_stack([shapes, loads]), 1e-6))
