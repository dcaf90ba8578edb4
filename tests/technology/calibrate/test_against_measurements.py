"""The shipped coefficients against the public measurements, and the tables against a refit."""

from dataclasses import replace

import numpy as np
import pytest

from carbonplan.catalogue.shipped import data_root
from carbonplan.technology.calibrate.accuracy import GOAL, judge, plausible, shipped_errors
from carbonplan.technology.calibrate.fit import fit
from carbonplan.technology.calibrate.levels import POWERS, TIMES
from carbonplan.technology.calibrate.links import fit_links, link_rows
from carbonplan.technology.calibrate.measurements import measurements
from carbonplan.technology.calibrate.names import read_names
from carbonplan.technology.calibrate.prediction import POWERS as POWER_QUANTITIES
from carbonplan.technology.calibrate.prediction import TIMES as TIME_QUANTITIES
from carbonplan.technology.calibrate.serving import make_half, read_known, teaching
from carbonplan.technology.calibration import load_calibration


@pytest.fixture(scope="module")
def judged(shared_data):
    return judge(shared_data / "performance", load_calibration()).rows


def median_error(judged, line: str, quantity: str, dataset: str) -> float:
    rows = judged[(judged["quantity"] == quantity) & (judged["dataset"] == dataset)]
    assert len(rows) > 30
    return float(np.median(np.abs(rows[line] / rows["value"] - 1.0)))


MAIN = [
    ("step_s", "mlenergy-v3"),
    ("output_tokens_per_s", "mlenergy-v3"),
    ("tpot_s", "mlenergy-v2"),
    ("output_tokens_per_s", "mlenergy-v2"),
    ("tpot_s", "inferencex"),
    ("ttft_s", "inferencex"),
    ("prefill_s", "splitwise"),
    ("total_tokens_per_s", "llm-inference-bench"),
    ("total_tokens_per_s", "llm-inference-bench-others"),
    ("output_tokens_per_s", "mlperf"),
]


@pytest.mark.parametrize(("quantity", "dataset"), MAIN)
def test_shipped_coefficients_reach_the_goal_and_beat_the_plain_roofline(
    judged, quantity, dataset
):
    model = median_error(judged, "model", quantity, dataset)
    assert model < GOAL[quantity].median
    assert model < median_error(judged, "roofline", quantity, dataset) / 2


@pytest.mark.parametrize(("quantity", "dataset"), MAIN)
def test_unseen_pairs_are_predicted_better_than_by_their_neighbours(quantity, dataset):
    found = {
        row.line: row.median
        for row in shipped_errors()
        if (row.dataset, row.quantity, row.part) == (dataset, quantity, "all")
    }
    assert found["crossvalidated"] < found["neighbour"]
    assert found["crossvalidated"] < found["roofline"] / 2


def test_links_refit_to_the_shipped_values(shared_data):
    shipped = load_calibration().rows
    for one in link_rows(fit_links(shared_data / "performance")):
        row = shipped[one.key]
        assert row.value == pytest.approx(one.value, rel=1e-3)
        assert row.rows == one.rows


def test_times_and_power_rest_where_a_refit_would_leave_them(shared_data):
    """Further steps from the shipped values move no prediction by more than rounding does."""
    folder, data = shared_data / "performance", data_root()
    known, shipped = read_known(data), load_calibration()
    found = plausible(measurements(folder, read_names(data)), known)
    rows = found.rows[teaching(found.rows, known)].reset_index(drop=True)
    for quantities, choices in ((TIME_QUANTITIES, TIMES), (POWER_QUANTITIES, POWERS)):
        half = make_half(rows, quantities, known, _before_serving(shipped), choices)
        theta = np.array([_logarithm(shipped, one) for one in half.task.parameters])
        moved = fit(half.task, half.all, theta, steps=2).theta
        change = half.task.logs(moved) - half.task.logs(theta)
        assert np.quantile(np.abs(change), 0.9) < 0.01


def _before_serving(shipped):
    """Without the factors that serving puts on what links are known for."""
    known = {name for name, choice in TIMES.items() if choice.expected is None}
    kept = {
        key: row
        for key, row in shipped.rows.items()
        if row.coefficient not in known or row.level in ("kind", "link")
    }
    return replace(shipped, rows=kept)


def _logarithm(shipped, parameter) -> float:
    value = shipped.rows[parameter.coefficient, parameter.level, parameter.name].value
    return value if parameter.level == "shape" else float(np.log(value))
