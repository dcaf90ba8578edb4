import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonplan.catalogue.library import Library
from carbonplan.catalogue.requests import (
    arrival_shapes,
    hour_of_week,
    relative_rates,
    request_classes,
)
from carbonplan.errors import InvalidInput
from carbonplan.units import HOURS_PER_WEEK

CLASSES = "service,request_class,input_tokens,output_tokens,share,evidence,source\n"
ARRIVALS = "service,hour_of_week,relative_rate,evidence,source\n"


def at(text):
    return np.array([text], "datetime64[m]")


@pytest.mark.parametrize(
    ("time", "offset", "hour"),
    [
        ("2022-02-21T00:00", 0, 0),  # a Monday
        ("2022-02-20T23:00", 0, 167),
        ("2022-02-20T23:00", 1, 0),
        ("2022-02-21T00:00", -8, 160),
        ("2022-02-20T18:00", 5.5, 167),  # 23:30 on Sunday
        ("2022-02-20T19:00", 5.5, 0),  # 00:30 on Monday
        ("1969-12-29T00:00", 0, 0),  # a Monday before 1970
    ],
)
def test_hour_of_the_local_week(time, offset, hour):
    assert hour_of_week(at(time), offset).tolist() == [hour]


@given(st.integers(0, 20000), st.integers(-48, 56))
def test_a_week_later_it_is_the_same_hour(hours, quarters):
    times = np.datetime64("2020-01-01T00:00", "m") + 60 * np.array([hours, hours + 168])
    first, second = hour_of_week(times, quarters / 4)
    assert first == second
    assert 0 <= first < HOURS_PER_WEEK


def test_shipped_classes_of_at_least_four_services():
    services = request_classes()
    assert len(services) >= 4
    assert {"azure-conversation", "azure-code", "arxiv-summarisation"} <= services.keys()
    for rows in services.values():
        assert sum(row.share for row in rows) == pytest.approx(1, abs=1e-9)


def test_shipped_shapes_of_at_least_three_services_have_mean_one():
    shapes = arrival_shapes()
    assert len(shapes) >= 3
    for rows in shapes.values():
        assert relative_rates(rows).mean() == pytest.approx(1, abs=1e-6)


def table(folder, name):
    """Place of a table of requests in a data folder."""
    (folder / "requests").mkdir()
    return folder / "requests" / name


def test_shares_sum_to_one(tmp_path):
    path = table(tmp_path, "classes.csv")
    path.write_text(CLASSES + "chat,a,10,10,0.5,measured,x\nchat,a,20,20,0.4,measured,x\n")
    with pytest.raises(InvalidInput) as caught:
        request_classes(Library(tmp_path))
    assert caught.value.problems == (
        'service "chat": class "a" stands twice',
        'service "chat": shares sum to 0.9; expected 1',
    )


def test_a_shape_has_every_hour_of_the_week(tmp_path):
    path = table(tmp_path, "arrivals.csv")
    path.write_text(ARRIVALS + "".join(f"chat,{hour},1,measured,x\n" for hour in range(167)))
    with pytest.raises(InvalidInput, match="167 rows; expected hour_of_week 0 to 167"):
        arrival_shapes(Library(tmp_path))


def test_hours_of_a_shape_may_come_in_any_order(tmp_path):
    path = table(tmp_path, "arrivals.csv")
    rows = [f"chat,{hour},{hour},measured,x\n" for hour in reversed(range(168))]
    path.write_text(ARRIVALS + "".join(rows))
    assert relative_rates(arrival_shapes(Library(tmp_path))["chat"]).tolist() == list(
        range(168)
    )
