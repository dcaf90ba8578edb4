"""The plain roofline against answers computed by hand."""

import numpy as np
import pandas as pd
import pytest

from carbonplan.catalogue.shipped import data_root
from carbonplan.technology.calibrate.measurements import COLUMNS, NUMBERS, WORDS
from carbonplan.technology.calibrate.roofline import roofline, too_fast
from carbonplan.technology.calibrate.serving import read_known
from carbonplan.technology.shapes import llm_figures

BANDWIDTH = 3.35e12  # H100 SXM [bytes/s]
PEAK = 989e12  # in 16 bits [1/s]
LIMIT_W = 700.0


@pytest.fixture(scope="module")
def known():
    return read_known(data_root())


def rows(*changes: dict) -> pd.DataFrame:
    """Llama 3.1 8B on one H100, one sequence of hardly any context, with changes."""
    base = {**WORDS, **NUMBERS, "quantity": "step_s", "value": 1.0}
    base |= {"accelerator": "h100-sxm", "llm": "llama-3.1-8b", "accelerators": 1.0}
    base |= {"batch": 1.0, "input_tokens": 1.0, "output_tokens": 0.0}
    return pd.DataFrame([base | change for change in changes], columns=COLUMNS)


def values(known, *changes: dict) -> np.ndarray:
    return roofline(rows(*changes), known.llms, known.accelerators)


def test_one_sequence_takes_as_long_as_reading_the_weights(known):
    llm = llm_figures(known.llms["llama-3.1-8b"], "bf16")
    (step_s,) = values(known, {})
    assert step_s == pytest.approx(llm.core_bytes / BANDWIDTH, rel=1e-4)


def test_two_accelerators_halve_it_and_half_a_clock_leaves_it(known):
    one, two, slow = values(
        known, {}, {"tensor_parallel": 2.0, "accelerators": 2.0}, {"clock_fraction": 0.5}
    )
    assert (two, slow) == pytest.approx((one / 2, one))


def test_a_long_prompt_takes_as_long_as_its_arithmetic(known):
    llm = llm_figures(known.llms["llama-3.1-8b"], "bf16")
    prompt = {"quantity": "prefill_s", "input_tokens": 2000.0}
    full, slow = values(known, prompt, prompt | {"clock_fraction": 0.5})
    flops = 2.0 * llm.core_parameters * 2000
    assert flops / PEAK < full < 1.1 * flops / PEAK  # the rest are pairs of tokens
    assert slow == pytest.approx(2 * full)


def test_throughput_power_and_energy_agree(known):
    load = {"batch": 32.0, "input_tokens": 500.0, "output_tokens": 200.0}
    names = ("tpot_s", "output_tokens_per_s", "power_w", "energy_per_output_token_j")
    tpot_s, rate, power_w, energy_j = values(known, *({"quantity": n} | load for n in names))
    assert rate == pytest.approx(32 / tpot_s)
    assert power_w == LIMIT_W
    assert energy_j == pytest.approx(LIMIT_W / rate)


def test_without_a_batch_memory_is_filled(known):
    load = {"quantity": "output_tokens_per_s", "input_tokens": 500.0, "output_tokens": 500.0}
    known_batch, filled = values(known, load | {"batch": 16.0}, load | {"batch": np.nan})
    assert filled > known_batch


def test_kernels_follow_what_keeps_them_busy(known):
    kernel = {"llm": "", "quantity": "relative_time", "clock_fraction": 0.5}
    cores, memory = values(
        known,
        kernel | {"compute_active": 1.0, "memory_active": 0.2},
        kernel | {"compute_active": 0.3, "memory_active": 0.9},
    )
    assert (cores, memory) == pytest.approx((2.0, 1.0))


def test_what_has_no_formula_is_not_a_number(known):
    assert np.isnan(values(known, {"quantity": "idle_power_w"})).all()


def test_measurements_beyond_the_data_sheet_are_found(known):
    (bound,) = values(known, {})
    table = rows({"value": bound / 3}, {"value": bound / 1.5}, {"value": 3 * bound})
    fast = too_fast(table, known.llms, known.accelerators)
    assert fast.tolist() == [True, False, False]
