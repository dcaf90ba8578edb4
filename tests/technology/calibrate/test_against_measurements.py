"""The shipped coefficients against the public measurements, and the tables against a refit."""

import numpy as np
import pytest

from carbonplan.catalogue.shipped import data_root
from carbonplan.technology.calibrate.accuracy import summary, with_predictions
from carbonplan.technology.calibrate.clocks import fit_clocks
from carbonplan.technology.calibrate.links import fit_links
from carbonplan.technology.calibrate.measurements import read_measurements, read_names
from carbonplan.technology.calibrate.serving import KEPT_ENGINE, read_known
from carbonplan.technology.calibration import load_calibration


@pytest.fixture(scope="module")
def judged(shared_data):
    names = read_names(data_root() / "calibration" / "measured_names.csv")
    rows = read_measurements(shared_data / "performance", names)
    return with_predictions(rows, read_known(data_root()), load_calibration())


def median_error(judged, quantity: str, dataset: str) -> float:
    rows = judged[(judged["quantity"] == quantity) & (judged["dataset"] == dataset)]
    assert len(rows) > 30
    return float(np.median(np.abs(rows["error"])))


def test_decode_steps(judged):
    assert median_error(judged, "step_s", "mlenergy-v3") < 0.15


def test_prefills(judged):
    assert median_error(judged, "prefill_s", "splitwise") < 0.25


def test_first_tokens_of_the_same_engine(judged):
    rows = judged[judged["engine"] == KEPT_ENGINE]
    assert median_error(rows, "prefill_s", "inferencex") < 0.25


def test_output_tokens_under_load_of_the_same_engine(judged):
    rows = judged[judged["engine"] == KEPT_ENGINE]
    assert median_error(rows, "tpot_s", "inferencex") < 0.30


def test_power(judged):
    assert median_error(judged, "power_w", "mlenergy-v3") < 0.15


def test_summary_tells_engines_apart(judged):
    table = summary(judged)
    assert set(table.loc[table["same_engine"], "engine"]) == {KEPT_ENGINE}
    assert table["rows"].sum() == len(judged)


def test_links_and_clocks_refit_to_the_shipped_values(shared_data):
    shipped = load_calibration().rows
    folder = shared_data / "performance"
    for one in (*fit_links(folder), *fit_clocks(folder)):
        row = shipped[one.parameter.coefficient, one.parameter.family]
        assert row.value == pytest.approx(one.value, rel=1e-3)
        assert row.rows == one.rows
