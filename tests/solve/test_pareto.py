"""Fronts with known answers: a straight line, and whole numbers by enumeration."""

from dataclasses import replace

import numpy as np
import pytest

from carbonplan.errors import NoPlanExists
from carbonplan.solve import Limits, Status
from carbonplan.solve.criteria import criteria_of
from carbonplan.solve.front import balanced, best_of, covers
from carbonplan.solve.pareto import front
from tests.solve.programs import impossible
from tests.solve.trades import clean_or_cheap, pareto_set, random_choice, with_impacts

EXACT = Limits(gap=0.0, time_limit_s=60.0)
ALL = ("carbon", "cost", "water")


def test_the_front_of_two_impacts_is_the_line_worked_out_by_hand():
    """Nine points from (10, 30) to (30, 10): carbon falls by 2.5 where cost rises by 2.5."""
    found = front(clean_or_cheap(), ("carbon", "cost"), 9, EXACT)
    carbon = np.linspace(10, 30, 9)
    assert found.impacts == pytest.approx(np.column_stack([carbon, 40 - carbon]))
    assert found.ideal == pytest.approx([10, 10])
    assert found.nadir == pytest.approx([30, 30])
    assert {point.status for point in found.points} == {Status.OPTIMAL}
    assert [point.bound for point in found.points[:-1]] == pytest.approx(carbon[:-1])
    assert (found.points[-1].minimised, found.points[-1].bound) == ("cost", pytest.approx(10))


def test_the_balanced_point_is_in_the_middle_of_the_line():
    found = front(clean_or_cheap(), ("carbon", "cost"), 9, EXACT)
    assert found.points[found.balanced].impacts == pytest.approx([20, 20])


def test_the_balanced_point_has_the_least_worst_impact():
    """Worst normalised impacts 1, 0.6, 0.6 and 1; of the equal ones the second is nearer."""
    impacts = np.array([[0.0, 10.0], [6.0, 6.0], [6.0, 3.0], [10.0, 0.0]])
    assert balanced(impacts, impacts.min(axis=0), impacts.max(axis=0)) == 2


def test_an_impact_without_a_choice_does_not_count_in_balance():
    impacts = np.array([[0.0, 5.0], [4.0, 5.0]])
    assert balanced(impacts, impacts.min(axis=0), impacts.max(axis=0)) == 0


@pytest.mark.parametrize("seed", range(5))
def test_whole_numbers_have_the_front_that_enumeration_finds(seed):
    """With more points asked for than there are limits, every point of the set is found."""
    names = ALL[:2]
    program = random_choice(seed, 2)
    found = front(program, names, 120, EXACT)
    assert {tuple(np.round(one, 6)) for one in found.impacts} == pareto_set(program, names)


@pytest.mark.parametrize("seed", range(4))
def test_every_point_over_three_impacts_is_in_the_set_that_enumeration_finds(seed):
    program = random_choice(seed, 3)
    found = front(program, ALL, 12, EXACT)
    known = pareto_set(program, ALL)
    assert {tuple(np.round(one, 6)) for one in found.impacts} <= known
    assert len(found.points) >= min(len(ALL), len(known))


@pytest.mark.parametrize("seed", range(4))
def test_no_point_betters_or_repeats_another_and_no_bound_is_above_its_impact(seed):
    found = front(random_choice(seed, 3), ALL, 10, Limits(gap=1e-3))
    for i, one in enumerate(found.points):
        assert not any(covers(other.impacts, one.impacts) for other in found.points[:i])
        assert one.bound <= one.impacts[found.names.index(one.minimised)]


def test_limits_are_rows_that_hold_and_constants_count():
    """The impacts of the plans found are those of their values, constants included."""
    program = clean_or_cheap()
    shifted = {name: (vector, 7.0) for name, (vector, _) in program.impacts.items()}
    found = front(replace(program, impacts=shifted), ("carbon", "cost"), 5, EXACT)
    for point in found.points:
        by_hand = [program.impacts[name][0] @ point.values + 7 for name in found.names]
        assert point.impacts == pytest.approx(by_hand)
    assert found.impacts[0] == pytest.approx([17, 37])


def test_the_rows_of_limits_are_in_the_impacts_own_units():
    criteria = criteria_of(clean_or_cheap(), ("carbon", "cost"))
    limited = criteria.limited(np.ones(2), np.array([np.inf, 24.0]))
    values = np.array([7.0, 3.0]) / criteria.scaling.columns  # cost 24
    assert limited.activities(values)[-1] == pytest.approx(limited.row_upper[-1])
    assert criteria.impacts(values) == pytest.approx([16, 24])


def test_one_plan_is_best_in_everything_where_nothing_is_to_be_traded():
    found = front(clean_or_cheap(), ("carbon", "energy"), 5, EXACT)
    assert found.impacts == pytest.approx(np.array([[10.0, 10.0]]))


def test_without_any_plan_there_is_no_front():
    program = with_impacts(impossible(), carbon=[1, 2], cost=[2, 1])
    with pytest.raises(NoPlanExists):
        front(program, ("carbon", "cost"), 5, EXACT)


def test_bettered_points_are_left_out():
    found = front(clean_or_cheap(), ("carbon", "cost"), 3, EXACT)
    worse = replace(found.points[1], impacts=found.points[1].impacts + 1)
    assert best_of([worse, *found.points]) == found.points
