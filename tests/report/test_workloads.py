"""Who serves a workload, where and at what clock; horizons in words."""

from __future__ import annotations

import pytest

from carbonplan.plan import Plan
from carbonplan.report.horizon import horizon
from carbonplan.report.workloads import workload_uses


def test_workloads_in_the_order_of_their_classes(week: Plan):
    uses = list(workload_uses(week.data))
    assert [(use.name, use.batch) for use in uses] == [
        ("chat", False),
        ("code", False),
        ("summaries", True),
    ]
    for use in uses:
        shares = [one.share_fraction for one in use.engines]
        assert sum(shares) == pytest.approx(1)
        assert shares == sorted(shares, reverse=True)


def test_workload_without_its_own_array_is_named_before_the_slash(week: Plan):
    bare = week.data.drop_vars(["workload", "configuration_engine", "engine_sku", "engine_llm"])
    assert [use.name for use in workload_uses(bare)] == ["chat", "code", "summaries"]


def test_regions_with_most_work_come_first(week: Plan):
    (batch,) = (use for use in workload_uses(week.data) if use.batch)
    work = week.data["load_rps"].sel(request_class="summaries/document")
    by_region = work.sum(["configuration", "slot"])
    (only,) = batch.engines
    assert by_region.sel(region=only.regions[0]) == by_region.max()
    assert only.regions == ("eu-north-stockholm", "us-west-oregon", "eu-central-frankfurt")


def test_clocks_of_an_engine_with_their_share(week: Plan):
    """A quarter of code runs at 100 %, the rest at 80 %, on the same replicas."""
    (code,) = (use for use in workload_uses(week.data) if use.name == "code")
    small = next(use for use in code.engines if use.llm == "llama-3.1-8b")
    assert small.name == "llama-3.1-8b@l4-8:tp1:fp8"
    assert small.sku == "l4-8"
    assert small.clocks == (("80%", pytest.approx(0.75)), ("100%", pytest.approx(0.25)))
    replicas = week.data["replicas"].sel(engine=small.name).sum("region")
    assert small.replicas.tolist() == replicas.values.tolist()


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
