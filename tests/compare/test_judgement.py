import pytest

from carbonplan.compare.intervals import Interval, within
from carbonplan.compare.judgement import judged, refuse_unknown_reference, standings, winners
from carbonplan.compare.records import WORST_FIRST, worst
from carbonplan.errors import UsageError
from tests.compare.results import missing, result

OVER = ("carbon", "cost")


def test_the_impact_that_is_minimised_lies_between_bound_and_plan():
    one = result("a", carbon=10, cost=5, bound=9)
    assert within(one, "carbon") == Interval(9, 10)
    assert within(one, "cost") == Interval(5, 5)


def test_a_difference_reaches_over_both_gaps():
    a, b = result("a", 10, 5, bound=9), result("b", 20, 4, bound=18)
    found = judged([a, b], ["what"], OVER)
    to_itself, to_a = found.differences
    assert to_itself.by_impact["carbon"] == Interval(0, 0)
    assert to_a.by_impact["carbon"] == Interval(18 - 10, 20 - 9)
    assert to_a.by_impact["cost"] == Interval(-1, -1)
    assert found.reference == "a"


def test_domination_is_proven_against_bounds_and_open_within_the_gap():
    best = result("best", 10, 5)
    proven = result("proven", 12, 6, bound=11)
    within_gap = result("within", 12, 6, bound=9)
    dear = result("dear", 9, 7)
    found = {one.case: one for one in standings([best, proven, within_gap, dear], OVER)}
    assert (found["proven"].dominated_by, found["proven"].proven) == ("best", True)
    assert (found["within"].dominated_by, found["within"].proven) == ("best", False)
    assert found["best"].dominated_by is found["dear"].dominated_by is None


def test_equal_cases_do_not_dominate_each_other():
    twins = standings([result("a", 10, 5), result("b", 10 * (1 + 1e-12), 5)], OVER)
    assert [one.dominated_by for one in twins] == [None, None]


def test_a_winner_names_those_who_may_have_less():
    cases = [result("a", 10, 5), result("b", 11, 4, bound=9), result("c", 12, 6, bound=11)]
    carbon, cost = winners(cases, {})
    assert (carbon.case, carbon.perhaps) == ("a", ("b",))
    assert (cost.case, cost.level, cost.perhaps) == ("b", (), ())
    level, _ = winners([*cases, result("d", 10, 7, bound=9)], {})
    assert (level.case, level.level, level.perhaps) == ("a", ("d",), ("b",))


def test_cases_are_judged_among_those_of_their_circumstances():
    cases = [
        result(f"{chip},{rps}", carbon, 1, labels={"chip": chip, "rps": rps})
        for chip, rps, carbon in (("a", "1", 1), ("a", "9", 9), ("b", "1", 2), ("b", "9", 8))
    ]
    found = judged(cases, ("chip", "rps"), ("carbon",), given=("rps",), reference="b,1")
    best = {(one.given["rps"], one.impact): one.case for one in found.winners}
    assert (best["1", "carbon"], best["9", "carbon"]) == ("a,1", "b,9")
    assert {one.case: one.reference for one in found.differences} == {
        "a,1": "b,1",
        "b,1": "b,1",
        "a,9": "b,9",
        "b,9": "b,9",
    }
    dominated = {one.case: one.dominated_by for one in found.standings}
    assert dominated == {"a,1": None, "b,1": "a,1", "a,9": "b,9", "b,9": None}


def test_a_case_without_a_plan_stays_in_the_table_and_nothing_is_said_of_it():
    found = judged([missing("x"), result("a", 1, 1)], ["what"], OVER)
    assert [case.name for case in found.cases] == ["x", "a"]
    assert [one.case for one in found.standings] == ["a"]
    assert (found.differences, found.reference, found.exit_code) == ((), "x", 4)


def test_a_reference_that_is_no_case_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match='no case "h10"; nearest: "h100"'):
        refuse_unknown_reference("h10", ["h100", "l4"])


def test_the_exit_code_is_the_worst():
    assert worst([0, 5, 4]) == 4
    assert worst([0, 5]) == 5
    assert worst([]) == 0
    assert worst([0, 77]) == 1
    assert worst(WORST_FIRST) == 143
