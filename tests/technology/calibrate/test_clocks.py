"""The fit of clocks and limits: what made the rows comes back, measured ratios are met."""

import numpy as np
import pandas as pd
import pytest

from carbonplan.catalogue.shipped import data_root
from carbonplan.technology.calibrate.clock_priors import PRIORS
from carbonplan.technology.calibrate.clock_rows import (
    coefficient_rows,
    is_of_load,
    values_from,
)
from carbonplan.technology.calibrate.clocks import (
    fit_clocks,
    predicted_ratio,
    values_of,
)
from carbonplan.technology.calibrate.kernels import KernelRow
from carbonplan.technology.calibrate.loads import POOLED, SUSTAINED, described, load_shares
from carbonplan.technology.calibrate.measurements import COLUMNS, NUMBERS, WORDS, measurements
from carbonplan.technology.calibrate.names import read_names
from carbonplan.technology.calibrate.serving import read_known
from carbonplan.technology.calibrate.sustained import held_by_limit, sustained_clock

GOAL_MEDIAN = 0.08


@pytest.fixture(scope="module")
def known():
    return read_known(data_root())


def rows_of(*rows: dict) -> pd.DataFrame:
    blank = {**WORDS, **NUMBERS, "quantity": "relative_time", "value": 1.0}
    return pd.DataFrame([{**blank, **row} for row in rows])[list(COLUMNS)]


def kernel(**changes) -> dict:
    return {
        "dataset": "kernel-clocks",
        "task": "suite/kernel",
        "accelerator": "v100-32-pcie",
        "batch": 1.0,
        "compute_active": 0.9,
        "memory_active": 0.5,
        **changes,
    }


def training(**changes) -> dict:
    own = {"compute_active": np.nan, "memory_active": np.nan, "batch": 64.0}
    return kernel(dataset="training-caps", task="resnet50", **own) | changes


def plausible() -> dict:
    return {(name, POOLED): prior.value for name, prior in PRIORS.items()}


def test_full_clock_and_limit_change_nothing(known):
    rows = rows_of(kernel(), training(), training(quantity="relative_power"))
    assert predicted_ratio(rows, known, plausible()) == pytest.approx([1.0, 1.0, 1.0])


def test_a_kernel_without_memory_follows_the_clock(known):
    rows = rows_of(kernel(memory_active=0.0, clock_fraction=0.5))
    assert predicted_ratio(rows, known, plausible()) == pytest.approx([2.0])


def test_a_matrix_multiplication_runs_at_the_sustained_clock(known):
    gemm = kernel(accelerator="h100-sxm", compute_active=1.0, memory_active=0.0)
    rows = rows_of(gemm | {"clock_fraction": 0.8}, gemm | {"clock_fraction": 0.35})
    values = plausible() | {(SUSTAINED, "hopper"): 0.7}
    assert predicted_ratio(rows, known, values) == pytest.approx([1.0, 2.0])
    values[SUSTAINED, "h100-sxm"] = 0.8
    assert predicted_ratio(rows, known, values)[0] == pytest.approx(1.0)


def test_a_network_at_a_limit_draws_it(known):
    rows = rows_of(training(power_limit_fraction=0.6, quantity="relative_power"))
    values = plausible() | {("training_duty", "resnet50"): 0.999}
    values |= {("training_half_batch", "resnet50"): 0.1}
    share = values["training_power_share", POOLED]
    assert predicted_ratio(rows, known, values) == pytest.approx([0.6 / share], rel=0.01)


def test_a_network_that_waits_for_its_host_feels_no_limit(known):
    rows = rows_of(training(power_limit_fraction=0.4))
    values = plausible() | {("training_duty", "resnet50"): 0.01}
    assert predicted_ratio(rows, known, values) == pytest.approx([1.0], abs=0.02)


def test_parts_of_prefill_and_decode(known):
    served = {"llm": "llama-3.1-8b", "accelerator": "h100-sxm", "input_tokens": 1024.0}
    prefill = served | {"batch": 1.0, "output_tokens": 1.0}
    decode = served | {"batch": 1.0, "output_tokens": 0.0}
    parts = load_shares(rows_of(prefill, decode), known)
    # 1024 tokens × 2 × 8.0e9 of 989 TFLOPS; 16 GB of 3350 GB/s
    assert parts.compute_s[0] * 0.9 == pytest.approx(2 * 7.5e9 * 1024 / 989e12, rel=0.1)
    assert parts.memory_s[1] * 0.75 == pytest.approx(15.2e9 / 3350e9, rel=0.1)
    assert parts.sampling_s[0] == 0.0
    assert parts.sampling_s[1] > 0.0


