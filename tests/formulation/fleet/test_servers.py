"""servers_are_owned: what stands is what stood and what is bought."""

import pytest

from tests.answers import optimum, plain, row, without
from tests.tiny import standing, tiny


def test_servers_are_owned_row():
    m = plain(tiny({"existing_servers": standing(3.0, 0.0)}))
    assert row(m.servers_are_owned["now", "box", "clean"]) == {
        "Servers[now,box,clean]": 1,
        "Purchased[now,box,clean]": -1,
        "Kept[now,stood,box,clean]": -1,
        "lower": 0,
        "upper": 0,
    }
    assert m.Kept["now", "stood", "box", "clean"].bounds == (3, 3)


def test_what_stands_is_sunk():
    """A standing server serves without being made; switched off it draws 0.01 kW more."""
    bought, stood = optimum(tiny()), optimum(tiny({"existing_servers": standing(1.0, 0.0)}))
    assert bought.total - stood.total == pytest.approx(0.25)


def test_what_stands_may_be_charged():
    charged = tiny(
        {"existing_servers": standing(1.0, 0.0), "server_kgco2e": [[[0.25], [0.25]]]}
    )
    assert optimum(charged).impact("embodied_carbon") == pytest.approx(0.25)


def test_without_it_servers_come_from_nowhere():
    assert optimum(tiny()).total - without(tiny(), "servers_are_owned") == pytest.approx(0.25)
