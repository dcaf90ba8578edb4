"""contract_covers_match, matched_within_drawn, share_is_matched; location_, market_carbon.

One server that draws 2.5 and then 1.5 kW at a PUE of 1.1: 2.75 and 1.65 kWh, at 0.2 USD/kWh.
The wind delivers all that is contracted in the first hour and a quarter of it in the second.
"""

from dataclasses import replace

import numpy as np
import pyomo.environ as pyo
import pytest

from carbonplan.formulation.build import horizon
from tests.answers import optimum, plain, row, without
from tests.brute_force import as_problem, random_case
from tests.formulation.test_impacts import IT_KW, LONE
from tests.supplied import Offer, supplied
from tests.tiny import tiny

WIND = {"wind": Offer("clean", [1.0, 0.25])}
SERVER_USD, GRID_USD = 3.0, 0.2
SITE_KWH = np.array(IT_KW) * 1.1


def lone(objective: str = "cost", offers=None, **settings):
    """The lone server with the wind on offer."""
    return supplied(tiny(objective={objective: 1.0}, **LONE), offers or WIND, **settings)


def test_contract_covers_match_row():
    m = plain(lone())
    assert row(m.contract_covers_match["wind", "clean", 1]) == pytest.approx(
        {"Matched_kw[wind,clean,1]": 1, "Contracted_kw[wind,clean]": -0.25 / 1.1, "upper": 0}
    )


def test_matched_within_drawn_row():
    read = row(plain(lone()).matched_within_drawn["clean", 0])
    assert read["Matched_kw[wind,clean,0]"] == 1
    assert read["Powered[box,clean,0]"] == pytest.approx(-0.49)
    assert read["upper"] == 0


def test_share_is_matched_row():
    read = row(plain(lone(share=0.9)).share_is_matched["clean"])
    assert read["Matched_kw[wind,clean,1]"] == pytest.approx(-1.1)
    assert read["Powered[box,clean,0]"] == pytest.approx(0.9 * 1.1 * 0.49)


def test_as_much_is_contracted_as_pays():
    """Beyond the first hour's 2.75 kWh a kW costs 0.0625 USD and brings 0.05 and 0.01."""
    answer = optimum(lone())
    assert answer.decision("Contracted_kw", "wind", "clean") == pytest.approx(2.75)
    assert answer.decision("Matched_kw", "wind", "clean") == pytest.approx([2.5, 0.625])
    grid = GRID_USD * (1.65 - 2.75 / 4)
    assert answer.total == pytest.approx(SERVER_USD + grid + 0.05 * 2.75 * 1.25)


def test_what_is_not_matched_is_resold():
    """At 0.02 USD a second kW brings 0.0675: the second hour is matched too, with 6.6 kW."""
    answer = optimum(lone(offers={"wind": Offer("clean", [1.0, 0.25], resale=0.02)}))
    assert answer.decision("Contracted_kw", "wind", "clean") == pytest.approx(6.6)
    resold = 0.02 * (6.6 - 2.75)
    assert answer.total == pytest.approx(SERVER_USD + 0.05 * 6.6 * 1.25 - resold)


def test_a_share_is_matched_in_its_hour():
    """Of 4.4 kWh 3.96 are matched: 2.75, and 1.21 in the hour that delivers a quarter."""
    answer = optimum(lone(share=0.9))
    assert answer.decision("Contracted_kw", "wind", "clean") == pytest.approx(4 * 1.21)
    assert answer.decision("Matched_kw", "wind", "clean") * 1.1 == pytest.approx([2.75, 1.21])
    assert answer.total == pytest.approx(optimum(lone()).total + (4.84 - 2.75) * 0.0025)
    assert without(lone(share=0.9), "share_is_matched") == pytest.approx(optimum(lone()).total)


def test_a_share_that_the_hours_do_not_allow_has_no_plan():
    short = {"wind": Offer("clean", [1.0, 0.25], most_kw=6.5)}  # 6.6 would match every hour
    assert optimum(lone(offers=short, share=1.0)).solution.status == "infeasible"


def test_location_carbon_is_the_grids_and_market_carbon_the_contracts():
    answer = optimum(lone())
    matched = np.array([2.75, 2.75 / 4])
    assert answer.impact("location_carbon") == pytest.approx(SITE_KWH @ [0.1, 0.05])
    assert answer.impact("market_carbon") == pytest.approx(
        matched.sum() * 0.011 + (SITE_KWH - matched) @ [0.1, 0.05]
    )
    assert answer.impact("operational_carbon") == answer.impact("location_carbon")


def test_by_market_the_rest_has_what_contracts_leave_of_the_grid():
    left = [[0.3, 0.3], [0.6, 0.6]]
    answer = optimum(lone(market=True, residual=left))
    rest = SITE_KWH.sum() - 2.75 * 1.25
    assert answer.impact("operational_carbon") == pytest.approx(
        2.75 * 1.25 * 0.011 + rest * 0.3
    )
    assert answer.impact("location_carbon") == pytest.approx(SITE_KWH @ [0.1, 0.05])


def test_by_location_a_contract_moves_no_carbon():
    alone = optimum(tiny(objective={"carbon": 1.0}, **LONE))
    assert optimum(lone("carbon")).total == pytest.approx(alone.total)
    assert "location_carbon" not in alone.program.impacts


def test_without_it_a_contract_feeds_what_it_does_not_deliver():
    still = lone("carbon", offers={"wind": Offer("clean", [0.0, 0.0])}, market=True)
    fed = SITE_KWH.sum() * 0.011 + 0.25
    bound = horizon(still).Matched_kw["wind", "clean", 0].ub
    assert bound == 0
    calm = lone("carbon", offers={"wind": Offer("clean", [1.0, 0.0])}, market=True)
    assert without(calm, "contract_covers_match") == pytest.approx(fed)
    assert optimum(calm).total > fed


def test_without_it_more_is_matched_than_is_drawn():
    windy = lone(offers={"wind": Offer("clean", [1.0, 1.0])})
    assert without(windy, "matched_within_drawn") < optimum(windy).total


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("objective", ["cost", "carbon"])
def test_a_contract_at_no_price_never_worsens(seed: int, objective: str):
    problem = replace(as_problem(random_case(seed)), objective={objective: 1.0})
    free = Offer("north", [1.0, 0.3], price=0.0, resale=0.0, intensity=0.0, most_kw=3.0)
    plan, better = optimum(problem), optimum(supplied(problem, {"sun": free}, market=True))
    assert plan.solution.status == better.solution.status
    if plan.solution.values is not None:
        assert better.total <= plan.total + 1e-7
        shared = optimum(supplied(problem, {"sun": free}, market=True, share=0.1))
        if shared.solution.values is not None:
            assert shared.total >= better.total - 1e-7


@pytest.mark.parametrize("seed", range(6))
def test_the_stamped_program_is_the_plain_one(seed: int):
    offers = {"sun": Offer("north", [1.0, 0.3]), "wind": Offer("south", [0.2, 0.9])}
    problem = supplied(as_problem(random_case(seed)), offers, share=0.4, market=True)
    answer, m = optimum(problem), plain(problem)
    solver = pyo.SolverFactory("appsi_highs")
    solver.highs_options["mip_rel_gap"] = 0.0
    solver.config.load_solution = False
    found = solver.solve(m)
    if answer.solution.values is None:
        assert str(found.solver.termination_condition) in (
            "infeasible",
            "infeasibleOrUnbounded",
        )
    else:
        solver.load_vars()
        assert pyo.value(m.objective) == pytest.approx(answer.total, rel=1e-7)
