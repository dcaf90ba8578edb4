"""The evolutionary search beside the exact front."""

from dataclasses import replace

import numpy as np
import pytest

from carbonplan.errors import MissingDependency
from carbonplan.program import Layout
from carbonplan.solve import Limits, evolution
from carbonplan.solve.front import covers
from carbonplan.solve.pareto import front
from tests.solve.trades import random_choice

LIMITS = Limits(gap=0.0, time_limit_s=60.0, seed=3)
NAMES = ("carbon", "cost")


def fleet_choice(seed: int):
    """Whole numbers of four kinds, all of the fleet."""
    program = random_choice(seed, 2)
    labels = tuple((str(i),) for i in range(4))
    return replace(program, columns={"Servers": Layout(("sku",), labels, np.arange(4))})


def evolved(program, **changes):
    pytest.importorskip("pymoo", reason="pymoo is not installed")
    size = {"population": 10, "generations": 6} | changes
    return evolution.evolve(program, NAMES, LIMITS, **size)


@pytest.mark.filterwarnings("default")
def test_no_plan_of_the_search_betters_the_exact_front():
    program = fleet_choice(0)
    found, exact = evolved(program), front(program, NAMES, 60, LIMITS)
    assert len(found.impacts)
    for one in found.impacts:
        assert any(covers(point.impacts, one) for point in exact.points)
    of_exact, of_search, reference = evolution.hypervolumes(exact, found)
    assert 0 <= of_search <= of_exact + 1e-9
    assert reference == pytest.approx(exact.ideal + 1.1 * (exact.nadir - exact.ideal))


@pytest.mark.filterwarnings("default")
def test_the_same_seed_gives_the_same_front():
    one, other = evolved(fleet_choice(1)), evolved(fleet_choice(1))
    assert one.impacts.tolist() == other.impacts.tolist()
    assert one.evaluations == other.evaluations
    assert one.generations == 6


def test_a_missing_pymoo_is_said_with_the_way_to_get_it(monkeypatch):
    monkeypatch.setattr(evolution, "find_spec", lambda _name: None)
    with pytest.raises(MissingDependency, match="carbonplan\\[pymoo\\]"):
        evolution.evolve(fleet_choice(0), NAMES, LIMITS, population=4, generations=1)


@pytest.mark.parametrize(("impacts", "directions"), [(3, 21), (4, 20)])
def test_directions_are_as_many_as_the_population_has_room_for(impacts, directions):
    pytest.importorskip("pymoo", reason="pymoo is not installed")
    assert len(evolution._algorithm(impacts, 24).ref_dirs) == directions
