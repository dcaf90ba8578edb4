"""load_within_throughput: replicas carry no more than their planned rate."""

import pytest

from tests.answers import optimum, plain, row, without
from tests.tiny import CHAT, E_ONE, E_TWO, NIGHT, ONE, TWO, tiny

LONE = {"batch": (), "routes": ((CHAT, "users", "clean"),)}


def test_load_within_throughput_row():
    m = plain(tiny())
    assert row(m.load_within_throughput[E_ONE, "clean", 1]) == pytest.approx(
        {
            f"Load_rps[{CHAT},{ONE},clean,1]": 1 / 10,
            f"Load_rps[{NIGHT},{ONE},clean,1]": 1 / 5,
            f"Replicas[{E_ONE},clean,1]": -1,
            f"Starts[{E_ONE},clean,1]": 0.05,
            "upper": 0,
        }
    )


def test_peak_load_needs_its_replicas():
    """40 requests/s take two replicas of 25 requests/s; 20 take one."""
    answer = optimum(tiny(start_costs=False, serving=((CHAT, TWO, "clean"),), **LONE))
    assert answer.decision("Replicas", E_TWO, "clean") == pytest.approx([2, 1])


def test_loading_takes_its_share_of_the_slot():
    """Started for one slot, four replicas of 10 requests/s serve 4 × 0.95 × 10 requests/s."""

    def replicas(rps: float) -> list[float]:
        demand = [[[rps, 0.0]], [[0.0, 0.0]]]
        answer = optimum(tiny({"demand_rps": demand}, serving=((CHAT, ONE, "clean"),), **LONE))
        return answer.decision("Replicas", E_ONE, "clean").tolist()

    assert replicas(38.0) == pytest.approx([4, 0])
    assert replicas(38.1) == pytest.approx([5, 0])


def test_without_it_nothing_has_to_run():
    """What is left is the energy of the requests themselves."""
    only = {"serving": ((CHAT, TWO, "clean"),), "start_costs": False, **LONE}
    # 0.04 kJ × 1.1 × (40 rps × 0.1 + 20 rps × 0.05 kgCO2e/kWh), kJ/s being kWh/h
    assert without(tiny(**only), "load_within_throughput") == pytest.approx(0.22)
