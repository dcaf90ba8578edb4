"""Which measurements teach, and what a fit leaves out."""

import numpy as np
import pandas as pd
import pytest

from carbonplan.technology.calibrate.run import completed
from carbonplan.technology.calibrate.serving import (
    Known,
    cross_validated,
    fit_serving,
    teaching,
)
from carbonplan.technology.calibration import UNKNOWN
from carbonplan.technology.performance import decode_step
from tests.technology.calibrate.example_rows import table
from tests.technology.example_records import H100_8, LLAMA_8B, LLAMA_70B, T4_4, accelerator
from tests.technology.example_replicas import CALIBRATION, figures

SOCKET = accelerator("socket", kind="cpu", architecture="Zen 9", scale_up_link="xGMI 9")
KNOWN = Known(
    {llm.llm: llm for llm in (LLAMA_8B, LLAMA_70B)},
    {
        "h100-sxm": (H100_8.accelerator, H100_8.power),
        "t4": (T4_4.accelerator, T4_4.power),
        "socket": (SOCKET, H100_8.power),
    },
)


@pytest.mark.parametrize(
    "other",
    [
        {"accelerator": "socket"},
        {"clock_fraction": 0.7},
        {"power_limit_fraction": 0.5},
        {"dataset": "single-gpu"},
        {"llm": ""},
        {"quantity": "energy_per_output_token_j"},
        {"quantity": "relative_time"},
    ],
)
def test_what_teaches_nothing_of_serving_is_left_out(other):
    assert teaching(table({}, other), KNOWN).tolist() == [True, False]


def test_what_was_held_up_teaches_nothing():
    step = {"batch": 1.0, "value": 0.03}
    prompt = {"engine": "llama.cpp", "quantity": "prefill_s"}
    narrow, wide = (
        {"precision": one, "value": two} for one, two in (("int4", 0.1), ("fp16", 0.9))
    )
    rows = table({}, step, {**prompt, **narrow}, {**prompt, **wide})
    assert teaching(rows, KNOWN).tolist() == [True, False, True, False]


def made_by_models() -> pd.DataFrame:
    """Steps and power of three pairs; the steps 1.4 times as long as the models say."""
    runs = [
        ({"accelerator": "h100-sxm", "gpu_family": "H100"}, {}),
        (
            {"llm": "llama-3.1-70b", "model_family": "llama-70b", "precision": "fp8"},
            {"llm": LLAMA_70B, "precision": "fp8"},
        ),
        (
            {"accelerator": "t4", "gpu_family": "T4", "precision": "int4"},
            {"server": T4_4, "precision": "int4"},
        ),
    ]
    rows = []
    for names, change in runs:
        for batch in (1.0, 4.0, 16.0, 64.0):
            part = figures(change)
            step_s = 1.4 * decode_step(batch, 600, part).total_s[0]
            limit_w = part.hardware.limit_w[0]
            rows += [
                {**names, "batch": batch, "value": step_s},
                {**names, "batch": batch, "quantity": "power_w", "value": 0.7 * limit_w},
            ]
    return table(*rows)


@pytest.fixture(scope="module")
def fitted():
    rows = made_by_models()
    base = completed(row for row in CALIBRATION.rows.values() if row.level in ("kind", "link"))
    return rows, fit_serving(rows, KNOWN, base)


def test_a_fit_explains_what_it_was_fitted_on(fitted):
    _, found = fitted
    for half, one in ((found.times, found.times_fit), (found.powers, found.powers_fit)):
        error = np.expm1(half.task.logs(one.theta) - np.log(half.task.measured))
        assert np.median(np.abs(error)) < 0.1
    assert {row.evidence for row in found.rows} == {"derived"}
    assert all(row.low <= row.value <= row.high for row in found.rows)
    assert not any(row.name == UNKNOWN for row in found.rows)


def test_a_pair_left_out_is_not_known_to_its_fit(fitted):
    """Without the only pair of a T4 its predictions hardly follow what it measured."""
    rows, found = fitted
    t4 = (rows["accelerator"] == "t4") & (rows["quantity"] == "step_s")
    moved = rows.assign(value=rows["value"] * np.where(t4, 3.0, 1.0))
    again = fit_serving(moved, KNOWN, found.base)
    some = rows[t4].reset_index(drop=True)
    before, after = (cross_validated(some, KNOWN, one) for one in (found, again))
    assert np.abs(np.log(after / before)).max() < 0.1


def test_rows_of_no_known_quantity_have_no_left_out_prediction(fitted):
    rows, found = fitted
    some = pd.concat([rows[:4], table({"quantity": "relative_time"}, {"llm": ""})])
    values = cross_validated(some.reset_index(drop=True), KNOWN, found)
    assert np.isfinite(values[:4]).all()
    assert np.isnan(values[4:]).all()
