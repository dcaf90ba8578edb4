"""Errors and how they are told."""

import numpy as np
import pandas as pd
import pytest

from carbonplan.catalogue.shipped import data_root
from carbonplan.catalogue.tables import read_table
from carbonplan.technology.calibrate.accuracy import (
    GOALS,
    ErrorRow,
    ShippedErrorRow,
    error_rows,
    judge,
    judged,
    plausible,
    shipped_loads,
    write_errors,
)
from carbonplan.technology.calibrate.measurements import measurements
from carbonplan.technology.calibrate.names import read_names
from carbonplan.technology.calibrate.serving import read_known
from carbonplan.technology.calibration import load_calibration
from tests.technology.calibrate.example_tables import LOCKED, STEADY, steady_runs, write


def judged_rows(**columns) -> pd.DataFrame:
    rows = {"dataset": "d", "quantity": "step_s", "accelerator": "a", "llm": "l", "engine": "e"}
    rows |= {"task": "t"}
    return pd.DataFrame(rows | columns)


def test_statistics_by_hand():
    """Errors of -50, -20, 0, +10 and +100 %: their sizes are 0, 10, 20, 50 and 100 %."""
    rows = judged_rows(value=[10.0] * 5, model=[5.0, 8.0, 10.0, 11.0, 20.0])
    (row,) = error_rows(rows, ("all",))
    assert (row.line, row.name, row.rows) == ("model", "all", 5)
    assert (row.median, row.p90, row.signed) == pytest.approx((0.2, 0.8, 0.0))


def test_data_sets_and_quantities_never_mix():
    rows = judged_rows(value=[1.0, 1.0, 1.0], model=[1.0, 2.0, 3.0])
    rows["dataset"] = ["one", "one", "two"]
    rows["quantity"] = ["step_s", "power_w", "step_s"]
    assert [row.median for row in error_rows(rows, ("all",))] == [1.0, 0.0, 2.0]


def test_rows_without_a_neighbour_do_not_count_for_it():
    rows = judged_rows(value=[1.0, 1.0], model=[1.0, 1.0], neighbour=[np.nan, 2.0])
    counts = {row.line: row.rows for row in error_rows(rows, ("all",))}
    assert counts == {"model": 2, "neighbour": 1}


def test_errors_are_told_by_accelerator_and_llm():
    rows = judged_rows(value=[1.0, 1.0], model=[1.1, 2.0])
    rows["accelerator"] = ["old", "new"]
    told = {(row.part, row.name): row.median for row in error_rows(rows)}
    assert told["accelerator", "old"] == pytest.approx(0.1)
    assert told["llm", "l"] == pytest.approx(0.55)


def test_kernels_have_no_llm():
    rows = judged_rows(value=[1.0], model=[1.1]).assign(llm="")
    assert [row.name for row in error_rows(rows, ("llm",))] == ["none"]


def test_a_folder_is_judged_without_a_refit(tmp_path):
    steady_runs(tmp_path)
    found = judge(tmp_path, load_calibration())
    assert found.lines == ("model", "roofline", "neighbour")
    steps = found.rows[found.rows["quantity"] == "step_s"]
    assert len(steps) == 12
    assert (steps["roofline"] < steps["model"]).all()


def test_predictions_of_left_out_pairs_are_judged_beside(tmp_path):
    steady_runs(tmp_path)
    known = read_known(data_root())
    read = plausible(measurements(tmp_path, read_names(data_root())), known)
    values = read.rows["value"].to_numpy()
    found = judged(read, known, load_calibration(), shipped_loads(), values)
    assert found.lines[0] == "crossvalidated"
    crossvalidated = [row for row in error_rows(found.rows) if row.line == "crossvalidated"]
    assert crossvalidated
    assert {row.median for row in crossvalidated} == {0.0}


def test_runs_beyond_the_data_sheet_are_left_out(tmp_path):
    write(tmp_path, "mlenergy_v3_vllm", [STEADY | {"itl_p50_ms": 0.1}, STEADY])
    found = judge(tmp_path, load_calibration())
    assert (found.rows["quantity"] == "step_s").sum() == 1
    told = found.left_out.set_index("reason")["rows"]
    assert told["more than twice as fast as data sheets allow"] == 1


def test_a_folder_with_nothing_to_predict_is_judged_empty(tmp_path):
    write(tmp_path, "dvfs_llm_l20_qwen2_5_7b", [LOCKED | {"gpu": "Abacus-9"}])
    found = judge(tmp_path, load_calibration())
    assert (len(found.rows), error_rows(found.rows)) == (0, ())
    assert found.left_out["rows"].sum() == 2


def test_what_is_written_reads_back(tmp_path):
    rows = [ErrorRow(dataset="d", quantity="step_s", part="all", name="all", line="model",
                     rows=3, median=0.1, p90=0.25, signed=-0.05)]  # fmt: skip
    write_errors(rows, tmp_path, "a-source", "2026-01-01")
    (read,) = read_table(tmp_path / "accuracy.csv", ShippedErrorRow)
    known = {"evidence": "derived", "source": "a-source", "date": "2026-01-01"}
    assert read == ShippedErrorRow(**rows[0].model_dump(), **known)


def test_no_quantity_has_two_goals():
    quantities = [name for goal in GOALS for name in goal.quantities]
    assert len(set(quantities)) == len(quantities)
