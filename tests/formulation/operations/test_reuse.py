"""host_reuse_fits, host_memory_holds: idle sockets of powered hosts do batch work."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from carbonplan.problem import Problem, with_upper_bounds
from tests.answers import optimum, plain, row, without
from tests.hosted import E_HOST, HOST, SMALL, fitted, hosted
from tests.tiny import CHAT, NIGHT, ONE, standing, tiny

# one request/s of batch work in the first slot, to be done by the end of the second
WORK = {
    "demand_rps": [[[0.0, 0.0]], [[0.0, 0.0]]],
    "arrivals_rps": [[0.0, 0.0], [1.0, 0.0]],
    "backlog_limit_krequests": [[0.0, 0.0], [3.6, 0.0]],
}


def on_hosts(servers: float, **changes: float) -> Problem:
    """Work that hosts alone do, on servers that stand in the clean region."""
    work = tiny(WORK | {"existing_servers": standing(servers, 0.0)}, routes=(), online=())
    lone = replace(hosted(work, **changes), serving=((NIGHT, HOST, "clean"),))
    return with_upper_bounds(lone)


def test_host_reuse_fits_row():
    m = plain(hosted(tiny()))
    assert row(m.host_reuse_fits["box", "clean", 0]) == {
        f"Replicas[{E_HOST},clean,0]": 0.5,
        "Powered[box,clean,0]": -0.75,
        "upper": 0,
    }


def test_host_memory_holds_row():
    m = plain(hosted(tiny()))
    assert row(m.host_memory_holds["box", "dirty", 1]) == {
        f"Replicas[{E_HOST},dirty,1]": 64,
        "Powered[box,dirty,1]": -200,
        "upper": 0,
    }


def test_host_memory_holds_row_where_memory_is_chosen():
    m = plain(fitted(hosted(tiny())))
    assert row(m.host_memory_holds["box", "dirty", 1]) == {
        f"Replicas[{E_HOST},dirty,1]": 64,
        f"PoweredFitted[box,dirty,{SMALL},1]": -100,
        "upper": 0,
    }


def test_a_replica_on_a_host_takes_no_accelerator():
    m = plain(hosted(tiny()))
    assert row(m.replicas_fit_in_servers["box", "clean", 0]).get(
        f"Replicas[{E_HOST},clean,0]"
    ) in (None, 0)


def test_work_on_hosts_by_hand():
    """In the clean second slot a server of 0.5 kW, 0.3 kW of requests, 0.01 kWh of loading.

    0.01 kW in the first slot; making and keeping the server is for its accelerators.
    """
    answer = optimum(on_hosts(1.0))
    assert answer.total == pytest.approx(1.1 * (0.1 * 0.01 + 0.05 * (0.5 + 0.3 + 0.01)))
    assert answer.decision("Replicas", E_HOST, "clean") == pytest.approx([0, 1])
    assert answer.impact("embodied_carbon") == pytest.approx(0)


def test_sockets_are_shared_among_the_replicas_of_powered_hosts():
    """Twice the share of a host each: 2 / 0.75 hosts, of three that stand, all are on."""
    answer = optimum(on_hosts(3.0, host_share=2.0))
    assert answer.decision("Powered", "box", "clean") == pytest.approx([0, 3])


def test_dram_is_shared_as_well():
    """300 GB of a replica are free in two servers of 200 GB."""
    answer = optimum(on_hosts(3.0, host_dram_gb=300.0))
    assert answer.decision("Powered", "box", "clean") == pytest.approx([0, 2])


def test_small_memory_leaves_less_room():
    """What stands is as sold: as before, although servers could be bought smaller."""
    answer = optimum(fitted(on_hosts(3.0, host_dram_gb=300.0)))
    assert answer.decision("Powered", "box", "clean") == pytest.approx([0, 2])


def test_no_server_is_bought_for_its_sockets_alone():
    assert float(on_hosts(0.0).data["servers_upper"].max()) == 0.0
    reused, alone = hosted(tiny()), tiny()
    assert np.array_equal(reused.data["servers_upper"], alone.data["servers_upper"])


def test_reuse_never_makes_a_plan_worse():
    assert optimum(hosted(tiny())).total <= optimum(tiny()).total + 1e-9


def test_scarce_accelerators_leave_batch_work_to_hosts():
    """Chat fills the eight accelerators of the only server in both slots, hosts do the rest."""
    full = {
        "demand_rps": [[[80.0, 80.0]], [[0.0, 0.0]]],
        "arrivals_rps": [[0.0, 0.0], [1.0, 0.0]],
        "backlog_limit_krequests": [[0.0, 0.0], [3.6, 0.0]],
    }
    one = {
        "routes": ((CHAT, "users", "clean"),),
        "serving": ((CHAT, ONE, "clean"), (NIGHT, ONE, "clean")),
        "stock": (("now", "box", "clean", 1),),
        "start_costs": False,
    }
    answer = optimum(hosted(tiny(full, **one)))
    batch = answer.decision("Load_rps", NIGHT, HOST, "clean")
    assert batch.sum() == pytest.approx(1)
    assert answer.decision("Servers", "now", "box", "clean") == pytest.approx(1)


def test_without_host_reuse_fits_one_server_is_enough():
    """Two more servers on: 2 × (0.5 − 0.01) kW × 1.1 × 0.05 kgCO2e/kWh."""
    wide = on_hosts(3.0, host_share=2.0)
    saved = optimum(wide).total - without(wide, "host_reuse_fits")
    assert saved == pytest.approx(2 * 0.49 * 1.1 * 0.05)


def test_without_host_memory_holds_one_server_is_enough():
    large = on_hosts(3.0, host_dram_gb=300.0)
    saved = optimum(large).total - without(large, "host_memory_holds")
    assert saved == pytest.approx(0.49 * 1.1 * 0.05)


def test_without_engines_on_hosts_the_program_is_as_before():
    m = plain(tiny())
    assert len(m.host_reuse_fits) == len(m.host_memory_holds) == 0
