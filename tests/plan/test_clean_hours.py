"""How far batch work keeps to clean hours, by hand."""

from __future__ import annotations

import pytest
import xarray as xr

from carbonplan.plan.clean_hours import clean_hours
from tests.plan import example


def night(
    intensity: list[list[float]], load_rps: list[list[float]], weight: list[float]
) -> dict[str, float] | None:
    """Shares of a batch workload beside an online one that does not count."""
    regions = [f"r{i}" for i in range(len(intensity))]
    of_class = [[load_rps], [[[100.0] * len(weight)] * len(regions)]]
    data = xr.Dataset(
        {
            "load_rps": (("request_class", "configuration", "region", "slot"), of_class),
            "intensity_kgco2e_per_kwh": (("region", "slot"), intensity),
            "weight": ("slot", weight),
            "slot_hours": ("slot", [1.0] * len(weight)),
            "workload": ("request_class", ["night", "chat"]),
            "class_kind": ("request_class", ["batch", "online"]),
        },
        {"region": regions},
    )
    found = clean_hours(data)
    assert list(found) == ["night"]
    return found["night"]


def test_shares_by_hand():
    """Median hour of region 0: 0.3, cleaner slots 0 and 1; of region 1: 0.5, slots 2 and 3.

    Cleaner hours hold 4 of 4 and 2 of 4 requests; spread evenly they would hold a half.
    """
    intensity = [[0.1, 0.2, 0.3, 0.3], [0.9, 0.5, 0.4, 0.3]]
    load_rps = [[3.0, 1.0, 0.0, 0.0], [0.0, 2.0, 1.0, 1.0]]
    found = night(intensity, load_rps, [1, 1, 1, 1])
    assert found == {"share": 6 / 8, "evenly_share": 1 / 2}


def test_work_in_dirty_hours_only_is_no_share_not_an_unknown_one():
    found = night([[0.1, 0.2, 0.3]], [[0.0, 0.0, 5.0]], [1, 1, 1])
    assert found == {"share": 0.0, "evenly_share": pytest.approx(1 / 3)}


def test_the_median_hour_counts_weights():
    """The slot that stands for nine of ten hours is the median; cleaner is one hour or none."""
    assert night([[0.1, 0.3]], [[1.0, 0.0]], [9, 1]) is None
    shared = night([[0.3, 0.1]], [[1 / 9, 3.0]], [9, 1])
    assert shared == {"share": pytest.approx(3 / 4), "evenly_share": pytest.approx(1 / 10)}


def test_constant_intensity_and_no_work_have_no_cleaner_hours():
    assert night([[0.2, 0.2]], [[1.0, 1.0]], [1, 1]) is None
    assert night([[0.1, 0.2]], [[0.0, 0.0]], [1, 1]) is None


def test_a_plan_says_it_in_its_summary():
    assert example.plan().summary["clean_hours"] == {"night": None}
