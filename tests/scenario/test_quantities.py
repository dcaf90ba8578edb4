"""Text with a unit becomes a number in the unit of its field."""

from __future__ import annotations

import subprocess
import sys

import pytest

from carbonplan.scenario.quantities import (
    EXAMPLES,
    UNIT_OF_SUFFIX,
    magnitude,
    unit_of_field,
    utc_time,
)


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        ("250 MW", "kW", 250_000),
        ("40 ms", "s", 0.04),
        ("1.5h", "s", 5400),
        ("2 days", "h", 48),
        ("0.055 kg/kWh", "g/kWh", 55),
        ("100 lb/MWh", "g/kWh", 45.359237),
        ("55 gCO2e/kWh", "g/kWh", 55),
        ("120 USD/MWh", "USD/kWh", 0.12),
        ("0.08 USD/kg", "USD/tonne", 80),
        ("1.8 m3/MWh", "L/kWh", 1.8),
        ("720 requests/min", "request/s", 12),
        ("12 /s", "request/s", 12),
        ("48 months", "year", 4),
        ("4 ktokens", "token", 4000),
        ("90 %", "", 0.9),
        ("90%", "", 0.9),
        ("1e3 W", "kW", 1),
        ("-5 USD/MWh", "USD/kWh", -0.005),
        ("3 tCO2e", "kgCO2e", 3000),
    ],
)
def test_magnitude(text, unit, number):
    assert magnitude(text, unit) == pytest.approx(number, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "unit", "remark"),
    [
        ("12 kg", "kW", "mass"),
        ("3 kWh", "kW", "energy"),
        ("2 kW", "s", "power"),
        ("5 g/kWh", "kW", "mass / energy"),
        ("90 %", "kW", "pure number"),
        ("250 mw", "kW", 'unknown unit "mw"; nearest: "MW"'),
        ("fast", "s", "^$"),
        ("12", "s", "^$"),
        ("9**9**9 kW", "kW", "^$"),
        ("1 kW**99999999", "kW", "^$"),
        ("1 __import__", "kW", "^$|unknown unit"),
        ("1e999 kW", "kW", "not finite"),
    ],
)
def test_other_units_are_refused_with_a_remark(text, unit, remark):
    with pytest.raises(ValueError, match=remark):
        magnitude(text, unit)


def test_every_unit_has_an_example_that_converts():
    for unit in {*UNIT_OF_SUFFIX.values(), ""}:
        assert magnitude(EXAMPLES[unit], unit) > 0


@pytest.mark.parametrize(
    ("field", "unit"),
    [
        ("power_limit_kw", "kW"),
        ("ttft_s", "s"),
        ("hours", "h"),
        ("deadline_hours", "h"),
        ("mean_rps", "request/s"),
        ("price_usd_per_kwh", "USD/kWh"),
        ("carbon_price_usd_per_tonne", "USD/tonne"),
        ("share", ""),
        ("servers", ""),
        ("threads", ""),
    ],
)
def test_the_name_of_a_field_ends_in_its_unit(field, unit):
    assert unit_of_field(field, {}) == unit


def test_a_bound_has_the_unit_of_its_impact():
    assert unit_of_field("at_most", {"impact": "energy"}) == "kWh"


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        ("2026-02-30T00:00:00Z", "no such time"),
        ("2026-02-03T00:00:00", "^$"),
        ("2026-02-03", "^$"),
        ("03/02/2026", "^$"),
        ("2026-02-03T00:00:00+02:00", "not UTC"),
        ("2026-02-03T00:30:01Z", "not on the full minute"),
        ("2026-02-03T25:00:00Z", "no such time"),
    ],
)
def test_only_full_minutes_in_utc_are_times(text, remark):
    with pytest.raises(ValueError, match=remark):
        utc_time(text)


def test_times_with_zero_offset_are_utc():
    assert utc_time("2026-02-03T05:00+00:00") == utc_time("2026-02-03T05:00:00Z")


def test_pint_is_imported_for_texts_only():
    code = (
        "import sys; from carbonplan.scenario.schema import Horizon; Horizon(hours=24);"
        "assert 'pint' not in sys.modules; Horizon(hours='1 day'); assert 'pint' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
