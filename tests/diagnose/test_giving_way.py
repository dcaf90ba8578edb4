"""Why no plan exists, in the scenario's words."""

from dataclasses import replace

from carbonplan.diagnose.giving_way import _words, reasons, with_slack
from carbonplan.solve import Limits, solve
from tests.answers import optimum
from tests.tiny import CHAT, NIGHT, ONE, tiny

LIMITS = Limits(gap=0.01, time_limit_s=20)
TIMES = ["2022-01-01T00:00Z", "2022-01-01T01:00Z"]
MUCH = {"demand_rps": [[[170.0, 20.0]], [[0.0, 0.0]]]}  # 14 accelerators at the peak


def told(problem) -> str:
    assert optimum(problem).solution.status == "infeasible"
    return "\n".join(reasons(problem, LIMITS, TIMES))


def test_a_stock_that_is_too_small_is_named():
    words = told(tiny(MUCH, stock=(("now", "box", None, 1),)))
    assert "fleet.stock[box]: 1 allowed, 1 more needed" in words


def test_a_site_without_room_is_named():
    lone = {"serving": ((CHAT, ONE, "clean"),), "routes": ((CHAT, "users", "clean"),)}
    words = told(tiny(MUCH, batch=(), site_servers={"clean": 2}, **lone))
    assert words == "regions[clean].server_limit: 2 allowed, 1 more needed"


def test_a_power_limit_is_named_with_its_hour():
    limit = [[0.9, 0.9], [0.9, 0.9]]
    words = told(tiny({"site_it_limit_kw": limit}, site_power_kw={"clean": 1.0, "dirty": 1.3}))
    assert "power_limit_kw: 0.9 kW for IT at 2022-01-01T00:00Z" in words


def test_a_bound_on_an_impact_is_named():
    words = told(tiny(bounds=(("cost", 1.0),)))
    assert words.startswith("bounds[cost].at_most: 1 allowed")


def test_batch_work_that_cannot_be_done_is_named():
    lone = {"serving": ((NIGHT, ONE, "clean"),), "online": (), "routes": ()}
    words = told(
        tiny({"arrivals_rps": [[0, 0], [1e3, 0]]}, stock=(("now", "box", None, 1),), **lone)
    )
    assert words.startswith("fleet.stock[box]: 1 allowed")


def test_where_limits_are_not_to_blame_demand_gives_way():
    """No route is ever enough: the only configuration serves nothing that is asked of it."""
    lone = {"serving": ((CHAT, ONE, "clean"),), "routes": ((CHAT, "users", "clean"),)}
    bounded = tiny(MUCH, batch=(), **lone)
    short = replace(
        bounded, data=bounded.data.assign(load_upper_rps=0 * bounded.data.load_upper_rps)
    )
    program, slack = with_slack(short, ["demand_is_routed"])
    solution = solve(program, LIMITS, isolated=False)
    assert (
        "workloads[chat]: 170 requests/s of class 'all'"
        in _words(program, slack, solution.values, TIMES)[0]
    )


def test_what_can_be_served_needs_no_slack():
    assert reasons(tiny(stock=(("now", "box", None, 9),)), LIMITS, TIMES) == []
