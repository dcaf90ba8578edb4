"""Which measurements teach, which were held up, and what a fit leaves out."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from carbonplan.technology.calibrate.run import completed
from carbonplan.technology.calibrate.serving import (
    Known,
    cross_validated,
    fit_serving,
    held_up,
    slow_prompts,
    teaching,
)
from carbonplan.technology.calibration import UNKNOWN
from carbonplan.technology.performance import decode_step
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
RUN = {
    "dataset": "d",
    "engine": "vllm-2025",
    "task": "",
    "accelerator": "h100-sxm",
    "llm": "llama-3.1-8b",
    "gpu_family": "H100",
    "model_family": "llama-8b",
    "precision": "bf16",
    "kv_precision": "bf16",
    "tensor_parallel": 1.0,
    "pipeline_parallel": 1.0,
    "expert_parallel": 1.0,
    "data_parallel": 1.0,
    "batch": 8.0,
    "input_tokens": 500.0,
    "output_tokens": 200.0,
    "clock_fraction": 1.0,
    "power_limit_fraction": 1.0,
    "quantity": "step_s",
    "value": 0.01,
}


def table(*changes: Mapping[str, object]) -> pd.DataFrame:
    return pd.DataFrame([{**RUN, **change} for change in changes])


def steps(*pairs: tuple[float, float], **changes: object) -> list[dict]:
    """Steps of growing batches."""
    return [{"batch": batch, "value": value, **changes} for batch, value in pairs]


def prompts(*runs: tuple[str, float, float], **changes: object) -> list[dict]:
    """Prompts by precision and stages."""
    run = {"engine": "llama.cpp", "quantity": "prefill_s", **changes}
    return [
        {"precision": precision, "pipeline_parallel": stages, "value": value, **run}
        for precision, stages, value in runs
    ]


def test_prompts_far_slower_than_with_widened_weights_were_held_up():
    """Four accelerators are no excuse; those that have nothing beside them are believed."""
    one, four = ("fp16", 1.0, 0.9), ("fp16", 4.0, 0.12)
    rows = table(*prompts(("int4", 1.0, 0.1), one, ("int4", 4.0, 0.2), four))
    assert slow_prompts(rows).tolist() == [False, True, True, False]
    assert not slow_prompts(table(*prompts(one, four))).any()
    assert not slow_prompts(table(*prompts(("int4", 1.0, 0.1), one, engine="vllm-2025"))).any()
    assert teaching(rows, KNOWN).tolist() == [True, False, False, True]


def test_a_step_longer_than_that_of_a_larger_batch_was_held_up():
    rows = table(*steps((1, 0.010), (8, 0.030), (16, 0.012), (32, 0.020)))
    assert held_up(rows).tolist() == [False, True, False, False]


def test_a_little_longer_is_no_more_than_noise():
    rows = table(*steps((1, 0.0105), (8, 0.010)))
    assert not held_up(rows).any()


def test_whatever_was_measured_of_such_a_run_is_marked():
    power = {"quantity": "power_w", "value": 300.0}
    rows = table(
        *steps((1, 0.030), (8, 0.010)),
        {"batch": 1.0, **power},
        {"batch": 8.0, **power},
        {"batch": 1.0, **power, "llm": "llama-3.1-70b"},
    )
    assert held_up(rows).tolist() == [True, False, True, False, False]


@pytest.mark.parametrize(
    "other",
    [
        {"llm": "llama-3.1-70b"},
        {"accelerator": "t4"},
        {"engine": "vllm-2024"},
        {"tensor_parallel": 2.0},
        {"precision": "fp8"},
        {"dataset": "e"},
        {"clock_fraction": 0.5},
        {"power_limit_fraction": 0.5},
        {"input_tokens": 100.0},
    ],
)
def test_runs_of_something_else_hold_nobody_up(other):
    rows = table(*steps((1, 0.030)), *steps((8, 0.010), **other))
    assert not held_up(rows).any()


def test_repeats_at_one_batch_hold_nobody_up():
    assert not held_up(table(*steps((8, 0.030), (8, 0.010)))).any()


def test_a_run_with_other_prompts_is_not_marked_with_it():
    other = {"batch": 1.0, "input_tokens": 8000.0, "quantity": "power_w", "value": 300.0}
    rows = table(*steps((1, 0.030), (8, 0.010)), other)
    assert held_up(rows).tolist() == [True, False, False]


def test_times_of_tokens_compare_at_like_lengths_only():
    """Prompts in between make a long input slower."""
    long = {"quantity": "tpot_s", "input_tokens": 8000.0}
    rows = table(*steps((1, 0.030), **long), *steps((8, 0.010), quantity="tpot_s"))
    assert not held_up(rows).any()


def test_runs_that_fill_memory_are_not_marked_with_others():
    """Their batch is not known."""
    filled = {"batch": np.nan, "quantity": "output_tokens_per_s", "value": 9.0}
    rows = table(*steps((1, 0.030), (8, 0.010)), filled)
    assert held_up(rows).tolist() == [True, False, False]


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
