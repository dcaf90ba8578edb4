"""Who serves a workload, and how far its work keeps to clean hours; horizons in words."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from carbonplan.plan import Plan
from carbonplan.report.horizon import horizon
from carbonplan.report.workloads import CleanShare, clean_share, workload_uses


def test_workloads_in_the_order_of_their_classes(week: Plan):
    uses = list(workload_uses(week.data))
    assert [(use.name, use.batch) for use in uses] == [
        ("chat", False),
        ("code", False),
        ("summaries", True),
    ]
    for use in uses:
        shares = [one.share_fraction for one in use.configurations]
        assert sum(shares) == pytest.approx(1)
        assert shares == sorted(shares, reverse=True)


def test_workload_without_its_own_array_is_named_before_the_slash(week: Plan):
    bare = week.data.drop_vars(["workload", "configuration_sku", "configuration_llm"])
    assert [use.name for use in workload_uses(bare)] == ["chat", "code", "summaries"]


def test_regions_with_most_work_come_first(week: Plan):
    (batch,) = (use for use in workload_uses(week.data) if use.batch)
    work = week.data["load_rps"].sel(request_class="summaries/document")
    by_region = work.sum(["configuration", "slot"])
    (only,) = batch.configurations
    assert by_region.sel(region=only.regions[0]) == by_region.max()
    assert only.regions == ("eu-north-stockholm", "us-west-oregon", "eu-central-frankfurt")


def _two_sites(intensity: list[list[float]], weight: list[float]) -> xr.Dataset:
    return xr.Dataset(
        {
            "intensity_kgco2e_per_kwh": (("region", "slot"), intensity),
            "weight": ("slot", weight),
            "slot_hours": ("slot", [1.0] * len(weight)),
        },
        {"region": [f"r{i}" for i in range(len(intensity))]},
    )


def test_clean_share_by_hand():
    """Median hour of region 0: 0.3, cleaner slots 0 and 1; of region 1: 0.5, slots 2 and 3.

    Cleaner hours hold 4 of 4 and 2 of 4 requests; spread evenly they would hold a half.
    """
    data = _two_sites([[0.1, 0.2, 0.3, 0.3], [0.9, 0.5, 0.4, 0.3]], [1, 1, 1, 1])
    work = np.array([[3.0, 1.0, 0.0, 0.0], [0.0, 2.0, 1.0, 1.0]])
    assert clean_share(data, work) == CleanShare(6 / 8, 1 / 2)


def test_work_in_dirty_hours_only_is_no_share_not_an_unknown_one():
    data = _two_sites([[0.1, 0.2, 0.3]], [1, 1, 1])
    assert clean_share(data, np.array([[0.0, 0.0, 5.0]])) == CleanShare(
        0.0, pytest.approx(1 / 3)
    )


def test_the_median_hour_counts_weights():
    """The slot that stands for nine of ten hours is the median; cleaner is one hour or none."""
    assert clean_share(_two_sites([[0.1, 0.3]], [9, 1]), np.array([[1.0, 0.0]])) is None
    shared = clean_share(_two_sites([[0.3, 0.1]], [9, 1]), np.array([[1.0, 3.0]]))
    assert shared == CleanShare(3 / 4, pytest.approx(1 / 10))


def test_constant_intensity_has_no_cleaner_hours():
    data = _two_sites([[0.2, 0.2]], [1, 1])
    assert clean_share(data, np.array([[1.0, 1.0]])) is None


def test_horizons_in_words(week: Plan, hour: Plan, typical_days: Plan):
    plain = {
        plan.scenario_name: (horizon(plan.data).title, horizon(plan.data).wording)
        for plan in (week, hour, typical_days)
    }
    assert {name: (a, b.replace("\u00a0", " ")) for name, (a, b) in plain.items()} == {
        "demo-week": ("The week, hour by hour", "168 hours from 2024-04-15 00:00 UTC"),
        "one-hour": ("The hour", "1 hour from 2024-04-15 00:00 UTC"),
        "typical-year": (
            "The typical days, hour by hour",
            "8,760 hours (12 typical days of 288 slots in all)",
        ),
    }
