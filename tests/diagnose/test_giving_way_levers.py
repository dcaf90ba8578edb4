"""Why promises, shares and matching cannot hold together, in the scenario's words."""

from carbonplan.problem.records import Promises, Shares
from tests.diagnose.test_giving_way import told
from tests.formulation.test_impacts import LONE
from tests.supplied import Offer, supplied
from tests.tiny import CHAT, NIGHT, ONE, TWO, tiny

WORKLOADS = {CHAT: "chat", NIGHT: "night"}


def test_a_share_that_contracts_do_not_deliver_is_named():
    calm = {"wind": Offer("clean", [1.0, 0.0])}
    words = told(supplied(tiny(**LONE), calm, share=0.9))
    assert words.startswith("supply.matched_share: 1.21 kWh of clean are drawn in hours")


def test_spare_replicas_that_find_no_room_are_named():
    asked = Promises(workload_of=WORKLOADS, spare_replicas={"chat": 9})
    words = told(tiny(promises=asked, site_servers={"clean": 1}, **LONE))
    assert words.startswith(
        ("workloads[chat].spare_replicas: 9", "regions[clean].server_limit")
    )


def test_a_floor_that_stock_does_not_allow_is_named():
    """Only answers of ONE reach the floor, which takes two servers where one can be had."""
    demand = {"demand_rps": [[[90.0, 20.0]], [[0.0, 0.0]]]}
    margins = {(CHAT, ONE): 0.0, (CHAT, TWO): -50.0}
    asked = Promises(workload_of=WORKLOADS, quality_margin=margins)
    stock = (("now", "box", None, 1),)
    words = told(tiny(demand, promises=asked, stock=stock, batch=()))
    assert "quality_floor" in words or "fleet.stock[box]" in words


def test_shares_that_nothing_can_hold_are_named():
    words = told(tiny(shares=Shares(of_vendor=0.8, vendor_of={"box": "x"})))
    assert words.startswith("fleet.largest_vendor_share: ")
    words = told(tiny(shares=Shares(of_region=0.4)))
    assert words.startswith("fleet.largest_region_share: ")
