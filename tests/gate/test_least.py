"""The least of an impact among plans that are good enough, by hand."""

import numpy as np
import pytest
import scipy.sparse as sp

from carbonplan.errors import Interrupted
from carbonplan.gate import least as module
from carbonplan.gate.decision import Interval
from carbonplan.gate.least import least
from carbonplan.program import Program
from carbonplan.solve import Limits, Solution, Status


def program() -> Program:
    """Ten servers of two kinds: cost 10 and 11 each, carbon 5 and 1 each."""
    cost, carbon = np.array([10.0, 11.0]), np.array([5.0, 1.0])
    return Program(
        matrix=sp.csc_array(np.ones((1, 2))),
        row_lower=np.array([10.0]),
        row_upper=np.array([np.inf]),
        column_lower=np.zeros(2),
        column_upper=np.full(2, 10.0),
        integer=np.ones(2, dtype=bool),
        cost=cost,
        offset=0.0,
        impacts={"cost": (cost, 0.0), "carbon": (carbon, 0.0)},
        columns={},
        rows={},
    )


def test_the_least_within_a_slack_uses_all_the_room_there_is():
    """4 % of 100 USD buy four servers of the dearer, cleaner kind: 6·5 + 4·1 kg."""
    known, within = least(
        program(),
        "carbon",
        Interval(100.0, 100.0),
        0.04,
        Limits(),
        start=np.array([10.0, 0.0]),
        found=50.0,
    )
    assert known.value == pytest.approx(34.0)
    assert known.at_least == pytest.approx(34.0, rel=1e-4)
    assert within == pytest.approx(0.04, abs=2e-6)


def test_what_the_value_is_within_counts_what_is_not_proven_of_the_objective():
    """Found at 101, proven at 99: reach 103.02, which is 4.06 % above the bound."""
    known, within = least(
        program(),
        "carbon",
        Interval(99.0, 101.0),
        0.02,
        Limits(),
        start=np.array([9.0, 1.0]),
        found=46.0,
    )
    assert known.value == pytest.approx(38.0)  # three of the cleaner kind
    assert within == pytest.approx((103.02 - 99) / 99, abs=2e-6)


@pytest.mark.parametrize(
    ("status", "bound"),
    [(Status.INFEASIBLE, np.inf), (Status.UNRELIABLE, 60.0), (Status.FEASIBLE, -np.inf)],
)
def test_an_answer_that_cannot_be_right_proves_nothing(status, bound, monkeypatch):
    """The plan that was found is a plan of the question, whatever a solver says."""
    wrong = Solution(status, None, None, bound, None, (), 0, 0.0, (), "HiGHS")
    monkeypatch.setattr(module, "solve", lambda *_arguments, **_options: wrong)
    known, _ = least(program(), "carbon", Interval(100.0, 100.0), 0.04, Limits(), found=50.0)
    assert (known.at_least, known.value) == (None, 50.0)


def test_who_stops_the_solve_stops_the_check(monkeypatch):
    stopped = Solution(
        Status.INTERRUPTED, None, None, None, None, (), 0, 0.0, (), "HiGHS", "SIGINT"
    )
    monkeypatch.setattr(module, "solve", lambda *_arguments, **_options: stopped)
    with pytest.raises(Interrupted):
        least(program(), "carbon", Interval(100.0, 100.0), 0.04, Limits(), found=50.0)
