"""region_share_holds, vendor_share_holds: no region and no vendor has too much of the fleet."""

from dataclasses import replace

import pytest

from carbonplan.problem.records import Shares
from tests.answers import optimum, plain, row, without
from tests.brute_force import as_problem, random_case
from tests.tiny import standing, tiny

# two servers' work, and servers that are too dear to be bought for nothing
TWICE = {
    "demand_rps": [[[170.0, 20.0]], [[0.0, 0.0]]],
    "server_kgco2e": [[[0.0], [9.0]]],
}
VENDORS = {"a": "x", "b": "y"}


def test_region_share_holds_row():
    m = plain(tiny(shares=Shares(of_region=0.75)))
    assert row(m.region_share_holds["now", "clean"]) == pytest.approx(
        {"Servers[now,box,clean]": 8 * 0.25, "Servers[now,box,dirty]": -8 * 0.75, "upper": 0}
    )


def test_vendor_share_holds_row():
    shares = Shares(of_vendor=0.6, vendor_of=VENDORS)
    m = plain(replace(as_problem(random_case(3)), shares=shares))
    a, b = (m.sku_accelerators[g] for g in "ab")
    assert row(m.vendor_share_holds["now", "x"]) == pytest.approx(
        {
            "Servers[now,a,north]": 0.4 * a,
            "Servers[now,a,south]": 0.4 * a,
            "Servers[now,b,north]": -0.6 * b,
            "Servers[now,b,south]": -0.6 * b,
            "upper": 0,
        }
    )


def test_of_two_servers_each_region_has_one():
    free, shared = optimum(tiny(TWICE)), optimum(tiny(TWICE, shares=Shares(of_region=0.5)))
    assert free.decision("Servers", "now", "box", "clean") == pytest.approx(2)
    for region in ("clean", "dirty"):
        assert shared.decision("Servers", "now", "box", region) == pytest.approx(1)
    assert shared.total > free.total


def test_without_it_all_may_stand_in_one_region():
    shared = tiny(TWICE, shares=Shares(of_region=0.5))
    assert without(shared, "region_share_holds") == pytest.approx(optimum(tiny(TWICE)).total)


@pytest.mark.parametrize("seed", range(20))
def test_a_cap_never_improves(seed: int):
    problem = as_problem(random_case(seed))
    free = optimum(problem)
    for shares in (Shares(of_region=0.6), Shares(of_vendor=0.6, vendor_of=VENDORS)):
        capped = optimum(replace(problem, shares=shares)).solution
        if capped.values is not None:
            assert capped.objective >= free.total - 1e-7
    if free.solution.values is not None:
        assert optimum(replace(problem, shares=Shares())).total == free.total


def test_servers_that_only_balance_a_share_are_bought():
    """Three stand in the dirty region; three more, idle, than the load of one have to stand."""
    problem = tiny({"existing_servers": standing(0, 3)}, shares=Shares(of_region=0.5))
    answer = optimum(problem)
    assert answer.decision("Servers", "now", "box", "clean") == pytest.approx(3)
