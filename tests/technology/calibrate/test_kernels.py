"""What kernels reach of the data sheet, by hand."""

import pandas as pd
import pytest

from carbonplan.catalogue.shipped import data_root
from carbonplan.errors import InvalidInput
from carbonplan.technology.calibrate.kernels import (
    kernel_rows,
    shipped_kernels,
    write_kernels,
)
from carbonplan.technology.calibrate.serving import read_known

PEAK, BANDWIDTH, LINK = 989e12, 3.35e12, 450e9  # of an H100 SXM


@pytest.fixture(scope="module")
def known():
    return read_known(data_root())


def all_reduce(**changes) -> dict:
    row = {"system": "h100_sxm", "op_name": "all_reduce", "nccl_dtype": "half", "num_gpus": 4}
    return row | {"message_elements": 2e8, "latency_ms": 2.0} | changes


def gemm(m: float, n: float, k: float, seconds: float) -> dict:
    row = {"system": "h100_sxm", "gemm_dtype": "bfloat16", "m": m, "n": n, "k": k}
    return row | {"latency_ms": 1e3 * seconds, "gpu_power_w": 350.0, "power_limit_w": 700.0}


def test_collectives_are_over_the_link(tmp_path, known):
    """400 MB among four: 600 MB over a link of 450 GB/s are 1.33 ms, and 2 ms were measured."""
    small = all_reduce(message_elements=1e3)
    gather = all_reduce(op_name="all_gather")
    table = pd.DataFrame([all_reduce(), small, gather])
    table.to_csv(tmp_path / "collectives_nccl_latency.csv", index=False)
    (row,) = kernel_rows(tmp_path, known)
    assert (row.accelerator, row.kernel, row.bound) == ("h100-sxm", "all-reduce of 4", "link")
    assert row.reached == pytest.approx(600e6 / LINK / 0.002, rel=1e-2)
    assert row.power is None


def test_multiplications_are_over_the_side_that_rules(tmp_path, known):
    large, thin = (16384, 8192, 8192), (1, 8192, 8192)
    large_s = 2.0 * 16384 * 8192 * 8192 / PEAK
    thin_s = 2.0 * 8192 * 8192 / BANDWIDTH
    between = gemm(256, 8192, 8192, 1.0)  # both sides matter: not counted
    table = pd.DataFrame([gemm(*large, large_s / 0.8), gemm(*thin, thin_s / 0.5), between])
    table.to_parquet(tmp_path / "operator_gemm_latency_power.parquet")
    rows = {row.bound: row for row in kernel_rows(tmp_path, known)}
    assert rows["compute"].reached == pytest.approx(0.8, rel=1e-2)
    assert rows["memory"].reached == pytest.approx(0.5, rel=1e-2)
    assert {row.power for row in rows.values()} == {0.5}


def test_a_missing_column_has_a_nearest_name(tmp_path, known):
    table = pd.DataFrame([all_reduce()]).rename(columns={"num_gpus": "num_gpu"})
    table.to_csv(tmp_path / "collectives_nccl_latency.csv", index=False)
    with pytest.raises(InvalidInput, match='nearest: "num_gpu"'):
        kernel_rows(tmp_path, known)


def test_a_folder_without_operator_tables_is_refused(tmp_path, known):
    with pytest.raises(InvalidInput, match="holds none of operator_gemm"):
        kernel_rows(tmp_path, known)


def test_what_is_shipped_is_plausible_and_reads_back(tmp_path):
    rows = shipped_kernels()
    assert all(0 < row.low <= row.reached <= row.high < 1.1 for row in rows)
    write_kernels(rows, tmp_path)
    shipped = (data_root() / "calibration" / "kernels.csv").read_bytes()
    assert (tmp_path / "kernels.csv").read_bytes() == shipped
