"""The shipped coefficients against the public measurements, and the tables against a refit."""

import numpy as np
import pytest

from carbonplan.technology.calibrate.accuracy import judge
from carbonplan.technology.calibrate.clocks import fit_clocks
from carbonplan.technology.calibrate.links import fit_links
from carbonplan.technology.calibration import load_calibration


@pytest.fixture(scope="module")
def judged(shared_data):
    return judge(shared_data / "performance", load_calibration()).rows


def median_error(judged, line: str, quantity: str, dataset: str) -> float:
    rows = judged[(judged["quantity"] == quantity) & (judged["dataset"] == dataset)]
    assert len(rows) > 30
    return float(np.median(np.abs(rows[line] / rows["value"] - 1.0)))


@pytest.mark.parametrize(
    ("quantity", "dataset", "most"),
    [
        ("step_s", "mlenergy-v3", 0.20),
        ("prefill_s", "splitwise", 0.35),
        ("tpot_s", "inferencex", 0.30),
        ("power_w", "mlenergy-v3", 0.15),
    ],
)
def test_shipped_coefficients_beat_the_plain_roofline(judged, quantity, dataset, most):
    model = median_error(judged, "model", quantity, dataset)
    assert model < most
    assert model < median_error(judged, "roofline", quantity, dataset) / 2


def test_links_and_clocks_refit_to_the_shipped_values(shared_data):
    shipped = load_calibration().rows
    folder = shared_data / "performance"
    for one in (*fit_links(folder), *fit_clocks(folder)):
        row = shipped[one.parameter.coefficient, one.parameter.family]
        assert row.value == pytest.approx(one.value, rel=1e-3)
        assert row.rows == one.rows
