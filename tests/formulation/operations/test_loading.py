"""waiting_requests where replicas load on demand: who comes while a model loads waits."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from carbonplan.configurations import enumerate_configurations
from carbonplan.configurations.pruning import Rules, prune
from carbonplan.errors import InvalidInput
from carbonplan.plan.assemble import make_plan
from carbonplan.problem import Problem, assemble
from carbonplan.technology.starting import loading_requests
from carbonplan.verify import verify
from tests.answers import optimum, plain
from tests.questions import inputs
from tests.tiny import CHAT, E_TWO, TWO, tiny

LONE = {"batch": (), "routes": ((CHAT, "users", "clean"),), "serving": ((CHAT, TWO, "clean"),)}
SMALL = (
    "horizon.hours=4",
    "fleet.clock_fractions=[1.0, 0.7]",
    "fleet.replicas=continuous",
)


def on_demand(waiting: float = 3.0, **settings: object) -> Problem:
    """The tiny problem in which requests wait for every start."""
    problem = tiny(**LONE, **settings)
    waits = ("engine", [0.0, waiting])
    return replace(problem, data=problem.data.assign(loading_requests=waits))


def test_waits_for_a_start_are_half_its_time():
    """Of 10 requests/s that come in 72 s, each waits 36 s; spread over an hour 7.2 wait."""
    assert loading_requests([10.0], [0.02], 1.0) == pytest.approx([10 * 72 * 36 / 3600])
    assert loading_requests([10.0], [0.02], 0.25) == pytest.approx([4 * 7.2])


def test_waiting_requests_row():
    m = plain(on_demand())
    assert f"3.0*Starts['{E_TWO}',clean,1]" in str(m.waiting_requests["clean", 1].expr)
    assert "Starts" not in str(plain(tiny(**LONE)).waiting_requests["clean", 1].expr)


def test_a_start_delays_the_requests_that_come_for_it():
    """Two replicas for 40 requests/s, one for 20: one start in two hours of 60 requests/s."""
    ahead, waited = optimum(tiny(**LONE)), optimum(on_demand())
    assert waited.decision("Starts", E_TWO, "clean") == pytest.approx([1, 0])
    assert waited.impact("latency") - ahead.impact("latency") == pytest.approx(3.0 / 60.0)
    assert waited.total == pytest.approx(ahead.total)


def test_where_latency_counts_replicas_stay_loaded():
    ahead = optimum(tiny(**LONE, objective={"latency": 1.0}))
    waited = optimum(on_demand(objective={"latency": 1.0}))
    assert waited.decision("Starts", E_TWO, "clean") == pytest.approx([0, 0])
    assert waited.total == pytest.approx(ahead.total)


def test_waiting_never_makes_requests_faster():
    weights = {"latency": 1.0, "carbon": 0.1}
    ahead = optimum(tiny(**LONE, objective=weights)).total
    totals = [optimum(on_demand(w, objective=weights)).total for w in (0.0, 1.0, 3.0, 30.0)]
    assert totals[0] == pytest.approx(ahead)
    assert totals == sorted(totals)


def test_the_plan_is_verified_with_the_waits():
    given = inputs("two-generations", *SMALL, "fleet.load_on_demand=true")
    found = enumerate_configurations(given)
    answer = optimum(assemble(given, found))
    plan = make_plan(given, found, answer.program, answer.solution)
    assert answer.decision("Starts", *_first_start(answer)).sum() > 0
    assert verify(given, plan).violations == ()
    ahead = inputs("two-generations", *SMALL)
    assert not verify(ahead, plan).ok


def test_engines_with_lower_rates_are_kept_where_latency_counts():
    """An engine that is slower with every class may delay fewer by a start."""
    fast, slow = np.array([[4.0, 8.0]]).T, np.array([[2.0, 4.0]]).T
    table = xr.Dataset(
        {
            "rate_rps": (("request_class", "configuration"), np.hstack([fast, slow])),
            "energy_kj_per_request": (("request_class", "configuration"), np.ones((2, 2))),
            "ttft_s": (("request_class", "configuration"), np.ones((2, 2))),
            **{
                name: ("engine", [1.0, 1.0])
                for name in ("accelerators", "loaded_kw", "start_energy_kwh", "start_fraction")
            },
            **{name: ("engine", [0.0, 0.0]) for name in ("host_share", "host_dram_gb")},
        },
        {
            "request_class": ["short", "long"],
            "configuration": ["fast:100%", "slow:100%"],
            "engine": ["fast", "slow"],
            "configuration_engine": ("configuration", ["fast", "slow"]),
            **{name: ("configuration", ["x", "x"]) for name in ("sku", "llm", "role")},
            "on_host": ("configuration", [False, False]),
        },
    )
    rules = Rules(whole=False, engines_mix=False, latency_counts=True)
    kept, _ = prune(table, rules)
    assert kept["engine"].values.tolist() == ["fast"]
    kept, _ = prune(table, replace(rules, starts_wait=True))
    assert kept["engine"].values.tolist() == ["fast", "slow"]


def test_loading_has_to_take_time():
    with pytest.raises(InvalidInput, match="expected start_costs true"):
        inputs("one-hour", "fleet.load_on_demand=true", "fleet.start_costs=false")


def _first_start(answer) -> tuple[str, str]:
    layout = answer.program.columns["Starts"]
    starts = answer.solution.values[layout.positions].sum(axis=1)
    return layout.labels[int(starts.argmax())]
