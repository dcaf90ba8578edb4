"""Stages, futures and lost regions as copies of the horizon's slots."""

from __future__ import annotations

import numpy as np
import pytest

from carbonplan.catalogue.courses import later, with_courses
from tests.plan.example import scenario, series

STAGES = [
    {"name": "first", "years": 1},
    {"name": "second", "years": 2, "demand": {"chat": 2}, "intensity": 0.5},
    {"name": "third", "years": 0.5, "price": {"south": 3}},
]
FUTURES = [
    {"name": "low", "probability": 0.25, "demand": 0.5},
    {"name": "high", "probability": 0.75, "demand": {"night": 4}, "intensity": {"north": 2}},
]


def expanded(survive_region_loss=False, previous=(1, 0), **changes):
    asked = scenario(**changes)
    fleet = asked.fleet.model_copy(update={"survive_region_loss": survive_region_loss})
    return with_courses(asked.model_copy(update={"fleet": fleet}), series(previous))


def slots(data, stage, future="", lost_region=""):
    wanted = (
        (data["stage"] == stage)
        & (data["future"] == future)
        & (data["lost_region"] == lost_region)
    )
    return data.isel(slot=np.flatnonzero(wanted))


def test_without_courses_the_slots_are_as_they_were():
    data, (node,) = expanded()
    base = series((1, 0))
    for name in base:
        assert np.array_equal(data[name].values, base[name].values)
    assert (node.name, node.stage, node.future, node.parent) == ("now", "now", None, None)
    assert node.last
    assert node.probability == 1
    assert node.years == pytest.approx(4 / 8760)
    assert set(data["stage"].values) == {"now"}
    assert not any(data["future"].values)
    assert np.all(data["region_open"] == 1)


def test_a_chain_of_stages_has_one_node_each():
    data, nodes = expanded(stages=STAGES)
    assert [(n.name, n.parent, n.start_years, n.last) for n in nodes] == [
        ("first", None, 0, False),
        ("second", "first", 1, False),
        ("third", "second", 3, True),
    ]
    assert data.sizes["slot"] == 6
    assert data["previous"].values.tolist() == [1, 0, 3, 2, 5, 4]
    assert data["run"].values.tolist() == [0, 0, 1, 1, 2, 2]
    assert data["slot"].values.tolist() == list(range(6))


def test_a_stage_stands_for_all_its_hours():
    data, nodes = expanded(stages=STAGES)
    for node in nodes:
        part = slots(data, node.name)
        assert float((part["weight"] * part["slot_hours"]).sum()) == pytest.approx(
            node.years * 8760
        )


def test_factors_multiply_what_they_name():
    data, _ = expanded(stages=STAGES)
    first, second, third = (slots(data, stage) for stage in ("first", "second", "third"))
    assert second["arrivals_rps"].values == pytest.approx(
        first["arrivals_rps"].values * np.array([2, 1])[:, None, None]
    )
    assert second["intensity_kgco2e_per_kwh"].values == pytest.approx(
        first["intensity_kgco2e_per_kwh"].values / 2
    )
    assert third["price_usd_per_kwh"].values == pytest.approx(
        np.array([[0.1, 0.1], [0.6, 0.6]])
    )
    assert np.array_equal(third["arrivals_rps"], first["arrivals_rps"])


def test_futures_come_apart_after_what_is_known():
    _, nodes = expanded(stages=STAGES, futures=FUTURES, risk={"known_after": "first"})
    assert [(n.name, n.parent, n.probability) for n in nodes] == [
        ("first", None, 1),
        ("second", "first", 1),
        ("third/low", "second", 0.25),
        ("third/high", "second", 0.75),
    ]


def test_futures_come_apart_at_once_where_nothing_is_known():
    data, nodes = expanded(stages=STAGES, futures=FUTURES)
    assert [(n.name, n.parent) for n in nodes] == [
        ("first", None),
        ("second/low", "first"),
        ("third/low", "second/low"),
        ("second/high", "first"),
        ("third/high", "second/high"),
    ]
    assert slots(data, "first").sizes["slot"] == 0
    assert slots(data, "first", "low").sizes["slot"] == 2


def test_the_known_stage_has_one_course_and_the_next_one_for_each_future():
    data, _ = expanded(stages=STAGES, futures=FUTURES, risk={"known_after": "first"})
    assert slots(data, "first").sizes["slot"] == 2
    low, high = slots(data, "second", "low"), slots(data, "second", "high")
    # 10 and 20 requests/s, twice as many in the stage, half of these in the future
    assert low["arrivals_rps"].values[0, 0] == pytest.approx([10, 20])
    assert high["arrivals_rps"].values[0, 0] == pytest.approx([20, 40])
    assert high["arrivals_rps"].values[1, 1] == pytest.approx([20, 20])
    assert high["intensity_kgco2e_per_kwh"].values[:, 0] == pytest.approx([0.1, 0.25])
    years = {"second": 2, "third/low": 0.5}
    for (stage, length), probability in zip(years.items(), (0.25, 0.25), strict=True):
        weight = slots(data, stage, "low")["weight"]
        assert float(weight.sum()) == pytest.approx(length * 8760 * probability)


def test_futures_without_stages_share_the_servers():
    data, (node,) = expanded(futures=FUTURES)
    assert node.name == "now"
    assert node.future is None
    assert node.last
    assert data["future"].values.tolist() == ["low", "low", "high", "high"]
    assert data["weight"].values.tolist() == [0.5, 0.5, 1.5, 1.5]


def test_closed_runs_stay_closed():
    data, _ = expanded(stages=STAGES[:2], previous=(-1, 0))
    assert data["previous"].values.tolist() == [-1, 0, -1, 2]


def test_a_lost_region_is_a_slot_of_its_own_with_every_peak():
    data, _ = expanded(survive_region_loss=True, stages=STAGES[:2])
    assert data["lost_region"].values.tolist() == ["", "", "north", "south"] * 2
    assert data["run"].values.tolist() == [0, 0, 1, 2, 3, 3, 4, 5]
    assert data["previous"].values.tolist() == [1, 0, 2, 3, 5, 4, 6, 7]
    lost = slots(data, "second", lost_region="south")
    assert lost["weight"].values == 0
    assert lost["region_open"].values[:, 0].tolist() == [1, 0]
    assert lost["arrivals_rps"].sel(workload="chat").values[:, 0].tolist() == [40, 0]
    assert not lost["arrivals_rps"].sel(workload="night").any()
    assert lost["time_utc"].values == slots(data, "second")["time_utc"].values[1]
    assert np.all(slots(data, "second")["region_open"] == 1)


def test_every_future_survives_the_loss_of_a_region():
    data, _ = expanded(survive_region_loss=True, futures=FUTURES)
    assert data["lost_region"].values.tolist() == ["", "", "north", "south"] * 2
    assert data["future"].values.tolist() == ["low"] * 4 + ["high"] * 4


def test_times_of_later_stages_are_later_by_whole_months():
    times = np.array(["2024-01-17T03:00", "2024-12-31T23:00"], "M8[ns]")
    assert later(times, 2).astype("M8[m]").astype(str).tolist() == [
        "2026-01-17T03:00",
        "2026-12-31T23:00",
    ]
    assert str(later(times, 0.25)[0].astype("M8[m]")) == "2024-04-17T03:00"
    assert np.array_equal(later(times, 0), times)
