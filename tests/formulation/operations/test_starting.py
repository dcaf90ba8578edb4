"""replicas_are_started: replicas that did not run before have to load their model."""

import pytest

from tests.answers import optimum, plain, row, without
from tests.tiny import CHAT, E_ONE, E_TWO, TWO, tiny

LONE = {"batch": (), "routes": ((CHAT, "users", "clean"),), "serving": ((CHAT, TWO, "clean"),)}


def test_replicas_are_started_row():
    m = plain(tiny())
    assert row(m.replicas_are_started[E_TWO, "clean", 1]) == {
        f"Replicas[{E_TWO},clean,1]": 1,
        f"Replicas[{E_TWO},clean,0]": -1,
        f"Starts[{E_TWO},clean,1]": -1,
        "upper": 0,
    }


def test_the_last_slot_precedes_the_first():
    m = plain(tiny())
    assert f"Replicas[{E_ONE},clean,1]" in row(m.replicas_are_started[E_ONE, "clean", 0])


def test_a_start_costs_its_energy():
    """Two replicas, then one: one start of 0.03 kWh at 1.1 × 0.1 kgCO2e/kWh."""
    started, free = optimum(tiny(**LONE)), optimum(tiny(start_costs=False, **LONE))
    assert started.decision("Starts", E_TWO, "clean") == pytest.approx([1, 0])
    assert started.total - free.total == pytest.approx(0.03 * 1.1 * 0.1)


def test_dear_starts_keep_replicas_loaded():
    answer = optimum(tiny({"start_energy_kwh": [1.0, 1.0]}, **LONE))
    assert answer.decision("Replicas", E_TWO, "clean") == pytest.approx([2, 2])


def test_without_it_starts_are_free():
    free = optimum(tiny(start_costs=False, **LONE))
    assert without(tiny(**LONE), "replicas_are_started") == pytest.approx(free.total)
