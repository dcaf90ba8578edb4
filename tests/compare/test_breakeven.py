import pytest

from carbonplan.compare.breakeven import carbon_price, crossing, crossing_within, price_steps
from carbonplan.compare.intervals import Interval
from carbonplan.compare.judgement import judged
from tests.compare.results import result


def ends(cost: float, carbon: float, bound: float | None = None) -> tuple[Interval, Interval]:
    return Interval(cost, cost), Interval(carbon if bound is None else bound, carbon)


def test_the_price_of_carbon_is_cost_over_carbon_saved():
    """100 USD more for 500 kg less: 200 USD a tonne, whichever comes first."""
    cheap, clean = ends(1000, 2000), ends(1100, 1500)
    assert carbon_price(cheap, clean) == Interval(200, 200)
    assert carbon_price(clean, cheap) == Interval(200, 200)


def test_gaps_widen_the_price():
    found = carbon_price(ends(1000, 2000, bound=1900), ends(1100, 1500, bound=1400))
    assert found.at_least == pytest.approx(1e3 * 100 / 600)
    assert found.at_most == pytest.approx(1e3 * 100 / 400)
    open_ended = carbon_price(ends(1000, 2000, bound=1400), ends(1100, 1500))
    assert open_ended.at_most is None


def test_no_price_makes_up_for_more_of_both():
    assert carbon_price(ends(1000, 1500), ends(1100, 2000)) is None


def test_the_best_case_changes_along_the_lower_envelope():
    """From a to b at 100 USD/t, to d at 1000; c is never best."""
    cases = [
        result("a", carbon=1000, cost=100),
        result("b", carbon=500, cost=150),
        result("c", carbon=450, cost=250),
        result("d", carbon=400, cost=250),
    ]
    steps = price_steps(cases, {})
    assert [step.case for step in steps] == ["a", "b", "d"]
    assert [step.from_usd_per_tonne for step in steps] == pytest.approx([0, 100, 1000])
    assert price_steps([], {}) == ()


def test_a_line_crosses_zero_in_proportion():
    assert crossing(10, 20, before=-1, after=3) == 12.5
    found = crossing_within(10, 20, Interval(-2, -1), Interval(3, 4))
    assert found == Interval(12, 10 + 10 * 2 / 5)
    assert crossing_within(10, 20, Interval(-2, 1), Interval(3, 4)) is None


def test_two_options_cross_along_an_axis_of_numbers():
    carbon = {"old": {1: 10, 2: 20, 4: 40}, "new": {1: 16, 2: 18, 4: 22}}
    cases = [
        result(
            f"{chip},{rps}",
            value,
            1,
            labels={"chip": chip, "rps": str(rps)},
            numbers={"rps": float(rps)},
        )
        for chip, of_chip in carbon.items()
        for rps, value in of_chip.items()
    ]
    (found,) = judged(cases, ("chip", "rps"), ("carbon",), given=("rps",)).crossings
    # -6 at 1 and +2 at 2: three quarters of the way
    assert (found.below, found.above, found.at) == ("old", "new", 1.75)
    assert found.within == Interval(1.75, 1.75)


def test_a_missing_plan_is_left_out_of_the_line():
    cases = [
        result(
            f"{chip},{rps}",
            value,
            1,
            labels={"chip": chip, "rps": str(rps)},
            numbers={"rps": float(rps)},
        )
        for chip, rps, value in (
            ("a", 1, 1),
            ("a", 4, 7),
            ("b", 1, 3),
            ("b", 2, 9),
            ("b", 4, 4),
        )
    ]
    (found,) = judged(cases, ("chip", "rps"), ("carbon",)).crossings
    # -2 at 1 and +3 at 4: two fifths of the way
    assert found.at == pytest.approx(1 + 3 * 2 / 5)