def test_loads_are_told_apart(known):
    llm = {"llm": "llama-3.1-8b", "accelerator": "h100-sxm", "batch": 1.0, "input_tokens": 9.0}
    loads = described(rows_of(llm | {"output_tokens": 1.0}, kernel(), training()), known)
    assert loads.is_served.tolist() == [True, False, False]
    assert loads.is_kernel.tolist() == [False, True, False]
    assert loads.is_training.tolist() == [False, False, True]


def made(known, values: dict) -> pd.DataFrame:
    """Rows of kernels and networks that obey given values."""
    loads = [
        one | {"quantity": quantity, "clock_fraction": clock, "power_limit_fraction": limit}
        for quantity in ("relative_time", "relative_power")
        for one, clock, limit in (
            *(
                (kernel(memory_active=m), f, 1.0)
                for m in (0.0, 0.4, 0.8)
                for f in (0.3, 0.45, 0.6, 0.75, 0.9)
            ),
            *((training(batch=b), 1.0, cap) for b in (8.0, 64.0) for cap in (0.4, 0.6, 0.8)),
        )
    ]
    rows = rows_of(*loads)
    return rows.assign(value=predicted_ratio(rows, known, values))


def test_the_fit_finds_what_made_the_rows(known):
    values = plausible() | {
        ("voltage_floor", "volta"): 0.65,
        ("voltage_knee_mhz", "volta"): 900.0,
        ("memory_clock_knee_mhz", "volta"): 750.0,
    }
    rows = made(known, values)
    fitted = fit_clocks(rows, known)
    found = values_of(fitted)
    for key in (("voltage_knee_mhz", "volta"), ("memory_clock_knee_mhz", "volta")):
        assert found[key] == pytest.approx(values[key], rel=0.05)
    again = np.abs(predicted_ratio(rows, known, found) / rows["value"] - 1.0)
    assert np.quantile(again, 0.9) < 0.02
    assert fit_clocks(rows, known) == fitted


def gemm(board: str, **changes) -> KernelRow:
    row = {
        "accelerator": board,
        "kernel": "gemm",
        "number_format": "bfloat16",
        "bound": "compute",
        "rows": 10,
        "reached": 0.651,
        "low": 0.6,
        "high": 0.7,
        "power": 0.98,
    }
    return KernelRow(**(row | changes))


def test_a_board_at_its_limit_runs_at_what_it_reaches(known):
    at_limit, below = gemm("l40s"), gemm("a100-80-sxm", power=0.7)
    assert held_by_limit([at_limit, below, gemm("l40s", bound="memory")]) == (at_limit,)
    assert sustained_clock(0.651, "ada lovelace") == pytest.approx(0.7)
    assert sustained_clock(0.651, "hopper") == pytest.approx(0.7 * 0.924)
    assert sustained_clock(0.99, "ada lovelace") == 1.0
    rows = made(known, plausible())
    found = values_of(fit_clocks(rows, known, [at_limit, gemm("l40", reached=0.744)]))
    assert found[SUSTAINED, "l40s"] == pytest.approx(0.7)
    assert found[SUSTAINED, "ada lovelace"] == pytest.approx(0.75)


def test_rows_of_a_calibration_hold_the_same_values(known):
    fitted = fit_clocks(made(known, plausible()), known, [gemm("l40s")])
    rows = coefficient_rows(fitted, known, "2026-01-01")
    assert {row.level for row in rows} == {"kind", "architecture", "accelerator", "task"}
    back = values_from(rows, known)
    for key, value in values_of(fitted).items():
        assert back[key] == pytest.approx(value, rel=2e-3)
    assert all(row.low <= row.value <= row.high for row in rows)
    assert {row.coefficient.split("_")[0] for row in rows if is_of_load(row)} == {
        "kernel",
        "serving",
        "training",
    }


def test_measured_ratios_are_met_on_accelerators_that_were_not_fitted(known, shared_data):
    found = measurements(shared_data / "performance", read_names(data_root())).rows
    wanted = {"l20-clocks", "training-caps"}
    rows = found[
        found["quantity"].isin(["relative_time", "relative_power"])
        & found["dataset"].isin({*wanted, "kernel-clocks"})
    ]
    held = rows["accelerator"].isin(["l20", "quadro-rtx-6000"])
    values = values_of(fit_clocks(rows[~held], known))
    judged = rows[held].assign(
        error=lambda t: np.abs(predicted_ratio(t, known, values) / t["value"] - 1.0)
    )
    errors = judged.groupby(["dataset", "quantity"])["error"]
    assert set(judged["dataset"]) == wanted
    assert (errors.median() <= GOAL_MEDIAN).all()
    assert (errors.quantile(0.9) <= 0.25).all()
