"""prefill_feeds_decode: what prefill replicas compute, decode replicas take over."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from carbonplan.problem import Problem, with_upper_bounds
from tests.answers import optimum, plain, row, without
from tests.restated import least
from tests.tiny import CHAT, NIGHT, ONE, TWO, tiny

ROLES = {ONE: "prefill", TWO: "decode"}
WEIGHTS = dict.fromkeys(ROLES, "llm:bf16")


def split(changes: dict[str, object] | None = None, **settings: object) -> Problem:
    """The tiny problem whose first engine does prefill alone, and the second decodes.

    Nothing starts, so that the answers can be worked out.
    """
    serving = tuple((CHAT, c, r) for c in ROLES for r in ("clean", "dirty"))
    given = {"batch": (), "serving": serving, "role_of": ROLES, "weights_of": WEIGHTS}
    changes = {"start_fraction": [0.0, 0.0], **(changes or {})}
    return tiny(changes, start_costs=False, **(given | settings))


def test_prefill_feeds_decode_row():
    m = plain(split())
    assert row(m.prefill_feeds_decode[CHAT, "llm:bf16", "dirty", 1]) == {
        f"Load_rps[{CHAT},{ONE},dirty,1]": 1,
        f"Load_rps[{CHAT},{TWO},dirty,1]": -1,
        "lower": 0,
        "upper": 0,
    }


def test_only_those_that_decode_answer_requests():
    m = plain(split())
    assert row(m.routed_load_is_served[CHAT, "clean", 0]) == {
        f"Load_rps[{CHAT},{TWO},clean,0]": 1,
        f"Flow_rps[{CHAT},users,clean,0]": -1,
        "lower": 0,
        "upper": 0,
    }


def test_where_one_replica_serves_both_phases_there_are_no_rows():
    assert not len(plain(tiny()).prefill_feeds_decode)


def test_the_answer_worked_out_by_hand():
    """40 and 20 requests/s, 10 for a prefill replica, 25 for one that decodes.

    4 and 2 of the first with one accelerator each, 2 and 1 of the second with two: one server.
    It draws 0.5 + 0.1 x 4 + 0.2 x 2 + 0.05 x 40 + 0.04 x 40 = 4.9 kW and 2.7 kW in the second
    hour, at a PUE of 1.1 and 0.1 and 0.05 kg/kWh; its making counts 0.25 kg.
    """
    answer = optimum(split())
    assert answer.decision("Replicas", "llm@box:tp1", "clean") == pytest.approx([4, 2])
    assert answer.decision("Replicas", "llm@box:tp2", "clean") == pytest.approx([2, 1])
    assert answer.decision("Load_rps", CHAT, ONE, "clean") == pytest.approx([40, 20])
    assert answer.decision("Load_rps", CHAT, TWO, "clean") == pytest.approx([40, 20])
    expected = 1.1 * (4.9 * 0.1 + 2.7 * 0.05) + 0.25
    assert answer.total == pytest.approx(expected)


def test_both_phases_add_to_the_first_token():
    """0.3 s for prefill, 0.2 s until decode returns it, and the 0.01 or 0.05 s of network."""
    answer = optimum(split(objective={"latency": 1.0}))
    assert answer.impact("latency") == pytest.approx(0.3 + 0.2 + 0.01)


def test_batch_work_is_what_is_decoded():
    serving = tuple((NIGHT, c, r) for c in ROLES for r in ("clean", "dirty"))
    both = {"rate_rps": [[10.0, 25.0], [5.0, 10.0]], "demand_rps": np.zeros((2, 1, 2))}
    work = split(both, batch=(NIGHT,), online=(), serving=serving, routes=())
    answer = optimum(work)
    done = sum(answer.decision("Load_rps", NIGHT, TWO, r).sum() for r in ("clean", "dirty"))
    assert done == pytest.approx(10)
    assert answer.decision("Load_rps", NIGHT, ONE, "clean") == pytest.approx(
        answer.decision("Load_rps", NIGHT, TWO, "clean")
    )


def test_caches_do_not_leave_their_region():
    """Only prefill in the clean region and only decode in the dirty one serve nothing."""
    apart = split(serving=((CHAT, ONE, "clean"), (CHAT, TWO, "dirty")))
    assert optimum(apart).solution.status == "infeasible"


def test_caches_are_of_the_weights_that_made_them():
    apart = split(weights_of={ONE: "llm:bf16", TWO: "llm:fp8"})
    assert optimum(apart).solution.status == "infeasible"


def test_without_it_prompts_cost_nothing():
    assert without(split(), "prefill_feeds_decode") < optimum(split()).total - 0.1


def test_restated():
    for problem in (split(), split({"energy_kj_per_request": [[0.5, 0.4], [0.1, 0.0]]})):
        assert optimum(problem).total == pytest.approx(least(problem))


@pytest.mark.parametrize("seed", range(12))
def test_a_choice_among_three_engines_by_enumeration(seed: int):
    """One region and hour; a mixed engine, and one for each phase, all counts tried."""
    problem, numbers = three_engines(seed)
    assert optimum(problem).total == pytest.approx(least_by_enumeration(**numbers), rel=1e-6)
    forbidden = replace(
        problem, serving=tuple(one for one in problem.serving if one[1] not in problem.role_of)
    )
    alone = least_by_enumeration(**(numbers | {"most": (9, 0, 0)}))
    assert optimum(forbidden).total == pytest.approx(alone, rel=1e-6)
    assert optimum(problem).total <= optimum(forbidden).total * (1 + 1e-9)


def three_engines(seed: int) -> tuple[Problem, dict]:
    """A random problem of one region, one slot and three engines, and its numbers."""
    rng = np.random.default_rng(seed)
    rates = rng.uniform(4.0, 8.0, 3) * (1.0, 2.0, 2.0)
    numbers = {
        "demand_rps": float(rng.uniform(10.0, 30.0)),
        "rates": rates,
        "energy_kj": rng.uniform(0.02, 0.1, 3) * (1.0, 0.5, 0.4),
        "loaded_kw": rng.uniform(0.02, 0.2, 3),
    }
    small = tiny(start_costs=False, batch=(), online=(CHAT,))
    names = {"configuration": [ONE, "p:100%", "d:100%"], "engine": ["llm@box:tp1", "p", "d"]}
    data = small.data.isel(request_class=[0], region=[0], slot=[0], configuration=[0] * 3)
    data = data.isel(engine=[0] * 3).assign_coords(names)
    pair = ("request_class", "configuration")
    data = data.assign(
        demand_rps=data["demand_rps"] * 0 + numbers["demand_rps"],
        rate_rps=(pair, rates[None]),
        energy_kj_per_request=(pair, numbers["energy_kj"][None]),
        accelerators=("engine", np.ones(3)),
        loaded_kw=("engine", numbers["loaded_kw"]),
        start_fraction=("engine", np.zeros(3)),
        previous=("slot", [0]),
    )
    configurations = names["configuration"]
    problem = replace(
        small,
        data=data,
        routes=((CHAT, "users", "clean"),),
        serving=tuple((CHAT, c, "clean") for c in configurations),
        engine_of=dict(zip(configurations, names["engine"], strict=True)),
        sku_of=dict.fromkeys(names["engine"], "box"),
        role_of={"p:100%": "prefill", "d:100%": "decode"},
        weights_of=dict.fromkeys(("p:100%", "d:100%"), "llm:bf16"),
    )
    return with_upper_bounds(problem), numbers


def least_by_enumeration(
    demand_rps: float,
    rates: np.ndarray,
    energy_kj: np.ndarray,
    loaded_kw: np.ndarray,
    most: tuple[int, int, int] = (9, 5, 5),
) -> float:
    """Least carbon over all counts; requests split between the two ways at an end."""
    best = np.inf
    for counts in product(*(range(n + 1) for n in most)):
        alone, handed_over = counts[0] * rates[0], min(*(np.array(counts) * rates)[1:])
        if alone + handed_over < demand_rps:
            continue
        ends = (min(alone, demand_rps), demand_rps - min(handed_over, demand_rps))
        serving_kw = min(
            x * energy_kj[0] + (demand_rps - x) * energy_kj[1:].sum() for x in ends
        )
        servers = int(np.ceil(sum(counts) / 8))
        power_kw = 0.5 * servers + float(np.dot(counts, loaded_kw)) + serving_kw
        best = min(best, power_kw * 1.1 * 0.1 + 0.25 * servers)
    return best
