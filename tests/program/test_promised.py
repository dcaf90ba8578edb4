"""Contracts, quality, readiness and shares: stamped, and stated once more in linopy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carbonplan.problem import Problem, with_upper_bounds
from carbonplan.problem.records import Promises, Shares
from tests.answers import optimum
from tests.brute_force import as_problem, random_case
from tests.restated import least
from tests.supplied import Offer, supplied
from tests.tiny import CHAT, NIGHT, ONE, TWO, tiny

WORKLOADS = {CHAT: "chat", NIGHT: "night"}
MARGINS = {(CHAT, ONE): 40.0, (CHAT, TWO): -40.0}
WIND = {"wind": Offer("clean", [1.0, 0.25]), "sun": Offer("dirty", [0.1, 0.9])}
LEFT = [[0.3, 0.3], [0.7, 0.7]]

CASES: dict[str, Problem] = {
    "quality": tiny(promises=Promises(WORKLOADS, MARGINS)),
    "spares": tiny(promises=Promises(WORKLOADS, {}, {"chat": 2, "night": 1})),
    "region share": tiny(shares=Shares(of_region=0.6)),
    "contracts": supplied(tiny(), WIND, market=True, residual=LEFT),
    "matching": supplied(tiny(), WIND, share=0.7, market=True),
    "held matching": supplied(tiny({"held": [0, 0]}), WIND, share=0.7, market=True),
    "all": supplied(
        tiny(
            promises=Promises(WORKLOADS, MARGINS, {"chat": 1}),
            shares=Shares(of_region=0.8),
        ),
        WIND,
        share=0.5,
        market=True,
        residual=LEFT,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_restated(case: str):
    assert optimum(CASES[case]).total == pytest.approx(least(CASES[case]), rel=1e-6)


@pytest.mark.parametrize("seed", range(12))
def test_restated_on_random_cases_with_all_of_them(seed: int):
    problem = replace(
        as_problem(random_case(seed)),
        promises=Promises({"talk/all": "talk", "work/all": "work"}, {}, {"talk": 1}),
        shares=Shares(of_region=0.9, of_vendor=0.9, vendor_of={"a": "x", "b": "y"}),
    )
    offers = {"wind": Offer("north", [1.0, 0.2]), "sun": Offer("south", [0.0, 0.8])}
    problem = supplied(with_upper_bounds(problem), offers, share=0.2, market=True)
    answer = optimum(problem)
    if answer.solution.values is None:
        with pytest.raises(RuntimeError):
            least(problem)
    else:
        assert answer.total == pytest.approx(least(problem), rel=1e-6)
