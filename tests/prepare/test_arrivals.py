import numpy as np
import pytest

from carbonplan.catalogue import requests
from carbonplan.catalogue.library import Library
from carbonplan.errors import InvalidInput
from carbonplan.prepare.arrivals import (
    HourlyLoad,
    arrival_shape,
    read_log,
    read_rates,
    write_arrivals,
)


def rates_of(load, start=0):
    rows = arrival_shape(
        HourlyLoad(np.asarray(load, float)), "chat", start_hour_of_week=start, source="x"
    )
    return np.array([row.relative_rate for row in rows]), {row.evidence for row in rows}


def test_two_weeks_are_averaged_by_hour_of_the_week():
    first, second = np.full(168, 2.0), np.full(168, 4.0)
    first[10], second[10] = 10, 14
    rates, evidence = rates_of([*first, *second])
    assert rates[10] / rates[0] == pytest.approx(12 / 3, rel=1e-5)
    assert rates.mean() == pytest.approx(1, abs=1e-6)
    assert evidence == {"measured"}


def test_a_day_is_repeated_for_the_week_and_says_so():
    rates, evidence = rates_of([1.0] * 23 + [2.0])
    assert rates.reshape(7, 24).std(axis=0).max() == 0
    assert rates[23] / rates[0] == pytest.approx(2, rel=1e-5)
    assert evidence == {"derived"}


def test_the_first_hour_of_the_trace_need_not_be_monday_midnight():
    load = np.ones(168)
    load[0] = 5
    rates, _ = rates_of(load, start=30)
    assert np.argmax(rates) == 30


def test_less_than_a_day_has_no_shape():
    with pytest.raises(InvalidInput, match="covers 23 whole hours; a shape needs at least 24"):
        rates_of(np.ones(23))


def test_a_gap_is_filled_by_the_other_week_or_told():
    load = np.ones(336)
    load[5] = np.nan
    assert rates_of(load)[0] == pytest.approx(np.ones(168))
    load[173] = np.nan
    with pytest.raises(InvalidInput, match="nothing of these hours: 5"):
        rates_of(load)


def test_rates_of_ten_minutes_become_hours_and_zeros_are_gaps(tmp_path):
    path = tmp_path / "rates.csv"
    rows = [f"a,{600 * i},{0 if i == 3 else 6 + i // 6}" for i in range(12)]
    path.write_text("workload,t_s,requests_per_s\n" + "\n".join([*rows, "b,0,99"]) + "\n")
    assert read_rates(path, "a").requests.tolist() == [6 * 3600, 7 * 3600]


def test_a_log_is_counted_by_the_hour_and_a_torn_last_hour_is_left_out(tmp_path):
    path = tmp_path / "log.csv"
    times = [0, 1000, 3_599_000, 3_600_000, 7_300_000]
    path.write_text("t_ms\n" + "\n".join(str(time) for time in times) + "\n")
    assert read_log(path).requests.tolist() == [3, 1]


def test_times_before_the_trace(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("t_ms\n-1\n")
    with pytest.raises(InvalidInput, match="times before 0"):
        read_log(path)


def test_written_shapes_read_back(tmp_path):
    load = HourlyLoad(np.arange(1.0, 169.0))
    rows = arrival_shape(load, "chat", start_hour_of_week=0, source="x")
    (tmp_path / "requests").mkdir()
    write_arrivals(rows, tmp_path / "requests" / "arrivals.csv")
    assert list(requests.arrival_shapes(Library(tmp_path))["chat"]) == rows
