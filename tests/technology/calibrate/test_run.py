"""From fitted rows to the tables that are shipped: new names, rounding, order, bands."""

import numpy as np
import pandas as pd
import pytest

from carbonplan.catalogue.shipped import data_root
from carbonplan.catalogue.tables import read_table
from carbonplan.technology.calibrate.accuracy import Judgement
from carbonplan.technology.calibrate.levels import CHOICES
from carbonplan.technology.calibrate.run import (
    SOURCES,
    Calibrated,
    _finished,
    _tables,
    _unknown,
    completed,
    write,
)
from carbonplan.technology.calibration import TABLES, UNKNOWN, WIDENING, CoefficientRow
from carbonplan.technology.coefficients import NAMES
from tests.technology.test_calibration import NEW, made

DATE = "2026-11-21"


def fitted() -> list[CoefficientRow]:
    return [made(name, "kind", "gpu", 2.0, low=1.0, high=4.0) for name in CHOICES]


def test_names_that_nobody_measured_have_the_factor_one_with_the_spread_of_all_that_is_new():
    rows = {row.key: row for row in _unknown(fitted())}
    row = rows["compute_efficiency", "architecture", UNKNOWN]
    factors = CHOICES["compute_efficiency"].factors
    levels = ("architecture", "accelerator", "architecture-engine")
    spread = np.sqrt(sum(factors[level] ** 2 for level in levels))
    assert (row.value, row.rows) == (1.0, 0)
    assert (row.low, row.high) == pytest.approx((np.exp(-spread), np.exp(spread)))
    assert (row.unit, row.median_abs_error, row.evidence) == ("1", None, "derived")


def test_only_levels_that_widen_and_that_a_coefficient_has_are_given_such_a_row():
    rows = _unknown(fitted())
    assert {row.level for row in rows} <= set(WIDENING)
    told = {(row.coefficient, row.level) for row in rows}
    assert len(told) == len(rows)
    assert told == {
        (name, level)
        for name, choice in CHOICES.items()
        for level in WIDENING
        if level in choice.factors
    }


def test_numbers_are_rounded_and_stay_inside_their_band():
    row = made("admission_ms", "kind", "gpu", 1.23456, low=1.23451, high=1.23461)
    done = _finished(row.model_copy(update={"median_abs_error": 0.123456}), DATE)
    assert (done.value, done.low, done.high) == (1.235, 1.235, 1.235)
    assert done.median_abs_error == 0.1235
    # a band that rounding moved past its value is held at it
    for value, low, high in ((1.2346, 1.2346, 1.3), (7e-5, 7e-5, 7e-5), (-0.5, -0.6, -0.4)):
        done = _finished(made("admission_ms", "shape", "size", value, low, high), DATE)
        assert done.low <= done.value <= done.high


def test_a_row_keeps_its_source_or_is_given_that_of_its_fit():
    known = made("admission_ms", "kind", "gpu", 1.0)
    done = [_finished(known.model_copy(update={"source": name}), DATE) for name in ("x", "")]
    assert [row.source for row in done] == ["x", SOURCES["performance.csv"]]
    assert {row.date for row in done} == {DATE}


@pytest.mark.parametrize(
    ("coefficient", "table"),
    [
        ("compute_efficiency", "performance.csv"),
        ("memory_clock_knee_mhz", "performance.csv"),
        ("link_efficiency", "communication.csv"),
        ("prompt_power_share", "power.csv"),
        ("memory_core_share", "power.csv"),
        ("voltage_knee_mhz", "power.csv"),
        ("kernel_duty", "loads.csv"),
    ],
)
def test_every_coefficient_has_one_table(coefficient, table):
    tables = _tables([made(coefficient, "kind", "gpu", 1.0)])
    assert list(tables) == list(SOURCES)
    assert {name for name, rows in tables.items() if rows} == {table}


def test_rows_stand_in_the_order_of_coefficients_levels_and_names():
    rows = [
        made("step_overhead_ms", "engine", "b", 1.0),
        made("step_overhead_ms", "shape", "size", 1.0),
        made("step_overhead_ms", "engine", "a", 1.0),
        made("step_overhead_ms", "kind", "gpu", 1.0),
        made("compute_efficiency", "accelerator", "h100-sxm", 1.0),
        made("step_overhead_ms", "architecture", "hopper", 1.0),
    ]
    ordered = [row.key for row in _tables(rows)["performance.csv"]]
    assert ordered == [
        ("compute_efficiency", "accelerator", "h100-sxm"),
        ("step_overhead_ms", "kind", "gpu"),
        ("step_overhead_ms", "engine", "a"),
        ("step_overhead_ms", "engine", "b"),
        ("step_overhead_ms", "architecture", "hopper"),
        ("step_overhead_ms", "shape", "size"),
    ]
    assert ordered == [row.key for row in _tables(rows[::-1])["performance.csv"]]


def test_what_is_not_fitted_yet_is_one():
    half = completed([made("step_overhead_ms", "kind", "gpu", 3.0, low=2.0, high=4.0)])
    found = half.evidence(NEW)
    assert found["step_overhead_ms"].value == pytest.approx(3.0)
    others = [known for name, known in found.items() if name != "step_overhead_ms"]
    assert len(others) == len(NAMES) - 1
    # ones that may not pass one are held a little below it
    assert all(known.value == pytest.approx(1.0, rel=0.1) for known in others)


def test_tables_are_written_as_they_are_read(tmp_path):
    names = ("link_efficiency", "kernel_duty")  # of the two tables that serving does not fill
    served = [row for row in fitted() if row.coefficient not in names]
    given = [*served, *(made(name, "kind", "gpu", 0.5) for name in names)]
    rows = [_finished(row, DATE) for row in given]
    nothing = Judgement(pd.DataFrame(), pd.DataFrame(), ())
    bytes_of_tables = []
    for order in (rows, rows[::-1]):
        write(Calibrated(_tables(order), (), nothing), tmp_path, DATE)
        bytes_of_tables.append([(tmp_path / name).read_bytes() for name in SOURCES])
    assert bytes_of_tables[0] == bytes_of_tables[1]
    found = [row for name in SOURCES for row in read_table(tmp_path / name, CoefficientRow)]
    assert {row.key: row for row in found} == {row.key: row for row in rows}


@pytest.mark.parametrize("name", TABLES[:-1])
def test_shipped_tables_are_in_order(name):
    rows = read_table(data_root() / "calibration" / name, CoefficientRow)
    assert list(_tables(rows)[name]) == list(rows)
