"""servers_are_owned: what stands is what stood and what is bought."""

import pytest

from tests.answers import optimum, plain, row, without
from tests.tiny import tiny


def test_servers_are_owned_row():
    m = plain(tiny({"existing_servers": [[3.0, 0.0]]}))
    assert row(m.servers_are_owned["box", "clean"]) == {
        "Servers[box,clean]": 1,
        "Purchased[box,clean]": -1,
        "lower": 3,
        "upper": 3,
    }


def test_what_stands_is_sunk():
    """A standing server serves without being made; switched off it draws 0.01 kW more."""
    bought, standing = optimum(tiny()), optimum(tiny({"existing_servers": [[1.0, 0.0]]}))
    assert bought.total - standing.total == pytest.approx(0.25)


def test_what_stands_may_be_charged():
    standing = tiny({"existing_servers": [[1.0, 0.0]]}, charge_existing=True)
    assert optimum(standing).impact("embodied_carbon") == pytest.approx(0.25)


def test_without_it_servers_come_from_nowhere():
    assert optimum(tiny()).total - without(tiny(), "servers_are_owned") == pytest.approx(0.25)
