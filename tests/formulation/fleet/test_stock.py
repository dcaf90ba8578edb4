"""purchases_within_stock, purchases_within_total_stock, servers_fit_in_site."""

import pytest

from tests.answers import optimum, plain, row, without
from tests.tiny import tiny

TWICE = {"demand_rps": [[[170.0, 20.0]], [[0.0, 0.0]]]}  # more than one server can serve


def test_purchases_within_stock_row():
    m = plain(tiny(stock=(("now", "box", "clean", 2),)))
    assert row(m.purchases_within_stock["now", "box", "clean"]) == {
        "Purchased[now,box,clean]": 1,
        "upper": 2,
    }


def test_purchases_within_total_stock_row():
    m = plain(tiny(stock=(("now", "box", None, 5),)))
    assert row(m.purchases_within_total_stock["now", "box"]) == {
        "Purchased[now,box,clean]": 1,
        "Purchased[now,box,dirty]": 1,
        "upper": 5,
    }


def test_servers_fit_in_site_row():
    m = plain(tiny(site_servers={"dirty": 4}))
    assert row(m.servers_fit_in_site["now", "dirty"]) == {
        "Servers[now,box,dirty]": 1,
        "upper": 4,
    }


@pytest.mark.parametrize(
    ("limit", "family"),
    [
        ({"stock": (("now", "box", "clean", 1),)}, "purchases_within_stock"),
        ({"site_servers": {"clean": 1}}, "servers_fit_in_site"),
    ],
)
def test_the_second_server_goes_to_the_dirty_region(limit: dict, family: str):
    limited = tiny(TWICE, **limit)
    answer = optimum(limited)
    assert answer.decision("Servers", "now", "box", "clean") == pytest.approx(1)
    assert answer.decision("Servers", "now", "box", "dirty") == pytest.approx(1)
    assert family in answer.program.rows


def test_a_stock_for_all_regions_counts_all():
    assert (
        optimum(tiny(TWICE, stock=(("now", "box", None, 1),))).solution.status == "infeasible"
    )


def test_without_it_each_region_has_the_stock_of_all():
    limited = tiny(TWICE, stock=(("now", "box", None, 1),))
    each = tiny(TWICE, stock=(("now", "box", "clean", 1), ("now", "box", "dirty", 1)))
    assert without(limited, "purchases_within_total_stock") == pytest.approx(
        optimum(each).total
    )
