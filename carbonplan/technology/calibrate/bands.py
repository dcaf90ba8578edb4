r"""Bands of pooled coefficients, from how far predictions of unseen pairs were off.

A step's time scales with the inverse of both efficiencies and with every overhead together, and
power above idle with all its shares. So if what was measured lies between :math:`e^{-a}` and
:math:`e^{b}` of what was predicted, in four of five cases, then the coefficients that scale a
phase stand between the same factors: all of them at one end give the phase at that end. Factors
on others, exponents and overlaps keep the spread that the fit leaves them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.technology.calibration import CoefficientRow

if TYPE_CHECKING:
    import pandas as pd

ENGINES = ("vllm-2025", "vllm-2026")  # those that plans are made with
QUANTILES = (0.1, 0.9)
PHASES: Mapping[str, tuple[str, ...]] = {  # quantities by phase
    "decode": ("step_s", "tpot_s"),
    "prefill": ("ttft_s", "prefill_s"),
    "power": ("power_w",),
}
RATES = {"compute_efficiency": "decode", "bandwidth_efficiency": "decode"}
RATES["link_efficiency"] = "decode"
COSTS = {
    **dict.fromkeys(
        (
            *("step_overhead_ms", "layer_overhead_us", "expert_overhead_us"),
            *("sequence_overhead_us", "allreduce_base_us", "allreduce_hop_us"),
        ),
        "decode",
    ),
    **dict.fromkeys(
        (
            *("prefill_layer_overhead_us", "prefill_expert_overhead_us"),
            *("request_overhead_ms", "admission_ms"),
        ),
        "prefill",
    ),
    **dict.fromkeys(
        (
            *("compute_power_share", "prompt_power_share", "memory_power_share"),
            *("cache_power_share", "link_power_share", "sequence_power_share"),
            "active_power_share",
        ),
        "power",
    ),
}


def with_bands(
    fitted: Sequence[CoefficientRow], rows: pd.DataFrame, left_out: NDArray[np.float64]
) -> list[CoefficientRow]:
    """Rows of a fit, the pooled values of what scales a phase with the band of the phase."""
    spread = {name: _spread(rows, left_out, some) for name, some in PHASES.items()}
    return [_banded(row, spread) for row in fitted]


def _spread(
    rows: pd.DataFrame, left_out: NDArray[np.float64], quantities: Sequence[str]
) -> tuple[float, float]:
    """Ends of measured over predicted, in logarithms: below zero and above it."""
    chosen = rows["quantity"].isin(list(quantities)) & rows["engine"].isin(ENGINES)
    chosen = chosen.to_numpy() & np.isfinite(left_out)
    ratio = np.log(rows["value"].to_numpy(float)[chosen] / left_out[chosen])
    low, high = np.quantile(ratio, QUANTILES)
    return min(float(low), 0.0), max(float(high), 0.0)


def _banded(row: CoefficientRow, spread: Mapping[str, tuple[float, float]]) -> CoefficientRow:
    if row.level != "kind" or row.coefficient not in {**RATES, **COSTS}:
        return row
    rate = row.coefficient in RATES
    low, high = spread[RATES[row.coefficient] if rate else COSTS[row.coefficient]]
    ends = (-high, -low) if rate else (low, high)
    return row.model_copy(
        update={
            "low": row.value * float(np.exp(ends[0])),
            "high": row.value * float(np.exp(ends[1])),
        }
    )
