r"""Where the time of a step goes: how near single kernels come to the data sheet.

A multiplication of m × k with k × n takes at least :math:`2mnk / \hat F` and at least the
reading of its matrices; attention at least its pairs or the reading of its cache; an all-reduce
among p at least :math:`2 (p - 1) / p` times its message over the link. What a kernel reaches is
that bound over its time. Kernels too small to reach anything are not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.catalogue.records import Count, Evidence, Record
from carbonplan.catalogue.shipped import data_root, shown
from carbonplan.catalogue.tables import read_table, refuse
from carbonplan.catalogue.writing import table_text, write_whole
from carbonplan.errors import InvalidInput, MissingDependency, nearest
from carbonplan.technology.calibrate.names import resolve_accelerator
from carbonplan.technology.calibrate.serving import Known
from carbonplan.technology.figures import HardwareFigures, accelerator_figures, stacked, taken
from carbonplan.units import BYTES_PER_GB, FLOPS_PER_TFLOPS, MS_PER_S

if TYPE_CHECKING:
    import pandas as pd

SHIPPED = Path("calibration") / "kernels.csv"
FORMATS = {  # of the tables, as a precision
    "bfloat16": "bf16",
    "float16": "fp16",
    "half": "fp16",
    "fp8": "fp8",
    "fp8_block": "fp8",
    "nvfp4": "fp4",
    "int8": "int8",
}
BYTES = {"bf16": 2.0, "fp16": 2.0, "fp8": 1.0, "int8": 1.0, "fp4": 0.5625}
ONE_SIDED = 4.0  # factor between the two bounds from which one alone rules
LEAST_WEIGHTS = 50e6  # bytes; smaller matrices stay in caches
LEAST_CACHE = 200e6  # bytes
LEAST_PAIRS = 1e12  # operations
LEAST_MESSAGE = 100e6  # bytes
DIGITS = 3
SEPARATOR = "|"
SOURCE = "aiconfigurator-operators-2026"


class KernelRow(Record):
    """What kernels of one kind reach; a row of ``data/calibration/kernels.csv``."""

    accelerator: str
    kernel: str
    number_format: str
    bound: str  # of the data sheet: compute, memory or link
    rows: Count
    reached: float  # of the bound, median [1]
    low: float  # 10th percentile [1]
    high: float  # 90th percentile [1]
    power: float | None  # mean over the board's limit, median [1]
    evidence: Evidence = "measured"
    source: str = SOURCE


def kernel_rows(folder: Path, known: Known) -> tuple[KernelRow, ...]:
    """What the operator tables of a folder show; tables that are not there are skipped.

    Raises
    ------
    InvalidInput
        If the folder has none of them, or a column is missing.
    MissingDependency
        If pyarrow is not installed.
    """
    found = {name: folder / name for name in KERNELS if (folder / name).is_file()}
    if not found:
        raise InvalidInput(shown(folder), [f"holds none of {', '.join(KERNELS)}"])
    return tuple(
        row
        for name, path in found.items()
        for row in _summary(_bounded(_read(path, KERNELS[name][0]), *KERNELS[name], known))
    )


def shipped_kernels() -> tuple[KernelRow, ...]:
    """What was found when the shipped coefficients were fitted."""
    return read_table(data_root() / SHIPPED, KernelRow)


def write_kernels(rows: Iterable[KernelRow], folder: Path) -> None:
    """``kernels.csv`` in a folder of calibration tables; same rows, same bytes."""
    write_whole(folder / SHIPPED.name, table_text(rows, list(KernelRow.model_fields)))


def _read(path: Path, columns: Mapping[str, str]) -> pd.DataFrame:
    """Needed columns under common names, numbers as floats, of known accelerators alone."""
    import pandas as pd

    try:
        table = pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
    except ImportError:
        raise MissingDependency(
            f"{shown(path)}: reading Parquet needs pyarrow; pip install 'carbonplan[parquet]'"
        ) from None
    missing = [name for name in columns if name not in table]
    refuse(
        path, [f'column "{name}" is missing{nearest(name, table.columns)}' for name in missing]
    )
    table = table[list(columns)].rename(columns=columns)
    if "op_name" in table:
        table = table[table["op_name"] == "all_reduce"].drop(columns="op_name")
    words = ["system", "format"]
    resolved = {name: resolve_accelerator(str(name)) for name in table["system"].unique()}
    numbers = table.drop(columns=words).astype(float)
    return numbers.assign(
        format=table["format"].astype(str),
        accelerator=table["system"].astype(str).map(resolved),
        precision=table["format"].astype(str).map(FORMATS),
    ).dropna(subset=["accelerator", "precision", "latency_ms"])


def _bounded(
    table: pd.DataFrame, _columns: Mapping[str, str], bounds: Callable, known: Known
) -> pd.DataFrame:
    """Rows that one side of the data sheet rules, with what they reach of it."""
    keys, names = (table["accelerator"] + SEPARATOR + table["precision"]).factorize()
    pairs = (name.split(SEPARATOR) for name in names)
    each = [accelerator_figures(*known.accelerators[name], form) for name, form in pairs]
    bound = bounds(table, taken(stacked(each), keys))
    measured = table.assign(**bound)
    measured = measured[measured["bound"] != ""]
    return measured.assign(
        reached=measured["bound_s"] / (measured["latency_ms"] / MS_PER_S),
        power=measured.get("gpu_power_w", np.nan) / measured.get("power_limit_w", np.nan),
    )


def _summary(measured: pd.DataFrame) -> Iterator[KernelRow]:
    keys = ["accelerator", "kernel", "format", "bound"]
    for (accelerator, kernel, form, bound), rows in measured.groupby(keys):
        low, middle, high = rows["reached"].quantile([0.1, 0.5, 0.9])
        power = rows["power"].median()
        yield KernelRow(
            accelerator=accelerator,
            kernel=kernel,
            number_format=form,
            bound=bound,
            rows=len(rows),
            reached=_rounded(middle),
            low=_rounded(low),
            high=_rounded(high),
            power=None if np.isnan(power) else _rounded(power),
        )


def _gemm(table: pd.DataFrame, hardware: HardwareFigures) -> dict[str, object]:
    width = table["precision"].map(BYTES)
    weights = table["n"] * table["k"] * width
    flops_s = 2.0 * table["m"] * table["n"] * table["k"] / _flops_per_s(hardware.peak_tflops)
    states = 2.0 * table["m"] * (table["n"] + table["k"])
    read_s = (weights + states) / _bytes_per_s(hardware)
    compute = flops_s > ONE_SIDED * read_s
    memory = (read_s > ONE_SIDED * flops_s) & (weights >= LEAST_WEIGHTS)
    large = compute & (weights >= LEAST_WEIGHTS)
    return {
        "kernel": "gemm",
        "bound": np.select([large, memory], ["compute", "memory"], ""),
        "bound_s": np.maximum(flops_s, read_s),
    }


def _decode_attention(table: pd.DataFrame, hardware: HardwareFigures) -> dict[str, object]:
    """Reading the cache once for every group of heads."""
    context = _windowed(table["past_tokens"] + 1.0, table["window_tokens"])
    heads = 2.0 * table["num_key_value_heads"] * table["head_dim"]
    cache = table["batch_size"] * context * heads * table["precision"].map(BYTES)
    return {
        "kernel": "decode attention",
        "bound": np.where(cache >= LEAST_CACHE, "memory", ""),
        "bound_s": cache / _bytes_per_s(hardware),
    }


def _prefill_attention(table: pd.DataFrame, hardware: HardwareFigures) -> dict[str, object]:
    """Pairs of a query and an earlier token, two multiplications of a head's width each."""
    tokens, past = table["input_tokens"], table["past_tokens"]
    window = _windowed(tokens, table["window_tokens"])
    pairs = tokens * window - window**2 / 2.0 + tokens * past
    flops = 4.0 * table["batch_size"] * pairs * table["num_heads"] * table["head_dim"]
    return {
        "kernel": "prefill attention",
        "bound": np.where(flops >= LEAST_PAIRS, "compute", ""),
        "bound_s": flops / _flops_per_s(hardware.attention_tflops),
    }


