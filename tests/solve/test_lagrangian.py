"""The bound by slots: valid for any duals, at least that of the relaxation for its own."""

import numpy as np
import pytest

from carbonplan.solve import Limits, Status, solve
from carbonplan.solve.arrays import FLEET, arrays_of
from carbonplan.solve.highs import Model, Settings
from carbonplan.solve.job import Job, Listener
from carbonplan.solve.lagrangian import COUPLING, bound_slots, row_slots, separated
from carbonplan.solve.search import Search
from carbonplan.solve.strategy import relax
from carbonplan.solve.watching import Watcher
from tests.solve.programs import three_sizes
from tests.solve.small_fleets import TYPES, random_fleet

SEEDS = range(3)
SETTINGS = Settings(time_limit_s=10.0)


def solved(arrays):
    return Model(arrays, SETTINGS).run(Watcher())


def searching(program, listener=None):
    arrays = arrays_of(program)
    job = Job(seconds=20.0, gap=1e-4)
    search = Search(arrays, job, listener or Listener(), SETTINGS)
    relax(search)
    return search


def whole_bound(arrays, duals):
    constant, programs = separated(arrays, duals)
    return constant + sum(solved(program.arrays).bound for program in programs)


@pytest.mark.parametrize("seed", SEEDS)
def test_bound_lies_between_the_relaxation_and_the_optimum(seed):
    optimum = solve(random_fleet(seed, 5), Limits(gap=1e-6), isolated=False)
    assert optimum.status is Status.OPTIMAL
    arrays = arrays_of(random_fleet(seed, 5))
    relaxed = solved(arrays.relaxed())
    bound = whole_bound(arrays, relaxed.duals)
    assert relaxed.objective - 1e-6 <= bound <= optimum.objective + 1e-6
    assert bound > relaxed.objective * 1.001


@pytest.mark.parametrize("seed", SEEDS)
def test_bound_is_valid_for_any_duals(seed):
    optimum = solve(random_fleet(seed, 5), Limits(gap=1e-6), isolated=False).objective
    arrays = arrays_of(random_fleet(seed, 5))
    duals = np.random.default_rng(seed).normal(0, 3, arrays.rows_count)
    assert whole_bound(arrays, duals) <= optimum + 1e-6


def test_safe_bounds_of_the_slots_sum_up_to_the_relaxation():
    arrays = arrays_of(random_fleet(0))
    relaxed = solved(arrays.relaxed())
    constant, programs = separated(arrays, relaxed.duals)
    total = constant + sum(program.safe_bound for program in programs)
    assert total == pytest.approx(relaxed.objective, rel=1e-9)


def test_rows_of_several_slots_couple():
    """Backlog couples slots; service, and replicas with the fleet, are of one slot."""
    of_row = row_slots(arrays_of(random_fleet(0, 5)))
    assert of_row[:5].tolist() == list(range(5))
    assert of_row[5:10].tolist() == [COUPLING] * 5
    assert of_row[10:].tolist() == list(range(5)) * TYPES
    assert row_slots(arrays_of(three_sizes())).tolist() == [FLEET, FLEET]


def test_the_search_takes_the_bound():
    search = searching(random_fleet(1))
    before = search.bound
    bound_slots(search)
    assert search.bound > before * 1.001


def test_an_interrupt_leaves_a_valid_bound():
    stop = []
    search = searching(random_fleet(1), Listener(interrupted=lambda: bool(stop)))
    before = search.bound
    search.listener = Listener(
        interrupted=lambda: bool(stop), progress=lambda told: stop.append(told)
    )
    bound_slots(search)
    optimum = solve(random_fleet(1), Limits(gap=1e-3), isolated=False)
    assert before <= search.bound <= optimum.objective


def test_small_programs_are_left_to_branch_and_bound():
    search = searching(three_sizes())
    before = search.bound
    bound_slots(search)
    assert search.bound == before
