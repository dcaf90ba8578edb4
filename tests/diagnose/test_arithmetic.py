"""Arithmetic accuses no scenario that has a plan, and names what it accuses."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from carbonplan.diagnose.arithmetic import of_problem
from carbonplan.diagnose.records import Finding
from carbonplan.problem import Problem
from carbonplan.problem.records import Renewal
from carbonplan.program.stamping import stamp
from carbonplan.solve import Limits, solve
from tests.mixed_draws import random_case
from tests.mixed_problem import as_problem
from tests.tiny import CHAT, NIGHT, ONE, tiny

CASES = 300
PER_PLAN = 30


def found(problem: Problem) -> list[Finding]:
    slots = problem.data.sizes["slot"]
    times, run = [f"hour {t}" for t in range(slots)], problem.data["slot_stage"].values
    return list(of_problem(problem, times, run))


def test_no_feasible_case_is_accused():
    accused = [one.words for problem in feasible_cases() for one in found(problem)]
    assert accused == []


def feasible_cases() -> Iterator[Problem]:
    """Problems whose limits are just what a plan of theirs takes, at lower and lower demand."""
    rng, made, seed = np.random.default_rng(1), 0, 0
    while made < CASES:
        problem = as_problem(random_case(np.random.default_rng(seed)))
        program = stamp(problem)
        values = solve(program, Limits(gap=0.5), isolated=False).values
        seed += 1
        if values is None:
            continue
        tight = tightened(problem, program, values)
        for _ in range(PER_PLAN):
            share = rng.uniform(0.2, 1.0, problem.data.sizes["slot"])
            share[rng.random(len(share)) < 0.5] = 1.0
            demand = problem.data["demand_rps"] * xr.DataArray(share, dims="slot")
            yield replace(tight, data=tight.data.assign(demand_rps=demand))
        made += PER_PLAN


def tightened(problem: Problem, program, values) -> Problem:
    """The problem with stock, places, budgets and bounds at what a plan takes of them."""
    servers = amounts(program, values, "Servers")
    bought = amounts(program, values, "Purchased")
    stages = {y for y, _, _ in servers}
    in_site = {
        r: max(sum(n for (z, _, q), n in servers.items() if (z, q) == (y, r)) for y in stages)
        for _, _, r in servers
    }
    upgraded = not problem.renewal.upgrades
    price = problem.data["purchase_usd"].to_series()
    spent = {
        y: sum(price[y, g] * n for (z, g, _), n in bought.items() if z == y) for y in stages
    }
    impacts = ("energy", "carbon", "onsite_water", "offsite_water")
    return replace(
        problem,
        stock=tuple((y, g, r, int(np.ceil(n - 1e-6))) for (y, g, r), n in bought.items()),
        site_servers={r: int(np.ceil(n - 1e-6)) for r, n in in_site.items()},
        budget_usd=spent if upgraded else {},
        bounds=tuple((one, impact(program, values, one)) for one in impacts),
    )


def amounts(program, values, family: str) -> dict[tuple[str, ...], float]:
    layout = program.columns[family]
    return dict(zip(layout.labels, values[layout.positions].tolist(), strict=True))


def impact(program, values, name: str) -> float:
    vector, constant = program.impacts[name]
    return float(vector @ values) + constant + 1e-6


LONE = {"serving": ((CHAT, ONE, "clean"),), "routes": ((CHAT, "users", "clean"),), "batch": ()}


@pytest.mark.parametrize(
    ("settings", "changes", "kind", "words"),
    [
        (
            {"site_servers": {"clean": 0}, "stock": (("now", "box", None, 1),)},
            {"demand_rps": [[[90.0, 20.0]], [[0.0, 0.0]]]},
            "capacity",
            "90 requests/s of class 'all' come at hour 0; no server that can serve them",
        ),
        (
            {"stock": (("now", "box", None, 1),)},
            {"demand_rps": [[[20.0, 90.0]], [[0.0, 0.0]]]},
            "capacity",
            "90 requests/s of class 'all' come at hour 1; clean can serve at most 80",
        ),
        (
            {"site_power_kw": {"clean": 1.0, "dirty": 1.0}},
            {"site_it_limit_kw": np.full((2, 2), 2.0)},
            "capacity",
            "clean can serve at most 30.19 within the power limits",
        ),
        ({"bounds": (("energy", 1.0),)}, {}, "bound", "bounds[energy].at_most: 1 kWh is below"),
        (
            {"budget_usd": {"now": 14.0}},
            {},
            "budget",
            "at least 4 more accelerators than stand, 15 USD at the least price; 14 USD",
        ),
    ],
)
def test_what_cannot_be_is_named(settings, changes, kind, words):
    told = [one.words for one in found(tiny(changes, **LONE, **settings)) if one.kind == kind]
    assert words in told[0]


def test_batch_work_that_is_due_too_soon_is_named():
    """36,000 requests an hour of which 2,000 may wait, at 8 accelerators of 5 requests/s."""
    work = {
        "arrivals_rps": [[0, 0], [100.0, 0]],
        "backlog_limit_krequests": [[0, 0], [36.0, 0]],
    }
    lone = {"serving": ((NIGHT, ONE, "clean"),), "online": (), "routes": ()}
    (one,) = found(tiny(work, stock=(("now", "box", None, 1),), **lone))
    assert "is due by the end of hour 0 is 2.25 times" in one.words
    assert found(tiny(work, stock=(("now", "box", None, 3),), **lone)) == []


def test_upgrades_and_moves_are_given_the_benefit_of_the_doubt():
    renewal = Renewal(upgrades=(("now", "stood", "box", "box", "clean"),))
    problem = tiny({"demand_rps": [[[900.0, 20.0]], [[0.0, 0.0]]]}, **LONE)
    existing = problem.data["existing_servers"] + 1.0
    problem = replace(
        problem,
        renewal=renewal,
        stock=(("now", "box", None, 0),),
        data=problem.data.assign(existing_servers=existing),
    )
    assert found(problem) == []
