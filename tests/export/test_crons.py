"""Crons expanded slot by slot, as the scaler does it, are the planned replicas."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbonplan.export.crons import Window, windows
from carbonplan.export.keda import scaled_object
from carbonplan.export.records import Hours
from tests.export.example import MONDAY, NORTH, pool, rollout, week

MINUTES_PER_DAY, MINUTES_PER_WEEK = 1440, 10080
SUNDAY = datetime(2024, 4, 14, tzinfo=UTC)


def minutes_of_week(cron: str) -> list[int]:
    """Minutes after Sunday 00:00 UTC at which a cron expression of a weekly clock fires."""
    minute, hour, day, month, weekdays = cron.split()
    assert (day, month) == ("*", "*")
    days = range(7) if weekdays == "*" else [int(one) for one in weekdays.split(",")]
    return sorted(day * MINUTES_PER_DAY + int(hour) * 60 + int(minute) for day in days)


def until_next(times: list[int], now: int) -> int:
    """Minutes to the next time, strictly after now."""
    at = bisect_right(times, now)
    return (times[at] if at < len(times) else times[0] + MINUTES_PER_WEEK) - now


def is_active(start: str, end: str, now: int) -> bool:
    """A cron trigger is active where its next end comes before its next start."""
    return until_next(minutes_of_week(end), now) < until_next(minutes_of_week(start), now)


def replicas(triggers: list[dict], least: int, now: int) -> int:
    """What a scaler asks for: the most of its active triggers, or its least count."""
    active = [
        int(one["metadata"]["desiredReplicas"])
        for one in triggers
        if is_active(one["metadata"]["start"], one["metadata"]["end"], now)
    ]
    assert len(active) <= 1
    return max([least, *active])


def assert_as_planned(hours: Hours, counts: tuple[int, ...]) -> None:
    one = pool(replicas={NORTH: counts})
    spec = scaled_object(rollout(pools=(one,), hours=hours), one, NORTH)["spec"]
    for start, count in zip(hours.starts, counts, strict=True):
        for late in (0, hours.minutes - 1):
            now = int((start - SUNDAY) / timedelta(minutes=1) + late) % MINUTES_PER_WEEK
            assert replicas(spec["triggers"], spec["minReplicaCount"], now) == count
    assert spec["maxReplicaCount"] == max(counts)


def test_a_week_of_days_and_nights():
    counts = pool().replicas[NORTH]
    assert windows(week(), counts) == [
        Window("0 8 * * *", "0 20 * * *", 3),
        Window("0 20 * * *", "0 8 * * *", 1),
    ]
    assert_as_planned(week(), counts)


def test_a_run_over_the_seam_of_the_week_is_one_window():
    counts = tuple([2] * 5 + [0] * 150 + [2] * 13)
    assert windows(week(), counts) == [Window("0 11 * * 0", "0 5 * * 1", 2)]
    assert_as_planned(week(), counts)


def test_a_day_recurs_every_day_from_whichever_hour_it_begins():
    hours = week(MONDAY + timedelta(hours=17), slots=24)
    counts = tuple([4] * 6 + [1] * 18)
    assert windows(hours, counts) == [
        Window("0 17 * * *", "0 23 * * *", 4),
        Window("0 23 * * *", "0 17 * * *", 1),
    ]
    assert_as_planned(hours, counts)


def test_a_constant_count_needs_no_window():
    assert windows(week(), (3,) * 168) == []


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 167),
    st.sampled_from([(168, 60), (336, 30), (24, 60), (96, 15)]),
    st.data(),
)
def test_any_week_and_any_day_expands_to_what_was_planned(first, shape, data):
    slots, minutes = shape
    runs = data.draw(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 60)), min_size=2))
    counts = [count for count, length in runs for _ in range(length)][:slots]
    counts += [0] * (slots - len(counts))
    hours = week(MONDAY + timedelta(hours=first), slots, minutes)
    if len(set(counts)) > 1:
        assert_as_planned(hours, tuple(counts))


def test_what_does_not_recur_has_no_windows():
    with pytest.raises(ValueError, match="weighted days"):
        windows(Hours((MONDAY,), 60, None, "weighted days"), (1,))
