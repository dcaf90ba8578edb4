from dataclasses import replace

import numpy as np
import pytest

from carbonplan.catalogue.measurements import QUANTITIES
from carbonplan.technology.calibrate.own import refit
from carbonplan.technology.calibrate.own_prediction import FORMULAS, Case, repeats_as_one
from carbonplan.technology.calibration import load_calibration
from tests.technology.example_measurements import row

SHIPPED = load_calibration()
STAMP = {"source": "own.csv", "date": "2026-01-02"}
LOADS = [(batch, tokens) for batch in (1, 4, 16, 64) for tokens in (256, 2048, 8192)]
QUESTIONS = [
    *(row("step_s", 1, batch=b, tokens=n) for b, n in LOADS),
    *(row("step_power_w", 1, batch=b, tokens=n) for b, n in LOADS),
    *(row("prefill_s", 1, tokens=n) for n in (64, 256, 1024, 4096, 16384)),
    *(row("prefill_power_w", 1, tokens=n) for n in (256, 1024, 4096)),
]


def answered(rows, **factors):
    """Rows as a machine would measure them whose coefficients differ by these factors."""
    case = Case.of(rows, SHIPPED)
    changes = {
        name: getattr(case.coefficients, name) * factor for name, factor in factors.items()
    }
    ratio = 1.0 + case.relative_errors(replace(case.coefficients, **changes))
    return [
        one.model_copy(update={"value": one.value * float(r)})
        for one, r in zip(rows, ratio, strict=True)
    ]


def test_every_quantity_of_a_table_can_be_predicted():
    assert tuple(FORMULAS) == QUANTITIES
    rows = [row(quantity, 1, output_tokens=100, batch=4) for quantity in QUANTITIES]
    ratio = 1.0 + Case.of(rows, SHIPPED).relative_errors(Case.of(rows, SHIPPED).coefficients)
    assert (ratio > 0).all()


def test_what_the_model_already_says_changes_nothing():
    refitted = refit(answered(QUESTIONS), SHIPPED, **STAMP)
    for one in refitted.coefficients:
        assert one.value == pytest.approx(1.0, rel=1e-3)
    assert all(error.after < 1e-3 for error in refitted.errors)


def test_a_slower_memory_is_found():
    refitted = refit(answered(QUESTIONS, bandwidth_efficiency=0.7), SHIPPED, **STAMP)
    values = {one.coefficient: one for one in refitted.coefficients}
    found = values["bandwidth_efficiency"]
    assert found.value == pytest.approx(0.7, rel=0.15)
    assert found.low <= found.value <= found.high
    assert (found.level, found.name, found.evidence) == ("own", "h100-sxm", "derived")
    assert (found.source, found.date) == ("own.csv", "2026-01-02")
    (steps,) = [error for error in refitted.errors if error.quantity == "step_s"]
    assert steps.before > 0.15
    assert steps.after < 0.06


def test_power_is_fitted_apart_from_times():
    refitted = refit(answered(QUESTIONS, memory_power_share=1.3), SHIPPED, **STAMP)
    values = {one.coefficient: one.value for one in refitted.coefficients}
    for name in ("bandwidth_efficiency", "compute_efficiency"):
        assert values[name] == pytest.approx(1.0, rel=1e-3)
    assert values["memory_power_share"] > 1.1


def test_one_row_moves_little_and_the_band_stays_wide():
    rows = answered([row("step_s", 1, batch=1, tokens=1024)], bandwidth_efficiency=0.8)
    refitted = refit(rows, SHIPPED, **STAMP)
    (error,) = refitted.errors
    assert 0.4 < error.after / error.before < 0.9
    for one in refitted.coefficients:
        assert one.high / one.value > 1.05


def test_what_no_row_feels_is_not_written():
    rows = answered([row("prefill_s", 1, tokens=n) for n in (1024, 4096)])
    names = {one.coefficient for one in refit(rows, SHIPPED, **STAMP).coefficients}
    assert "compute_efficiency" in names
    assert not names & {"sequence_overhead_us", "memory_power_share", "link_efficiency"}


def test_a_few_odd_rows_do_not_rule():
    rows = answered(QUESTIONS)
    odd = [one.model_copy(update={"value": 5 * one.value}) for one in rows[:1]]
    refitted = refit([*odd, *rows[1:]], SHIPPED, **STAMP)
    (steps,) = [error for error in refitted.errors if error.quantity == "step_s"]
    assert steps.after < 0.05


def test_repeats_of_a_run_count_once_as_their_median():
    rows = [row("step_s", value, source=str(value)) for value in (0.01, 0.5, 0.012)]
    (one,) = repeats_as_one(rows)
    assert one.value == 0.012


def test_accelerators_are_refitted_each_for_itself():
    other = [one.model_copy(update={"accelerator": "a100-80-sxm"}) for one in QUESTIONS]
    refitted = refit([*answered(QUESTIONS), *answered(other)], SHIPPED, **STAMP)
    assert {one.name for one in refitted.coefficients} == {
        "h100-sxm",
        "a100-80-sxm",
    }
    keys = [(one.coefficient, one.name) for one in refitted.coefficients]
    assert len(keys) == len(set(keys))


def test_the_clock_of_a_row_counts():
    full, half = (
        Case.of([row("prefill_s", 1, tokens=8192, clock_fraction=clock)], SHIPPED)
        for clock in (1.0, 0.3)
    )
    ratio = (1 + half.relative_errors(half.coefficients)) / (
        1 + full.relative_errors(full.coefficients)
    )
    assert np.all(ratio > 1.5)
