"""The shipped coefficients against the public measurements, and the tables against a refit."""

import numpy as np
import pytest

from carbonplan.catalogue.shipped import data_root
from carbonplan.technology.calibrate.accuracy import GOAL, judge, plausible, shipped_errors
from carbonplan.technology.calibrate.links import fit_links, link_rows
from carbonplan.technology.calibrate.measurements import measurements
from carbonplan.technology.calibrate.names import read_names
from carbonplan.technology.calibrate.run import assumed_rows, completed, fitted_before_serving
from carbonplan.technology.calibrate.serving import fit_serving, read_known
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


def test_times_and_power_refit_to_the_shipped_values(shared_data):
    """Without leaving pairs out, which takes minutes: the values are the same."""
    folder, data = shared_data / "performance", data_root()
    known = read_known(data)
    found = plausible(measurements(folder, read_names(data)), known)
    first = fitted_before_serving(folder, known, found.rows, "2026-11-20")
    serving = fit_serving(found.rows, known, completed([*assumed_rows(data), *first.rows]))
    shipped = load_calibration().rows
    for one in (*serving.rows, *first.rows):
        if one.key in shipped:
            assert shipped[one.key].value == pytest.approx(one.value, rel=1e-3)
