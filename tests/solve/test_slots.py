"""Whole replicas in a small fleet: planned slot by slot, and parts of programs."""

import numpy as np
import pytest
import scipy.sparse as sp

from carbonplan.program import Layout, Program
from carbonplan.solve import Limits, Status, solve, strategy
from carbonplan.solve.arrays import arrays_of
from carbonplan.solve.faults import plan_faults
from carbonplan.solve.parts import fleet_only, restricted, with_neighbours
from tests.solve.programs import mixed, three_sizes

SLOTS, TYPES = 12, 6
RATES = np.array([3.1, 2.3, 1.7, 5.3, 4.1, 0.9])
DEMAND = 9.0 + 6.0 * np.sin(np.arange(SLOTS)) + np.arange(SLOTS) / 7


def small_fleet() -> Program:
    """Six types of servers serve 3 to 16 units of load in twelve slots, each replica whole.

    Columns Servers[type], Replicas[type, slot]; rows: demand, and replicas fit in servers.
    """
    count = TYPES + TYPES * SLOTS
    replicas = TYPES + np.arange(TYPES * SLOTS).reshape(TYPES, SLOTS)
    demand = sp.lil_array((SLOTS, count))
    fits = sp.lil_array((TYPES * SLOTS, count))
    for kind in range(TYPES):
        for slot in range(SLOTS):
            demand[slot, replicas[kind, slot]] = RATES[kind]
            fits[kind * SLOTS + slot, replicas[kind, slot]] = 1
            fits[kind * SLOTS + slot, kind] = -2
    labels = tuple((str(kind),) for kind in range(TYPES))
    return Program(
        matrix=sp.csc_array(sp.vstack([demand, fits])),
        row_lower=np.concatenate([DEMAND, np.full(TYPES * SLOTS, -np.inf)]),
        row_upper=np.concatenate([np.full(SLOTS, np.inf), np.zeros(TYPES * SLOTS)]),
        column_lower=np.zeros(count),
        column_upper=np.concatenate([np.full(TYPES, 4.0), np.full(TYPES * SLOTS, 8.0)]),
        integer=np.ones(count, dtype=bool),
        cost=np.concatenate([4 * RATES**0.8, np.repeat(0.3 * RATES**0.9, SLOTS)]),
        offset=0.0,
        impacts={},
        columns={
            "Servers": Layout(("sku",), labels, np.arange(TYPES)),
            "Replicas": Layout(("sku",), labels, replicas),
        },
        rows={},
    )


def test_slot_by_slot_finds_what_branch_and_bound_alone_finds(monkeypatch):
    limits = Limits(gap=1e-3, time_limit_s=20.0)
    proved = solve(small_fleet(), limits, isolated=False)
    assert proved.status is Status.OPTIMAL
    heuristics = tuple(
        one for one in strategy.STRATEGIES if one.__name__ in ("relax", "plan_slots")
    )
    monkeypatch.setattr(strategy, "STRATEGIES", heuristics)
    planned = solve(small_fleet(), limits, isolated=False)
    assert plan_faults(arrays_of(small_fleet()), planned.values) == ()
    assert planned.bound <= proved.objective * (1 + 1e-9)
    assert planned.objective <= 1.1 * proved.objective
    assert any(step.startswith("slot by slot: a plan") for step in planned.steps)


def test_small_programs_go_straight_to_branch_and_bound():
    solution = solve(three_sizes(), Limits(gap=0.0), isolated=False)
    assert not any("slot by slot" in step for step in solution.steps)


def test_a_part_has_the_free_columns_and_the_rest_moves_to_the_bounds():
    """x + y >= 4.5 at x = 3 leaves y >= 1.5, and x's cost of 9 in the offset."""
    part = restricted(arrays_of(mixed()), np.array([False, True]), np.array([3.0, 2.0]))
    assert part.columns_count == 1
    assert part.row_lower.tolist() == [1.5]
    assert part.offset == 9.0
    assert part.objective(np.array([1.5])) == pytest.approx(12.0)


def test_rows_without_free_columns_are_left_out():
    arrays = arrays_of(small_fleet())
    first_slot = arrays.slot == 0
    part = restricted(arrays, first_slot, np.zeros(arrays.columns_count))
    assert part.rows_count == 1 + TYPES
    assert with_neighbours(arrays, first_slot).sum() == TYPES + TYPES
    assert fleet_only(arrays).integer.sum() == TYPES
