"""Hours out of slots: what is missing is told, what stands twice must agree."""

from __future__ import annotations

import numpy as np
import pytest

from carbonplan.errors import InvalidInput
from carbonplan.providers.failures import UnusableAnswer
from carbonplan.providers.hours import hourly, whole_span
from carbonplan.providers.records import Points, Span, joined, points

DAY = np.datetime64("2025-01-01T00:00")


def at(minutes: float) -> np.datetime64:
    return DAY + np.timedelta64(round(minutes), "m")


def span(hours: int) -> Span:
    return Span(DAY, at(60 * hours))


def slots(length: int, values: list[float], first: int = 0, **more: object) -> Points:
    starts = [at(first + length * i) for i in range(len(values))]
    return points("zone", starts, length, values, **more)


def test_an_hour_is_the_mean_of_its_slots():
    assert hourly(slots(30, [1, 2, 3, 5]), span(2), None).values.tolist() == [1.5, 4]
    assert hourly(slots(15, [1, 2, 3, 6]), span(1), None).values.tolist() == [3]


def test_any_order_and_what_lies_outside():
    mixed = points("zone", [at(90), at(-30), at(60), at(120)], 30, [4, 9, 2, 9])
    hours = Span(at(60), at(120))
    assert hourly(mixed, hours, None).values.tolist() == [3]


def test_resolutions_side_by_side():
    parts = [slots(60, [8]), slots(30, [1], 60), slots(15, [2, 4], 90)]
    assert hourly(joined(parts), span(2), None).values.tolist() == [8, 2]


def test_the_same_hour_in_two_resolutions():
    agree = joined([slots(60, [2.504]), slots(15, [1, 2, 3, 4])])
    assert hourly(agree, span(1), None).values.tolist() == [2.5]
    differ = joined([slots(60, [2.6, 7]), slots(15, [1, 2, 3, 4])])
    with pytest.raises(InvalidInput, match="2025-01-01T00:00Z has two values, by resolution"):
        hourly(differ, span(2), None)
    empty = hourly(differ, span(2), "none").values
    assert np.isnan(empty[0])
    assert empty[1] == 7


def test_a_slot_that_stands_twice():
    same = points("zone", [at(0), at(30), at(30)], 30, [1, 2, 2])
    series = hourly(same, span(1), None)
    assert series.values.tolist() == [1.5]
    assert series.notes == ("1 slots stood twice, with the same value",)
    other = points("zone", [at(0), at(30), at(30)], 30, [1, 2, 3])
    with pytest.raises(InvalidInput, match="2025-01-01T00:30Z has two values"):
        hourly(other, span(1), None)


def test_a_slot_with_two_values_has_none():
    """As once in the UK's data (19 April 2021): a rule may fill it, and that is told."""
    twice = points(
        "zone", [at(i * 30) for i in (0, 1, 2, 2, 2, 3, 4, 5)], 30, [1, 1, 5, 9, 5, 5, 3, 3]
    )
    series = hourly(twice, span(3), "linear")
    assert series.values.tolist() == [1, 2, 3]
    assert series.filled == ("2025-01-01T01:00Z",)
    assert series.notes == ("2025-01-01T01:00Z has two values",)


def test_null_and_a_value_are_no_two_values():
    one = points("zone", [at(0), at(0)], 60, [np.nan, 3])
    assert hourly(one, span(1), None).values.tolist() == [3]


def test_what_is_missing_is_listed():
    gaps = points("zone", [at(0), at(60), at(150)], 30, [1, np.nan, 1])
    with pytest.raises(InvalidInput) as invalid:
        hourly(gaps, span(4), None)
    assert invalid.value.problems == (
        "no value for 2025-01-01T00:30Z to 2025-01-01T02:30Z",
        "no value for 2025-01-01T03:00Z to 2025-01-01T04:00Z",
        "--fill linear, previous or none says what is to be done",
    )


def test_many_gaps_are_counted():
    every_other = points("zone", [at(120 * i) for i in range(40)], 60, [1] * 40)
    with pytest.raises(InvalidInput, match="and 20 more like these"):
        hourly(every_other, span(80), None)


def test_fill_rules_and_their_report():
    gap = points("zone", [at(0), at(180)], 60, [1, 4])
    linear = hourly(gap, span(4), "linear")
    assert linear.values.tolist() == [1, 2, 3, 4]
    assert linear.filled == ("2025-01-01T01:00Z", "2025-01-01T02:00Z")
    assert linear.missing == ("2025-01-01T01:00Z to 2025-01-01T03:00Z",)
    assert hourly(gap, span(4), "previous").values.tolist() == [1, 1, 1, 4]
    empty = hourly(gap, span(4), "none")
    assert np.isnan(empty.values[1:3]).all()
    assert (empty.filled, empty.missing) == ((), linear.missing)


def test_a_short_forecast_is_not_drawn_out_by_a_line():
    short = slots(60, [1, 2])
    with pytest.raises(InvalidInput, match="--fill linear has no value to begin or to end"):
        hourly(short, span(3), "linear")
    assert hourly(short, span(3), "previous").values.tolist() == [1, 2, 2]
    late = slots(60, [1, 2], 60)
    with pytest.raises(InvalidInput, match="--fill previous has no value"):
        hourly(late, span(3), "previous")


def test_half_an_hour_alone_is_no_hour():
    half = points("zone", [at(0), at(30), at(60)], 30, [1, 3, 9])
    assert hourly(half, span(2), "previous").values.tolist() == [2, 2]


def test_estimates_and_their_share():
    flagged = slots(30, [1, 1, 1, 1], estimated=[True, False, False, False])
    series = hourly(flagged, span(2), None)
    assert series.estimated.tolist() == [0.5, 0]
    assert series.share_estimated == 0.25
    assert hourly(slots(60, [1]), Span(at(60), at(120)), "none").share_estimated == 0


def test_a_span_has_whole_hours_and_an_end():
    assert whole_span(slots(30, [1], 30)) == span(1)
    assert whole_span(slots(60, [1, 1])) == span(2)
    far = points("zone", [at(0), np.datetime64("2999-01-01T00:00")], 60, [1, 1])
    with pytest.raises(UnusableAnswer, match="is of 2025-01-01"):
        whole_span(far)


def test_parts_of_a_span():
    assert [len(part.hours) for part in span(50).parts(24)] == [24, 24, 2]
