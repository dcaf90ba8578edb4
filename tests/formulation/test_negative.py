"""serving_power_kw and location_carbon: what power may earn where intensity is negative."""

from __future__ import annotations

from dataclasses import replace

import pyomo.environ as pyo
import pytest

from carbonplan.problem import Problem, with_upper_bounds
from tests.answers import optimum, plain, row, without
from tests.tiny import CHAT, E_TWO, TWO, tiny

NEGATIVE = {"intensity_kgco2e_per_kwh": [[-0.1, -0.1], [0.5, 0.6]]}


def chat_alone(negative: str, **changes: object) -> Problem:
    """Chat on two accelerators in the clean region, whose intensity is below zero."""
    return tiny(
        NEGATIVE | changes,
        batch=(),
        serving=((CHAT, TWO, "clean"),),
        routes=((CHAT, "users", "clean"),),
        start_costs=False,
        negative=negative,
    )


def test_serving_power_kw_is_what_requests_take():
    m = plain(chat_alone("no-idle-earning"))
    form = row(_equal_to_zero(m, m.serving_power_kw["box", "clean", 0]))
    assert form == {f"Load_rps[{CHAT},{TWO},clean,0]": 0.04, "lower": 0, "upper": 0}


def _equal_to_zero(m, expression):
    m.shown = pyo.Constraint(expr=expression == 0)
    return m.shown


def test_requests_earn_and_idle_power_does_not():
    """1.1 x 0.1 kg/kWh x 0.04 kJ x (40 + 20) requests/s; all other power counts as nothing."""
    answer = optimum(chat_alone("no-idle-earning"))
    assert answer.impact("operational_carbon") == pytest.approx(-1.1 * 0.1 * 0.04 * 60)


def test_idle_power_earns_where_it_is_allowed():
    """The powered host, 0.5 kW, and its replicas, 0.2 kW each, earn beside the requests."""
    answer = optimum(chat_alone("allow"))
    replicas = answer.decision("Replicas", E_TWO, "clean")
    kw = 0.04 * 60 + 0.5 * 2 + 0.2 * replicas.sum()
    assert answer.impact("operational_carbon") == pytest.approx(-1.1 * 0.1 * kw)
    assert answer.total < optimum(chat_alone("no-idle-earning")).total


def test_starts_are_of_replicas_row_and_no_more():
    """Loading earns 1.1 x 0.1 kg/kWh x 0.03 kWh; what runs starts in each slot at most."""
    standing = [[[1.0, 0.0]], [[0.0, 0.0]]]
    problem = chat_alone("allow", existing_servers=standing)
    problem = with_upper_bounds(replace(problem, start_costs=True))
    m = plain(problem)
    assert row(m.starts_are_of_replicas[E_TWO, "clean", 0]) == {
        f"Starts[{E_TWO},clean,0]": 1,
        f"Replicas[{E_TWO},clean,0]": -1,
        "upper": 0,
    }
    answer = optimum(problem)
    starts, replicas = (answer.decision(n, E_TWO, "clean") for n in ("Starts", "Replicas"))
    assert (starts <= replicas + 1e-9).all()
    assert without(problem, "starts_are_of_replicas") <= answer.total + 1e-9


def test_with_standing_servers_as_many_replicas_run_as_fit():
    """Demand needs two replicas; eight accelerators stand, so that four earn."""
    standing = [[[1.0, 0.0]], [[0.0, 0.0]]]
    answer = optimum(chat_alone("allow", existing_servers=standing))
    assert answer.decision("Replicas", E_TWO, "clean").tolist() == pytest.approx([4, 4])
