"""it_power_kw, site_power_holds, waiting_requests: what servers draw and requests wait."""

import numpy as np
import pytest

from tests.answers import optimum, plain, row, without
from tests.tiny import CHAT, E_ONE, E_TWO, NIGHT, ONE, TWO, tiny

LIMIT = np.array([[1.0, 1.0], [np.inf, np.inf]])


def test_it_power_kw_reading():
    limited = plain(tiny({"site_it_limit_kw": LIMIT}, site_power_kw={"clean": 1.1}))
    assert row(limited.site_power_holds["clean", 0]) == pytest.approx(
        {
            "Servers[now,box,clean]": 0.01,
            "Powered[box,clean,0]": 0.49,
            f"Replicas[{E_ONE},clean,0]": 0.1,
            f"Replicas[{E_TWO},clean,0]": 0.2,
            f"Starts[{E_ONE},clean,0]": 0.02,
            f"Starts[{E_TWO},clean,0]": 0.03,
            f"Load_rps[{CHAT},{ONE},clean,0]": 0.05,
            f"Load_rps[{CHAT},{TWO},clean,0]": 0.04,
            f"Load_rps[{NIGHT},{ONE},clean,0]": 0.1,
            "upper": 1.0,
        }
    )


def test_site_power_moves_load_to_the_dirty_region():
    free = optimum(tiny())
    tight = optimum(tiny({"site_it_limit_kw": LIMIT}, site_power_kw={"clean": 1.1}))
    assert tight.decision("Flow_rps", CHAT, "users", "dirty").sum() > 0
    assert tight.total > free.total


def test_without_it_the_limit_is_no_limit():
    limited = tiny({"site_it_limit_kw": LIMIT}, site_power_kw={"clean": 1.1})
    assert without(limited, "site_power_holds") == pytest.approx(optimum(tiny()).total)


def test_waiting_requests_are_those_on_their_way_and_in_line():
    """All to the clean region on two accelerators: 0.05 s of network, 0.2 s to the token."""
    lone = {"serving": ((CHAT, TWO, "clean"),), "routes": ((CHAT, "users", "clean"),)}
    assert optimum(tiny(batch=(), **lone)).impact("latency") == pytest.approx(0.25)
