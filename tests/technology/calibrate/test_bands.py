"""Bands of coefficients from the errors on unseen pairs, by hand."""

import numpy as np
import pandas as pd
import pytest

from carbonplan.technology.calibrate.bands import COSTS, PHASES, RATES, with_bands
from carbonplan.technology.calibrate.levels import CHOICES
from carbonplan.technology.coefficients import COMMUNICATION, NAMES
from tests.technology.test_calibration import made

DECODE = np.linspace(-0.4, 0.6, 11)  # ln of measured over predicted: -0.3 and 0.5 at 10, 90 %
PREFILL = np.linspace(0.1, 1.1, 11)  # always slower: 0.2 and 1.0
POWER = np.linspace(-0.2, 0.0, 11)  # never more: -0.18 and -0.02


def rows(engine: str = "vllm-2025") -> tuple[pd.DataFrame, np.ndarray]:
    """Measurements that are so far from predictions of one each."""
    parts = {"step_s": DECODE, "ttft_s": PREFILL, "power_w": POWER}
    table = pd.DataFrame(
        [(name, np.exp(error)) for name, errors in parts.items() for error in errors],
        columns=["quantity", "value"],
    )
    return table.assign(engine=engine), np.ones(len(table))


def banded(coefficient: str, level: str = "kind", value: float = 2.0):
    row = made(coefficient, level, "gpu", value, low=0.9 * value, high=1.1 * value)
    (found,) = with_bands([row], *rows())
    return found


def test_overheads_last_as_long_as_steps_did():
    found = banded("step_overhead_ms")
    assert (found.low, found.high) == pytest.approx((2 * np.exp(-0.3), 2 * np.exp(0.5)))


def test_efficiencies_are_low_where_steps_were_long():
    found = banded("bandwidth_efficiency", value=0.6)
    assert (found.low, found.high) == pytest.approx((0.6 * np.exp(-0.5), 0.6 * np.exp(0.3)))


def test_a_band_always_holds_its_value():
    prompt, power = banded("request_overhead_ms"), banded("compute_power_share", value=0.5)
    assert (prompt.low, prompt.high) == pytest.approx((2.0, 2 * np.exp(1.0)))
    assert (power.low, power.high) == pytest.approx((0.5 * np.exp(-0.18), 0.5))


@pytest.mark.parametrize(
    ("coefficient", "level"), [("step_overhead_ms", "engine"), ("launch_overlap", "kind")]
)
def test_factors_and_what_scales_no_phase_keep_the_spread_of_the_fit(coefficient, level):
    found = banded(coefficient, level)
    assert (found.low, found.high) == pytest.approx((1.8, 2.2))


def test_other_engines_and_rows_without_a_prediction_do_not_count():
    table, left_out = rows()
    other, _ = rows("llama.cpp")
    unknown = table.assign(value=1e9)
    together = pd.concat([table, other.assign(value=1e6), unknown], ignore_index=True)
    predictions = np.concatenate([left_out, left_out, np.full(len(table), np.nan)])
    row = made("step_overhead_ms", "kind", "gpu", 2.0)
    assert with_bands([row], together, predictions) == with_bands([row], table, left_out)


def test_every_banded_coefficient_scales_one_phase_and_is_fitted():
    assert not set(RATES) & set(COSTS)
    for name, phase in {**RATES, **COSTS}.items():
        assert name in NAMES
        assert phase in PHASES
        assert name in CHOICES or name in COMMUNICATION
