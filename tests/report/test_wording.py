"""Numbers, units and names as every report words them."""

from __future__ import annotations

import doctest
import importlib
import math

import numpy as np
import pytest

from carbonplan.report.wording import (
    change,
    count,
    joined,
    label,
    number,
    quantity,
    scale,
    share,
    span,
    visible,
)


def test_examples_in_the_docstrings_hold():
    module = importlib.import_module("carbonplan.report.wording")
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (9.999, "10"),
        (999.96, "1,000"),
        (-1234.5, "-1,234"),
        (0.00012345, "0.000123"),
        (1.5e-9, "1.50e-09"),
        (np.int64(7), "7"),
        (math.nan, "none"),
        (math.inf, "none"),
        (None, "none"),
    ],
)
def test_number(value: object, shown: str):
    assert number(value) == shown


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (9999.0, "kgCO2e", "9,999 kgCO2e"),
        (1e4, "kgCO2e", "10 tCO2e"),
        (25_300.0, "kWh", "25.3 MWh"),
        (12_000.0, "L", "12 m³"),
        (0.25, "s", "250 ms"),
        (1.25, "s", "1.25 s"),
        (2.0, "1", "2 1"),
        (math.nan, "USD", "none"),
    ],
)
def test_quantity(value: float, unit: str, shown: str):
    assert quantity(value, unit).replace("\u00a0", " ") == shown


def test_a_column_has_one_unit_and_one_number_of_decimals():
    fit = scale([21_270.0, 70.0, 0.4, 0.0, None], "kWh")
    assert fit.unit == "MWh"
    shown = [fit.shown(kwh) for kwh in (21_270.0, 70.0, 0.4, 0.0, None, -70.0)]
    assert shown == ["21.27", "0.07", "<0.01", "0", "none", "-0.07"]


def test_columns_beside_each_other_share_the_unit():
    assert scale([800.0], "kgCO2e", beside=[12_000.0]).shown(800.0) == "0.8000"


def test_shares_and_ranges():
    assert share(0.1234) == "12.3\u00a0%"
    assert share(0.0001) == "<0.1\u00a0%"
    assert span(3, 12) == "3–12"
    assert span(1.0, 1.0001) == "1"
    assert change(1.0, 1.0) == "±0\u00a0%"


def test_words():
    assert count(1, "server") == "1\u00a0server"
    assert count(1200, "server") == "1,200\u00a0servers"
    assert joined("abcd", most=2) == "a, b and 2 more"


def test_names_are_visible_and_elided_in_their_middle():
    assert visible("a\x1b[31m\u202e\ud800") == r"a\x1b[31m\u202e\ud800"
    assert visible("naïve 漢") == "naïve 漢"
    assert label("abcdefghij", 7) == "abcd…ij" or label("abcdefghij", 7) == "abc…hij"
    assert len(label("x" * 5000)) == 80
