"""Limits of the fleet: stock, room at a site, budgets, and what is ordered together."""

import pytest

from tests.answers import optimum, plain, row, without
from tests.staged import FORK, NEW, OLD, staged
from tests.tiny import tiny

TWICE = {"demand_rps": [[[170.0, 20.0]], [[0.0, 0.0]]]}  # more than one server can serve
GROWTH = {"demand_rps": [[[10, 30, 10]]], "for_sale": [[0, 1]] * 3}
ORDERED = (("low", "high", NEW),)


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


def test_purchases_within_budget_row():
    m = plain(staged(upgrades=True, budget_usd={"second": 50.0}))
    found = row(m.purchases_within_budget["second"])
    assert found["upper"] == 50
    assert found["Purchased[second,new,dirty]"] == 50
    assert found["Upgraded[second,first,old,new,clean]"] == 40
    assert not any("[first," in name and "Upgraded" not in name for name in found)


def test_a_budget_buys_what_it_can():
    """60 USD are two old servers; 50 USD are new accelerators for one of them.

    One new server and one old one draw 0.2 kW, and 0.5 and 1 kW for 10 requests/s each: 17 kg.
    """
    first = staged(upgrades=True, budget_usd={"first": 60.0})
    assert optimum(first).total == pytest.approx(12 + 22 + 6 + 12)
    both = staged(upgrades=True, budget_usd={"first": 60.0, "second": 50.0})
    assert optimum(both).total == pytest.approx(12 + 22 + 3 + 17)


def test_without_a_budget_new_servers_are_bought_at_once():
    limited = staged(upgrades=True, budget_usd={"first": 60.0})
    assert without(limited, "purchases_within_budget") == pytest.approx(14 + 12 + 12)


def test_no_budget_for_anything_leaves_no_plan():
    assert optimum(staged(budget_usd={"first": 30.0})).solution.status == "infeasible"


def test_purchases_are_ordered_row():
    m = plain(staged(nodes=FORK, orders=ORDERED))
    assert row(m.purchases_are_ordered["low", "high", NEW, "clean"]) == {
        "Purchased[low,new,clean]": 1,
        "Purchased[high,new,clean]": -1,
        "lower": 0,
        "upper": 0,
    }


def test_what_is_ordered_before_futures_part_comes_in_both():
    """One server now, two more in the high future of 30 requests/s, as likely as the low of 10.

    7 + 6 now; 14 + 18 with half its weight. Ordered before it is known, the two come in the
    low future too: 14 + 6 there, and 0.1 for the one of them that is off.
    """
    free = optimum(staged(GROWTH, nodes=FORK))
    assert free.total == pytest.approx(7 + 6 + (14 + 18 + 6) / 2)
    ordered = optimum(staged(GROWTH, nodes=FORK, orders=ORDERED))
    assert ordered.total == pytest.approx(7 + 6 + (14 + 18 + 14 + 6 + 0.1) / 2)
    for future in ("high", "low"):
        assert ordered.decision("Purchased", future, NEW, "clean") == pytest.approx(2)


def test_without_orders_each_future_buys_its_own():
    ordered = staged(GROWTH, nodes=FORK, orders=ORDERED)
    assert without(ordered, "purchases_are_ordered") == pytest.approx(32)


def test_stock_and_room_count_in_each_stage():
    """One server of each SKU can be had in a stage; the clean site has room for two."""
    scarce = tuple((stage, sku, None, 1) for stage in ("first", "second") for sku in (OLD, NEW))
    problem = staged(stock=scarce, site_servers={"clean": 2})
    m = plain(problem)
    assert list(m.purchases_within_total_stock) == [
        (stage, sku) for stage in ("first", "second") for sku in (OLD, NEW)
    ]
    assert row(m.servers_fit_in_site["second", "clean"]) == {
        "Servers[second,old,clean]": 1,
        "Servers[second,new,clean]": 1,
        "upper": 2,
    }
    # 6 + 7 and 17 kg, then 17 again, or 7 + 12 with one more new server
    assert optimum(problem).total == pytest.approx(13 + 17 + 17)


def test_a_later_stock_is_of_no_use_before():
    """New servers in the second stage alone: old ones before it, and kept, as in staged.py."""
    late = staged(stock=(("first", NEW, None, 0),))
    assert optimum(late).total == pytest.approx(56)


def test_what_a_stage_does_not_sell_is_not_bought():
    assert plain(staged({"for_sale": [[1, 0], [1, 1]]})).Purchased[
        "first", NEW, "clean"
    ].bounds == (0, 0)
