"""The table of decisions on intervals, each by hand."""

import pytest

from carbonplan.gate.decision import Interval, Verdict, decide
from carbonplan.gate.least import reach, slack_within

DEARER, NOT_DEARER, UNDECIDED = Verdict.DEARER, Verdict.NOT_DEARER, Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("reference", "allowance", "at_least", "value", "verdict"),
    [
        (100.0, 2.0, 102.5, 103.0, DEARER),  # the bound is above 102
        (100.0, 2.0, 101.0, 102.0, NOT_DEARER),  # the value is at 102
        (100.0, 2.0, 101.0, 103.0, UNDECIDED),  # 102 lies between
        (100.0, 2.0, None, 103.0, UNDECIDED),  # nothing is proven
        (100.0, 2.0, None, 101.0, NOT_DEARER),  # a plan is proof enough
        (100.0, 0.0, 100.0, 100.0, NOT_DEARER),
        (100.0, 0.0, 100.00005, 100.00005, NOT_DEARER),  # rounding of a solver
        (100.0, 0.0, 100.001, 100.001, DEARER),
        (-100.0, 2.0, -97.0, -97.0, DEARER),  # a negative reference
        (-100.0, 2.0, -99.0, -98.5, NOT_DEARER),
        (0.0, 0.0, 0.0, 0.0, NOT_DEARER),
        (0.0, 0.0, 1.0, 1.0, DEARER),
        (0.0, 0.0, -1.0, 1.0, UNDECIDED),
    ],
)
def test_dearer_is_proven_not_dearer_is_shown_and_else_it_is_undecided(
    reference, allowance, at_least, value, verdict
):
    found = decide(reference, allowance, Interval(at_least, value))
    assert found.verdict is verdict
    assert found.limit == reference + allowance


def test_the_gap_that_would_decide_reaches_from_the_value_to_the_limit():
    found = decide(100.0, 2.0, Interval(99.0, 104.0))
    assert found.deciding_gap == pytest.approx((104 - 102) / 104, rel=1e-4)
    bound = 104 * (1 - 0.99 * found.deciding_gap)
    assert decide(100.0, 2.0, Interval(bound, 104.0)).verdict is DEARER


def test_what_is_decided_needs_no_gap():
    assert decide(100.0, 2.0, Interval(103.0, 104.0)).deciding_gap is None
    assert decide(100.0, 2.0, Interval(90.0, 101.0)).deciding_gap is None


def test_no_pair_of_intervals_of_one_least_value_is_called_dearer():
    """Whatever two solves of the same question prove, with a threshold of nothing."""
    least = 50.0
    for below in (0.0, 0.01, 0.2):
        for above in (0.0, 0.01, 0.2):
            new = Interval(least * (1 - below), least * (1 + above))
            for old in (least, least * 1.05):
                assert decide(old, 0.0, new).verdict is not DEARER


@pytest.mark.parametrize(
    ("at_most", "bound", "expected"),
    [
        (110.0, 100.0, 0.1),
        (100.0, 100.0, 0.0),
        (-90.0, -100.0, 0.1),
        (10.0, -100.0, None),  # a slack of more than one says nothing below zero
        (1.0, 0.0, None),
        (1.0, None, None),
    ],
)
def test_the_slack_that_a_value_is_certainly_within(at_most, bound, expected):
    found = slack_within(at_most, bound)
    assert found == (None if expected is None else pytest.approx(expected, abs=2e-6))


def test_the_reach_of_a_slack_holds_every_value_within_it():
    for bound, least, value in ((90.0, 95.0, 100.0), (-100.0, -95.0, -90.0)):
        slack = slack_within(value, bound)
        assert value <= reach(least, slack)
