"""Questions about a program: one more row, another objective, columns held; by hand."""

import numpy as np
import pytest

from carbonplan.program.restricting import (
    count_vector,
    held_at,
    minimising,
    objective_within,
    with_row,
    within,
)
from carbonplan.program.stamping import stamp
from carbonplan.solve import Limits, Status, solve
from tests.solve.trades import clean_or_cheap
from tests.tiny import tiny

EXACT = Limits(gap=0.0, time_limit_s=20.0)


def solved(program):
    return solve(program, EXACT, isolated=False)


def test_another_impact_is_minimised():
    """Carbon is least with x = 10: 10; cost with y = 10: 10."""
    assert solved(minimising(clean_or_cheap(), "carbon")).values == pytest.approx([10, 0])
    assert solved(minimising(clean_or_cheap(), "cost")).values == pytest.approx([0, 10])


def test_an_impact_is_held_within_a_limit():
    """Carbon is 30 - 2x: at most 16 asks for x = 7, and cost 10 + 2x is 24."""
    found = solved(within(minimising(clean_or_cheap(), "cost"), "carbon", 16.0))
    assert found.objective == pytest.approx(24)


def test_the_objective_stays_when_something_else_is_minimised():
    """Within carbon of 12 the least cost is 28."""
    carbon = minimising(clean_or_cheap(), "carbon")
    found = solved(minimising(objective_within(carbon, 12.0), "cost"))
    assert found.objective == pytest.approx(28)


def test_rows_of_a_question_have_names():
    program = within(within(clean_or_cheap(), "carbon", 20.0), "cost", 30.0)
    assert program.row_name(1) == "impact_of_question_holds[carbon]"
    assert program.row_name(2) == "impact_of_question_holds[cost]"
    named = with_row(program, "question", ("one",), np.ones(2), lower=1.0)
    assert (named.row_name(3), named.row_lower[3]) == ("question[one]", 1.0)


def test_columns_are_counted_by_their_labels():
    program = stamp(tiny())
    everywhere = count_vector(program, "Servers", sku="box")
    clean = count_vector(program, "Servers", sku="box", region="clean")
    assert (everywhere.sum(), clean.sum()) == (2, 1)
    assert program.column_name(int(clean.argmax())) == "Servers[now,box,clean]"
    assert count_vector(program, "Powered", region="dirty").sum() == 2  # one in each slot
    with pytest.raises(KeyError, match="Servers is over"):
        count_vector(program, "Servers", configuration="x")


def test_columns_are_held():
    """Without servers in the clean region all of them stand in the dirty one."""
    program = stamp(tiny())
    without = held_at(program, count_vector(program, "Servers", region="clean"))
    found = solved(without)
    assert found.status is Status.OPTIMAL
    assert count_vector(program, "Servers", region="clean") @ found.values == 0
    assert count_vector(program, "Servers", region="dirty") @ found.values >= 1
    assert found.objective > solved(program).objective
