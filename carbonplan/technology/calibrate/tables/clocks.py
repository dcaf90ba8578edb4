"""Tables of locked clocks and capped power; effects are ratios to the same load without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonplan.technology.calibrate.tables.reading import Table, each, relative
from carbonplan.units import MS_PER_S

if TYPE_CHECKING:
    import pandas as pd

BOOST_MHZ = {  # clock that a fraction is of
    "L20-48GB": 2520.0,
    "H100-SXM-80GB": 1980.0,
    "B200-SXM-180GB": 1965.0,
    "V100": 1380.0,  # the highest that was measured
}
BOARDS = {"V100": "V100 PCIe", "P100": "P100 PCIe"}  # by boost clock and limit, not socketed
LIMIT_W = {"V100": 250.0, "A40": 300.0, "RTX6000": 260.0, "P100": 250.0}  # by default
RAISED_LIMIT = {"L20-48GB": 351.0 / 275.0}  # over the data sheet: where long prompts level off
PHASES = {"prefill": "prefill_s", "decode": "step_s"}
NO_TRAFFIC, BUSY = 0.02, 0.9  # activity of memory, of cores: kernels that follow the clock
HELD = 0.9  # of the clock that was set; a board whose kernels are slower ran at another
IDLE_LLM = "Qwen/Qwen2.5-7B-Instruct"  # that the L20's server had loaded
IDLE, PARKED = "active_idle_server_loaded", "parked"


def _serving(table: pd.DataFrame) -> pd.DataFrame:
    """Prefill and decode of one LLM at locked clocks, each with its time and power."""
    import pandas as pd

    prefill = table["phase"] == "prefill"
    table = table.assign(
        dataset="l20-clocks",
        engine="vllm-l20",
        task=table["phase"],
        batch=table["batch_size"],
        concurrency=table["batch_size"],
        input_tokens=table["prompt_tokens"].where(prefill, table["context_tokens"]),
        output_tokens=prefill.map({True: 1.0, False: 0.0}),
        clock_fraction=_clock_fraction(table, "sm_clock_mhz"),
        power_limit_fraction=table["gpu"].map(RAISED_LIMIT).fillna(1.0),
    )
    time_s, power_w = table["step_time_ms"] / MS_PER_S, table["gpu_power_w"]
    absolute = each(
        table,
        prefill_s=time_s.where(prefill),
        step_s=time_s.where(~prefill),
        prefill_power_w=power_w.where(prefill),
        step_power_w=power_w.where(~prefill),
    )
    effects = relative(
        table,
        ("gpu", "model_id", "task", "batch", "input_tokens"),
        table["clock_fraction"] == 1.0,
        relative_time="step_time_ms",
        relative_power="gpu_power_w",
    )
    return pd.concat([absolute, effects], ignore_index=True)


def _static(table: pd.DataFrame) -> pd.DataFrame:
    """A server that is ready and has nothing to do, and one whose accelerators are let go."""
    table = table.assign(
        dataset="l20-clocks",
        engine="vllm-l20",
        model_id=IDLE_LLM,
        batch=0.0,
        input_tokens=0.0,
        output_tokens=0.0,
        clock_fraction=_clock_fraction(table, "sm_clock_mhz").fillna(1.0),
    )
    each_w = table["power_w"] / table["num_gpus"]
    return each(
        table,
        idle_power_w=each_w.where(table["state"] == IDLE),
        parked_power_w=each_w.where(table["state"] == PARKED),
    )


def _gemm(table: pd.DataFrame) -> pd.DataFrame:
    """One large multiplication at locked clocks; unlocked, the power limit holds the clock."""
    locked_mhz = table["clock_setting"].str.extract(r"lock_(\d+)", expand=False).astype(float)
    free = table["clock_setting"] == "unlocked"
    boost = table["gpu"].map(BOOST_MHZ)
    table = table.assign(
        dataset="gemm-clocks",
        engine="kernels",
        model_id="",
        task="gemm",
        batch=table["gemm_m"],
        input_tokens=1.0,
        output_tokens=0.0,
        clock_fraction=(locked_mhz / boost).where(~free, 1.0),
        compute_active=1.0,
        memory_active=0.0,
    )
    return relative(
        table,
        ("gpu", "gemm_m"),
        free,
        relative_time="latency_us",
        relative_power="gpu_power_w",
    )


def _kernels(table: pd.DataFrame) -> pd.DataFrame:
    """Kernels of many kinds; how busy cores and memory are is taken at the full clock."""
    load = ("gpu", "suite", "benchmark", "input_id", "kernel", "memory_clock_mhz")
    fraction = _clock_fraction(table, "core_clock_mhz")
    full = table[fraction == 1.0].drop_duplicates(list(load))
    active = table[list(load)].merge(
        full[[*load, "sm_active_frac", "dram_active_frac", "kernel_time_ms"]],
        on=list(load),
        how="left",
    )
    active.index = table.index
    speed = active["kernel_time_ms"] / table["kernel_time_ms"]
    alone = (active["dram_active_frac"] <= NO_TRAFFIC) & (active["sm_active_frac"] >= BUSY)
    table = table.assign(
        dataset="kernel-clocks",
        engine="kernels",
        model_id="",
        task=table["suite"] + "/" + table["benchmark"],
        gpu=table["gpu"].replace(BOARDS),
        batch=1.0,
        input_tokens=1.0,
        output_tokens=0.0,
        clock_fraction=_ran_at(table, fraction, speed.where(alone)),
        compute_active=active["sm_active_frac"].to_numpy(),
        memory_active=active["dram_active_frac"].to_numpy(),
    )
    return relative(
        table,
        load,
        fraction == 1.0,
        relative_time="kernel_time_ms",
        relative_power="gpu_power_w",
    )


def _ran_at(table: pd.DataFrame, fraction: pd.Series, speed: pd.Series) -> pd.Series:
    """Clock over boost at which boards ran, whatever was set.

    Kernels that read no memory follow the clock, so that none slows more than it. Where most do
    (by twice at 405 MHz on the V100, by half a percent at other settings), the board ran at the
    clock that they tell.

    Parameters
    ----------
    fraction
        The clock that was set, over boost.
    speed
        Over that at full clock, of kernels that read no memory; NaN of others.
    """
    told = speed.groupby([table["gpu"], table["core_clock_mhz"]]).transform("median")
    return fraction.where(~(told < HELD * fraction), told)


def _training(table: pd.DataFrame) -> pd.DataFrame:
    """Small networks in training below the default limit of power."""
    limit_w = table["gpu"].map(LIMIT_W)
    limit_w = limit_w.fillna(table.groupby("gpu")["power_limit_w"].transform("max"))
    table = table.assign(
        dataset="training-caps",
        engine="training",
        model_id="",
        task=table["network"],
        gpu=table["gpu"].replace(BOARDS),
        image_set=table["dataset"],
        batch=table["batch_size"],
        input_tokens=1.0,
        output_tokens=0.0,
        power_limit_fraction=table["power_limit_w"] / limit_w,
    )
    return relative(
        table,
        ("gpu", "image_set", "network", "batch_size", "optimizer"),
        table["power_limit_fraction"] == 1.0,
        relative_time="time_per_epoch_s",
        relative_power="avg_power_w",
    )


def _clock_fraction(table: pd.DataFrame, column: str) -> pd.Series:
    """Over the boost clock of the card; over the highest in the table where that is unknown."""
    highest = table.groupby("gpu")[column].transform("max")
    return table[column] / table["gpu"].map(BOOST_MHZ).fillna(highest)


TABLES = (
    Table(
        "dvfs_llm_l20_qwen2_5_7b",
        ("gpu", "model_id", "phase"),
        (
            *("tensor_parallel", "sm_clock_mhz", "batch_size", "prompt_tokens"),
            *("context_tokens", "step_time_ms", "gpu_power_w"),
        ),
        _serving,
    ),
    Table(
        "dvfs_llm_l20_static_power",
        ("gpu", "state"),
        ("num_gpus", "sm_clock_mhz", "power_w"),
        _static,
    ),
    Table(
        "dvfs_gemm_clock_lock_h100_b200",
        ("gpu", "clock_setting"),
        ("gemm_m", "latency_us", "gpu_power_w"),
        _gemm,
    ),
    Table(
        "dvfs_kernels_v100_rtx8000",
        ("gpu", "suite", "benchmark", "input_id", "kernel"),
        (
            *("core_clock_mhz", "memory_clock_mhz", "gpu_power_w", "kernel_time_ms"),
            *("dram_active_frac", "sm_active_frac"),
        ),
        _kernels,
    ),
    Table(
        "power_limit_dnn_training_v100_a40_rtx6000_p100",
        ("gpu", "dataset", "network", "optimizer"),
        ("batch_size", "power_limit_w", "time_per_epoch_s", "avg_power_w"),
        _training,
    ),
)
