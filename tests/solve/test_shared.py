"""Fronts in shared columns: limits that give way, whole numbers dived for, bounds for all."""

from dataclasses import replace

import numpy as np
import pytest

from carbonplan.solve import Limits, shared
from carbonplan.solve.arrays import Arrays, arrays_of
from carbonplan.solve.criteria import criteria_of
from carbonplan.solve.diving import dive, exchanged
from carbonplan.solve.elastic import elastic, stretched
from carbonplan.solve.highs import Model, Settings
from carbonplan.solve.pareto import front
from carbonplan.solve.shared import is_shared
from carbonplan.solve.start import Method
from carbonplan.solve.watching import Watcher
from tests.solve.programs import INFINITY, program
from tests.solve.small_fleets import TYPES, random_fleet
from tests.solve.trades import clean_or_cheap

SETTINGS = Settings(time_limit_s=10.0, method=Method.DUAL)
LIMITS = Limits(gap=1e-3, time_limit_s=60.0)


def run(model: Model):
    return model.run(Watcher())


def five_units() -> Arrays:
    """At least five units by a (two each, 3 USD) or b (one each, 2 USD), whole.

    Halves would do for 7.5 USD; of whole numbers 2 a and 1 b cost 8, 3 a cost 9.
    """
    return arrays_of(program([[2, 1]], [5], [INFINITY], cost=[3, 2], upper=10.0))


def fleet(slots: int = 24):
    """Whole servers whose replicas are not, with embodied carbon that is not their price."""
    found = random_fleet(3, slots)
    costs = np.zeros(len(found.cost))
    costs[:TYPES] = np.linspace(9.0, 2.0, TYPES)
    water = np.where(np.arange(len(costs)) % 2, found.cost, 0.1 * found.cost)
    impacts = {"carbon": (found.cost, 1.0), "cost": (costs, 0.0), "water": (water, 0.0)}
    return replace(found, integer=np.arange(len(costs)) < TYPES, impacts=impacts)


def test_a_dive_holds_one_column_and_lets_the_others_follow():
    whole = five_units()
    model = Model(whole.relaxed(), SETTINGS)
    relaxed = run(model)
    assert relaxed.values == pytest.approx([2.5, 0])
    ended = dive(model, whole, relaxed, run)
    assert ended.values == pytest.approx([2, 1])
    assert ended.objective == pytest.approx(8)


def test_a_unit_that_is_not_needed_in_whole_is_exchanged_for_another():
    whole = five_units()
    model = Model(whole.relaxed(), SETTINGS)
    held = whole.fixed(np.array([0, 1]), np.array([3.0, 0.0]))
    model.set_bounds(held.lower, held.upper)
    dear = run(model)
    assert dear.objective == pytest.approx(9)
    assert exchanged(model, whole, dear, run, 2).values == pytest.approx([2, 1])


def test_a_limit_out_of_reach_leads_to_the_nearest_plan():
    """Cost is 10 at least: within a limit of 5 all work is done the cheap way, 5 over."""
    criteria = criteria_of(clean_or_cheap(), ("carbon", "cost"))
    weights = criteria.weighed(np.array([1.0, 1e-3]))
    prices = np.array([0.0, 1e4 * weights[1]])
    at_most = np.array([np.inf, 5.0])
    asked = elastic(stretched(criteria), criteria, weights, at_most, prices)
    values = run(Model(asked.relaxed(), SETTINGS)).values
    assert criteria.impacts(values[:-2]) == pytest.approx([30, 10])
    assert values[-2:] / criteria.units == pytest.approx([0, 5])


def test_points_in_shared_columns_are_plans_whose_bounds_hold_for_all_columns(
    monkeypatch,
):
    """The front of the whole program, all strategies tried, has no plan below a bound."""
    wanted = fleet()
    exact = front(wanted, ("carbon", "cost", "water"), 8, LIMITS)
    monkeypatch.setattr(shared, "FEWEST_COLUMNS", 0)
    assert is_shared(criteria_of(wanted, ("carbon", "cost", "water")))
    found = front(wanted, ("carbon", "cost", "water"), 8, LIMITS)
    assert found.ideal == pytest.approx(exact.ideal, rel=0.02)
    assert len(found.points) >= 4
    for point in found.points:
        impact = found.names.index(point.minimised)
        activity = wanted.matrix @ point.values
        assert (activity >= wanted.row_lower - 1e-5).all()
        assert (activity <= wanted.row_upper + 1e-5).all()
        assert (point.values[:TYPES] == np.round(point.values[:TYPES])).all()
        others = np.arange(3) != impact
        for other in exact.impacts:
            if (other[others] <= point.impacts[others]).all():
                assert other[impact] >= point.bound - 1e-6 * abs(point.bound)


def test_small_programs_and_whole_replicas_are_solved_whole(monkeypatch):
    names = ("carbon", "cost")
    assert not is_shared(criteria_of(fleet(), names))
    monkeypatch.setattr(shared, "FEWEST_COLUMNS", 0)
    assert not is_shared(criteria_of(fleet(slots=10), names))
    replicas = replace(fleet(), integer=np.arange(len(fleet().cost)) < 2 * TYPES)
    assert not is_shared(criteria_of(replicas, names))
