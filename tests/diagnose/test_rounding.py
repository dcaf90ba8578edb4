"""Sensible figures are never on the wrong side."""

import numpy as np
import pytest

from carbonplan.diagnose.rounding import figure, rounded_down, rounded_up
from carbonplan.diagnose.wording import amount, change, listed


@pytest.mark.parametrize(
    ("value", "up", "down"),
    [(0.6437, 0.65, 0.64), (38.2, 39, 38), (17_345, 18_000, 17_000), (0.65, 0.65, 0.65)],
)
def test_two_digits_up_and_down(value, up, down):
    assert rounded_up(value) == up
    assert rounded_down(value) == down


def test_what_is_rounded_is_on_its_side():
    rng = np.random.default_rng(0)
    for value in 10 ** rng.uniform(-6, 8, 500):
        assert rounded_down(value) <= value * (1 + 1e-8)
        assert value * (1 - 1e-8) <= rounded_up(value) <= 1.1 * value


def test_figures_are_plain():
    assert [figure(x) for x in (3.0, 0.65, 18_000, 1e-3)] == ["3", "0.65", "18000", "0.001"]


def test_amounts_have_the_unit_of_their_size():
    assert amount(0.65, "s") == "650 ms"
    assert amount(2.5, "s") == "2.5 s"
    assert amount(1_620_000, "USD") == "1,620,000 USD"
    assert amount(1, "servers") == "1 server"
    told = change("the stock of x", 0, 2, "servers")
    assert told == "raise the stock of x from 0 servers to 2 servers"


def test_lists_read_as_sentences():
    assert [listed([*"abc"][:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]
