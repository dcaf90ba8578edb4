"""FREESH's schedulers on the event loop: its constants, cases worked out, and the page."""

from __future__ import annotations

import numpy as np
import pytest

from carbonplan.replay import freesh_study
from carbonplan.replay.freesh_study import Draw, drawn, scheduled, study

ORDERS = ("fcfs", "srtf", "edf", "llf")


def a_draw(arrived_s, tokens, ttft_s=0.0, token_s=1.0):
    return Draw(np.array(arrived_s, dtype=float), np.array(tokens), ttft_s, token_s)


@pytest.mark.parametrize("order", ORDERS)
def test_a_request_alone_takes_what_is_predicted(order):
    one = a_draw([3.0], [10], ttft_s=0.5)
    found = scheduled(one, order)
    assert found.done_s[0] - 3.0 == pytest.approx(one.predicted_s[0])
    assert found.first_s[0] == pytest.approx(3.0 + 0.5 + 1.0)


@pytest.mark.parametrize("order", ["fcfs", "srtf", "edf"])
def test_twenty_workers(order):
    found = scheduled(a_draw([0.0] * 21, [5] * 20 + [7]), order)
    assert set(found.done_s[:20]) == {5.0}
    assert found.done_s[20] == 12.0  # it is the last, and the longest


def test_laxity_goes_down_while_a_request_waits():
    # Of 5 tokens it is 1.4 * 5 - 5 = 2.0, of 7 it is 2.8: less than that of who runs after 1 s.
    found = scheduled(a_draw([0.0] * 21, [5] * 20 + [7]), "llf")
    assert found.begun_s[20] == 1.0
    assert found.done_s[20] <= 1.4 * 7.0
    assert (found.done_s[:20] <= 1.4 * 5.0).all()


def test_short_requests_pass_long_ones_where_orders_suspend():
    long_first = a_draw([0.0] * 20 + [1.5], [100] * 20 + [2])
    done_s = {order: scheduled(long_first, order).done_s[20] for order in ORDERS}
    assert done_s["fcfs"] == 102.0
    assert {done_s[order] for order in ORDERS if order != "fcfs"} == {4.0}


@pytest.mark.parametrize("order", ORDERS)
def test_nothing_is_lost_by_being_suspended(order):
    draw = drawn("LL", 25.0, 0)
    found = scheduled(draw, order)
    workers_s = found.batch_s.sum()
    assert workers_s == pytest.approx(
        (draw.tokens - 1).sum() * draw.token_s, rel=1e-9
    )  # first tokens are computed as prompts
    assert (found.done_s - draw.arrived_s >= draw.predicted_s - 1e-9).all()
    assert (found.preemptions.sum() == 0) == (order == "fcfs")


def test_least_laxity_first_serves_whose_deadline_is_tight():
    # 20 workers are taken by requests with much time; one of 10 tokens comes, due at 1.4 x 10.
    draw = a_draw([0.0] * 20 + [0.5], [60] * 20 + [10])
    llf = scheduled(draw, "llf")
    assert llf.done_s[20] <= 0.5 + 1.4 * 10.0
    assert scheduled(draw, "fcfs").done_s[20] > 60.0


def test_draws_are_the_same_for_every_order_and_workload():
    one, other = drawn("SS", 10.0, 3), drawn("LL", 10.0, 3)
    np.testing.assert_array_equal(one.arrived_s, other.arrived_s)
    np.testing.assert_array_equal(one.tokens, other.tokens)
    assert set(drawn("SS", 10.0, 0, varies=False).tokens) == {128}
    gaps_s = np.diff(np.concatenate([drawn("SS", 10.0, n).arrived_s for n in range(50)]))
    assert gaps_s[gaps_s > 0].mean() == pytest.approx(0.1, rel=0.05)


def test_overload_is_worst_first_come_first_served():
    found = {(one.workload, one.rate_rps, one.order): one for one in study(draws=3)}
    assert len(found) == 4 * 5 * 4
    for workload in ("SS", "SL", "LS", "LL"):
        fcfs, llf = (found[workload, 25.0, order] for order in ("fcfs", "llf"))
        assert fcfs.breach > 0.1
        assert llf.breach == 0.0
        assert llf.ttft_s < fcfs.ttft_s
        assert found[workload, 5.0, "fcfs"].ttft_s < fcfs.ttft_s
    assert all(0.0 <= one.fairness <= 1.0 for one in found.values())


def test_the_page_says_what_is_not_known(tmp_path):
    target = tmp_path / "page.md"
    freesh_study.main(["--draws", "1", "--page", str(target)])
    text = target.read_text()
    assert text.count("| 25 | LLF |") == 4
    assert "was not seen" in text
    assert "is not Jain's index" in text.replace("\n", " ")
