"""What a lower clock does to time and power, from serving and GEMMs at locked clocks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.technology.calibrate.fit import Fitted, Parameter
from carbonplan.technology.power import core_power

if TYPE_CHECKING:
    import pandas as pd

MEMORY_BOUND_BATCH = 16  # decode of at most so many sequences waits for memory alone
IDLE_W = {"ada lovelace": 68.0, "hopper": 110.0}  # pdblend-l20-2026; assumed for an H100
BOOST_MHZ = 1980.0  # nvidia-h100-datasheet-2023
VOLTAGE = (("voltage_floor", 0.8, 0.4, 1.0), ("voltage_knee", 0.5, 0.3, 0.95))


def fit_clocks(folder: Path) -> tuple[Fitted, ...]:
    """Memory's feeling of the clock, sustained clock and voltage curves."""
    import pandas as pd

    serving = pd.read_csv(folder / "dvfs_llm_l20_qwen2_5_7b.csv")
    gemm = pd.read_csv(folder / "dvfs_gemm_clock_lock_h100_b200.csv")
    gemm = gemm[(gemm["gpu"] == "H100-SXM-80GB") & (gemm["gemm_m"] >= 8192)]
    ada = _voltage("ada lovelace", *_serving_power(serving))
    hopper = _voltage("hopper", *_gemm_power(gemm))
    return (
        _memory_sensitivity(serving),
        _memory_core_share(serving, ada),
        _sustained(gemm),
        *ada,
        *hopper,
        *(_mean(*pair) for pair in zip(ada, hopper, strict=True)),
    )


def _memory_sensitivity(serving: pd.DataFrame) -> Fitted:
    r"""Slope s of :math:`t(f) / t(1) = 1 + s (1/f - 1)` through one."""
    decode = serving[
        (serving["phase"] == "decode") & (serving["batch_size"] <= MEMORY_BOUND_BATCH)
    ]
    clock, ratio = _relative(decode, "step_time_ms", 0.0)
    slowing, rise = 1.0 / clock - 1.0, ratio - 1.0
    value = float(slowing @ rise / (slowing @ slowing))
    error = np.median(np.abs((1.0 + value * slowing) / ratio - 1.0))
    spread = np.std(rise / slowing)
    parameter = Parameter("memory_clock_sensitivity", "gpu", value, 0.0, 1.0, "1")
    low, high = max(value - spread, 0.0), value + spread
    return Fitted(parameter, value, float(low), float(high), len(clock), float(error))


def _memory_core_share(serving: pd.DataFrame, voltage: tuple[Fitted, ...]) -> Fitted:
    r"""Share κ of a memory-bound decode's dynamic power in :math:`1 - \kappa (1 - g(f))`."""
    decode = serving[
        (serving["phase"] == "decode") & (serving["batch_size"] <= MEMORY_BOUND_BATCH)
    ]
    clock, ratio = _relative(decode, "gpu_power_w", IDLE_W["ada lovelace"])
    saved = 1.0 - core_power(clock, *(one.value for one in voltage))
    value = float(saved @ (1.0 - ratio) / (saved @ saved))
    error = np.median(np.abs((1.0 - value * saved) / ratio - 1.0))
    spread = np.std((1.0 - ratio) / saved)
    parameter = Parameter("memory_core_share", "gpu", value, 0.0, 1.0, "1")
    low, high = max(value - spread, 0.0), min(value + spread, 1.0)
    return Fitted(parameter, value, float(low), float(high), len(clock), float(error))


def _sustained(gemm: pd.DataFrame) -> Fitted:
    """Clock at which large GEMMs run when nothing but the power limit holds them."""
    free = gemm[gemm["clock_setting"] == "unlocked"]["achieved_sm_clock_mhz"] / BOOST_MHZ
    locked = gemm["achieved_sm_clock_mhz"].max() / BOOST_MHZ
    value = float(free.median())
    parameter = Parameter("sustained_clock", "hopper", value, 0.0, 1.0, "1")
    return Fitted(parameter, value, float(free.min()), float(locked), len(free), 0.0)


def _serving_power(
    serving: pd.DataFrame,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Clock and dynamic power of long prefills, relative to boost."""
    prefill = serving[(serving["phase"] == "prefill") & (serving["prompt_tokens"] >= 1024)]
    return _relative(prefill, "gpu_power_w", IDLE_W["ada lovelace"])


def _relative(
    table: pd.DataFrame, column: str, idle: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Clock and a column above idle, both over their values at the highest clock."""
    load = ["phase", "batch_size", "prompt_tokens", "context_tokens"]
    boost = table["sm_clock_mhz"].max()
    full = table[table["sm_clock_mhz"] == boost].set_index(load)[column]
    below = table[table["sm_clock_mhz"] < boost]
    reference = full.loc[list(below[load].itertuples(index=False, name=None))].to_numpy()
    ratio = (below[column].to_numpy() - idle) / (reference - idle)
    return below["sm_clock_mhz"].to_numpy() / boost, ratio


def _gemm_power(gemm: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Clock over boost and dynamic power of GEMMs, at an unknown scale."""
    locked = gemm[gemm["clock_setting"] != "unlocked"]
    clock = locked["achieved_sm_clock_mhz"].to_numpy() / BOOST_MHZ
    dynamic_w = locked["gpu_power_w"].to_numpy() - IDLE_W["hopper"]
    return clock, dynamic_w / dynamic_w.max()


def _voltage(
    family: str, clock: NDArray[np.float64], power: NDArray[np.float64]
) -> tuple[Fitted, ...]:
    """Floor and knee of the voltage; the scale of the power is free and dropped."""
    from scipy.optimize import least_squares

    def errors(values: NDArray[np.float64]) -> NDArray[np.float64]:
        floor, knee, scale = values
        return np.log(scale * core_power(clock, floor, knee) / power)

    bounds = [[low for _, _, low, _ in VOLTAGE] + [0.5], [top for *_, top in VOLTAGE] + [4.0]]
    start = [first for _, first, _, _ in VOLTAGE] + [1.0]
    found = least_squares(errors, start, bounds=bounds)
    error = float(np.median(np.abs(np.expm1(errors(found.x)))))
    return tuple(
        Fitted(
            Parameter(name, family, first, low, top, "1"),
            value,
            max(value / (1.0 + error), low),
            min(value * (1.0 + error), top),
            len(clock),
            error,
        )
        for (name, first, low, top), value in zip(VOLTAGE, found.x.tolist(), strict=False)
    )


def _mean(one: Fitted, other: Fitted) -> Fitted:
    """Pooled value of two architectures, its band from the one to the other."""
    parameter = Parameter(one.parameter.coefficient, "gpu", 0.5, 0.0, 1.0, "1")
    low, high = sorted([one.value, other.value])
    error = max(one.median_abs_error, other.median_abs_error)
    return Fitted(parameter, (low + high) / 2.0, low, high, one.rows + other.rows, error)
