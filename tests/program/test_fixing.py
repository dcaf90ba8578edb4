"""Programs in which the fleet is decided already."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from carbonplan.program.fixing import (
    fleet_decisions,
    with_fleet,
    with_purchases,
    without_slots,
)
from carbonplan.program.records import Layout, Program


def program() -> Program:
    """Two stages with one SKU in one region, and one slot of operations."""
    sites = (("first", "box", "north"), ("second", "box", "north"))
    dims = ("stage", "sku", "region")
    return Program(
        matrix=sp.csc_array(np.zeros((0, 5))),
        row_lower=np.zeros(0),
        row_upper=np.zeros(0),
        column_lower=np.zeros(5),
        column_upper=np.full(5, 9.0),
        integer=np.array([True, True, False, False, False]),
        cost=np.ones(5),
        offset=0.0,
        impacts={},
        columns={
            "Servers": Layout(dims, sites, np.array([0, 1])),
            "Purchased": Layout(dims, sites, np.array([2, 3])),
            "Powered": Layout(("sku", "region"), (("box", "north"),), np.array([[4]])),
        },
        rows={},
    )


def test_decisions_are_told_by_label_and_whole_where_they_must_be():
    decided = fleet_decisions(program(), np.array([2.0000001, 3, 1.5, 0, 7]))
    assert decided == {
        ("Servers", ("first", "box", "north")): 2,
        ("Servers", ("second", "box", "north")): 3,
        ("Purchased", ("first", "box", "north")): 1.5,
        ("Purchased", ("second", "box", "north")): 0,
    }


def test_the_fleet_of_a_stage_is_held():
    decided = fleet_decisions(program(), np.array([2, 3, 2, 1, 7.0]))
    held = with_fleet(program(), decided, {"first"})
    assert held.column_lower.tolist() == [2, 0, 2, 0, 0]
    assert held.column_upper.tolist() == [2, 9, 2, 9, 9]


def test_what_was_not_known_is_not_used():
    held = with_fleet(program(), {}, {"second"})
    assert held.column_upper.tolist() == [9, 0, 9, 0, 9]


def test_a_decision_stays_within_the_bounds_of_its_column():
    held = with_fleet(program(), {("Servers", ("first", "box", "north")): 9 + 1e-9}, {"first"})
    assert held.column_lower[0] == held.column_upper[0] == 9


def test_at_least_so_many_servers_are_bought():
    decided = fleet_decisions(program(), np.array([2, 3, 2, 1, 7.0]))
    completed = with_purchases(program(), decided, {"first", "second"})
    assert completed.column_lower.tolist() == [0, 0, 2, 1, 0]
    assert completed.column_upper == pytest.approx(program().column_upper)


def test_nothing_has_to_hold_in_slots_that_are_left_out():
    rows = {
        "fits": Layout(("region",), (("north",),), np.array([[0, 1]])),
        "owned": Layout(("region",), (("north",),), np.array([2])),
    }
    limited = replace(program(), rows=rows, row_lower=np.zeros(3), row_upper=np.ones(3))
    left = without_slots(limited, np.array([1]))
    assert left.row_lower.tolist() == [0, -np.inf, 0]
    assert left.row_upper.tolist() == [1, np.inf, 1]
