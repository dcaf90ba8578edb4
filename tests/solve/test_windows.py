"""Windows improve a plan and never worsen it."""

import numpy as np
import pytest

from carbonplan.solve import Limits, solve
from carbonplan.solve.arrays import arrays_of
from carbonplan.solve.faults import plan_faults
from carbonplan.solve.highs import Settings
from carbonplan.solve.job import Job, Listener
from carbonplan.solve.lagrangian import row_slots
from carbonplan.solve.rounding import round_up
from carbonplan.solve.search import Search
from carbonplan.solve.strategy import relax
from carbonplan.solve.windows import excess, improve_windows
from tests.solve.programs import three_sizes
from tests.solve.small_fleets import random_fleet


def rounded(program, seconds=20.0, interrupted=lambda: False):
    incumbents = []
    listener = Listener(interrupted=interrupted, incumbent=incumbents.append)
    search = Search(
        arrays_of(program), Job(seconds, gap=1e-6), listener, Settings(time_limit_s=seconds)
    )
    relax(search)
    round_up(search)
    return search, incumbents


@pytest.mark.parametrize("seed", range(3))
def test_windows_improve_a_rounded_plan_towards_the_optimum(seed):
    search, incumbents = rounded(random_fleet(seed))
    before = search.objective
    improve_windows(search)
    proved = solve(random_fleet(seed), Limits(gap=1e-3), isolated=False)
    assert plan_faults(search.arrays, search.best) == ()
    assert proved.bound * (1 - 1e-9) <= search.objective < before
    assert search.objective <= 1.03 * proved.objective
    objectives = [incumbent.objective for incumbent in incumbents]
    assert objectives == sorted(objectives, reverse=True)


def test_an_interrupt_keeps_the_best_plan():
    stop = []
    search, _ = rounded(random_fleet(0), interrupted=lambda: bool(stop))
    before = search.objective
    stop.append(True)
    improve_windows(search)
    assert search.objective == before


def test_the_same_windows_give_the_same_plan():
    plans = []
    for _ in range(2):
        search, _incumbents = rounded(random_fleet(2))
        improve_windows(search)
        plans.append(search.best)
    assert np.array_equal(*plans)


def test_excess_is_what_a_plan_costs_above_the_bound_of_the_duals():
    """All of it: in slots, and in the fleet and in rows between slots, which no slot owns."""
    search, _ = rounded(random_fleet(0))
    by_slot = excess(search.arrays, search.best, search.duals)
    assert (by_slot >= -1e-6).all()
    assert by_slot.sum() <= search.objective - search.bound + 1e-6
    assert len(by_slot) == row_slots(search.arrays).max() + 1


def test_without_slots_there_are_no_windows():
    search, _ = rounded(three_sizes())
    steps = list(search.steps)
    improve_windows(search)
    assert search.steps == steps
