import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbonplan.catalogue.horizon import read_typical_days
from carbonplan.errors import InvalidInput
from carbonplan.prepare.typical_days import (
    Days,
    errors_of,
    read_days,
    typical_days,
    write_days,
)


def days_of(values, zones=None):
    values = np.asarray(values, float)
    dates = np.datetime64("2022-01-01") + np.arange(len(values))
    names = zones or tuple(f"zone{i}" for i in range(values.shape[2]))
    return Days(dates, names, values, {})


def random_days(seed, days=30, zones=3, least=0.0):
    random = np.random.default_rng(seed)
    level = random.uniform(1, 100, size=(days, 1, zones))
    return days_of(least + level * random.uniform(0.5, 1.5, size=(days, 24, zones)))


def two_seasons():
    """Twenty summer and ten winter days, all alike but for one windy and one still day."""
    values = np.full((30, 24, 2), 100.0)
    values[20:] = 300.0
    values[7], values[25] = 10.0, 900.0
    return days_of(values, ("north", "south"))


def test_seasons_and_extremes_are_told_apart():
    typical = typical_days(two_seasons(), 4)
    assert typical.weight.tolist() == [19, 1, 9, 1]
    assert str(typical.dates[1]) == "2022-01-08"
    assert str(typical.dates[3]) == "2022-01-26"
    assert typical.values[:, 0, 0].tolist() == [100, 10, 300, 900]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 12))
def test_what_every_choice_keeps(seed, count):
    days = random_days(seed)
    typical = typical_days(days, count)
    assert typical.weight.sum() == len(days.dates)
    assert len(typical.dates) == count
    means = np.average(typical.values.mean(axis=1), axis=0, weights=typical.weight)
    assert means == pytest.approx(days.values.mean(axis=(0, 1)), rel=1e-12)
    assert (typical.values >= 0).all()
    chosen = days.values[np.searchsorted(days.dates, typical.dates)]
    assert np.array_equal(np.argsort(chosen, axis=1), np.argsort(typical.values, axis=1))


def test_the_order_of_the_zones_changes_nothing():
    days = random_days(3)
    turned = Days(days.dates, days.zones[::-1], days.values[:, :, ::-1], {})
    assert typical_days(days, 6).dates.tolist() == typical_days(turned, 6).dates.tolist()


def test_all_days_stand_for_themselves_without_error():
    days = random_days(5, days=8)
    errors = errors_of(typical_days(days, 8), days)
    for error in errors:
        assert error.correction == pytest.approx(1)
        assert error.duration_curve_error == pytest.approx(0, abs=1e-9)
        assert error.spread_ratio == pytest.approx(1)
        assert error.correlation_error == pytest.approx(0, abs=1e-3)


def test_more_days_err_less():
    days = random_days(11, days=120)
    few, many = (errors_of(typical_days(days, count), days) for count in (4, 40))
    assert sum(error.duration_curve_error for error in many) < sum(
        error.duration_curve_error for error in few
    )


def test_a_zone_below_zero_is_shifted():
    days = random_days(2, least=-40.0)
    typical = typical_days(days, 6)
    means = np.average(typical.values.mean(axis=1), axis=0, weights=typical.weight)
    assert means == pytest.approx(days.values.mean(axis=(0, 1)))


def test_a_constant_zone_stays_what_it_is():
    days = random_days(4)
    days.values[:, :, 1] = 435.4
    typical = typical_days(days, 5)
    assert typical.values[:, :, 1] == pytest.approx(np.full((5, 24), 435.4))
    assert errors_of(typical, days)[1].spread_ratio == 1


def test_the_highest_hour_of_a_zone_is_kept_if_asked():
    days = random_days(6)
    days.values[13, 18, 2] = 1e4
    plain = typical_days(days, 6, extremes=())
    asked = typical_days(days, 6, extremes=(), peaks_of=("zone2",))
    assert days.dates[13] in asked.dates
    assert asked.weight[asked.dates == days.dates[13]] == [1]
    assert plain.weight.sum() == asked.weight.sum() == 30


@pytest.mark.parametrize(
    ("count", "words"), [(2, "expected at least 3, 2 of them extreme"), (31, "at most 30")]
)
def test_too_few_and_too_many(count, words):
    with pytest.raises(InvalidInput, match=words):
        typical_days(random_days(1), count)


def test_unknown_zones_and_extremes_are_told_together():
    with pytest.raises(InvalidInput) as caught:
        typical_days(random_days(1), extremes=("highst",), peaks_of=("zone9",))
    assert len(caught.value.problems) == 2
    assert 'nearest: "highest"' in caught.value.problems[0]


def test_what_is_written_is_what_the_catalogue_reads(tmp_path):
    typical = typical_days(random_days(8), 5)
    write_days(typical, tmp_path / "days.csv")
    read = read_typical_days(tmp_path / "days.csv")
    assert read.zones == typical.zones
    assert read.dates.tolist() == typical.dates.tolist()
    assert read.weight.tolist() == typical.weight.tolist()
    assert read.values == pytest.approx(typical.values, abs=6e-5)


def test_days_are_whole_days_in_utc(tmp_path):
    path = tmp_path / "series.csv"
    times = np.datetime64("2022-01-01T05:00", "m") + 60 * np.arange(48)
    path.write_text("time_utc,a\n" + "".join(f"{time}Z,1\n" for time in times))
    with pytest.raises(InvalidInput, match="covers 48 hours from 2022-01-01T05:00Z on"):
        read_days([path])