def _all_reduce(table: pd.DataFrame, hardware: HardwareFigures) -> dict[str, object]:
    """Large messages of two to eight peers."""
    message = table["message_elements"] * table["precision"].map(BYTES)
    share = 2.0 * (table["num_gpus"] - 1.0) / table["num_gpus"]
    return {
        "kernel": [f"all-reduce of {peers:.0f}" for peers in table["num_gpus"]],
        "bound": np.where(message >= LEAST_MESSAGE, "link", ""),
        "bound_s": share * message / (hardware.link_gb_per_s * BYTES_PER_GB),
    }


def _windowed(tokens: pd.Series, window: pd.Series) -> pd.Series:
    """Tokens that are attended to; no window where it is empty or zero."""
    return tokens.where(~(window > 0) | (tokens <= window), window)


def _flops_per_s(tflops: np.ndarray) -> np.ndarray:
    return tflops * FLOPS_PER_TFLOPS


def _bytes_per_s(hardware: HardwareFigures) -> np.ndarray:
    return hardware.bandwidth_gb_per_s * BYTES_PER_GB


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _columns(form: str, *same: str) -> dict[str, str]:
    """Columns that are needed; the one of the number format under a common name."""
    return {form: "format", **{name: name for name in ("system", "latency_ms", *same)}}


BOARD = ("gpu_power_w", "power_limit_w")
SEQUENCES = ("batch_size", "past_tokens", "window_tokens", "head_dim", *BOARD)
KERNELS: Mapping[str, tuple[Mapping[str, str], Callable]] = {
    "operator_gemm_latency_power.parquet": (
        _columns("gemm_dtype", "m", "n", "k", *BOARD),
        _gemm,
    ),
    "operator_decode_attention_latency_power.parquet": (
        _columns("kv_cache_dtype", "num_key_value_heads", *SEQUENCES),
        _decode_attention,
    ),
    "operator_prefill_attention_latency_power.parquet": (
        _columns("attn_dtype", "input_tokens", "num_heads", *SEQUENCES),
        _prefill_attention,
    ),
    "collectives_nccl_latency.csv": (
        _columns("nccl_dtype", "op_name", "num_gpus", "message_elements"),
        _all_reduce,
    ),
}
