"""Quality, spares, headroom and shares recomputed: kept in plans, named where broken."""

from __future__ import annotations

from dataclasses import replace

import pytest

import carbonplan
from carbonplan.catalogue.gather import gather
from carbonplan.catalogue.inputs import Inputs
from carbonplan.catalogue.shipped import scenarios_root
from carbonplan.plan import Plan, read
from carbonplan.scenario import load
from carbonplan.verify import verify
from tests.answers import optimum
from tests.questions import problem

ONE_HOUR = scenarios_root() / "one-hour.yaml"
SMALL = (
    "fleet.skus=[h100-sxm-8, mi300x-8]",
    "fleet.clock_fractions=[1.0]",
    "fleet.tensor_parallel=[1]",
    "fleet.precisions=[fp8]",
)
PROMISES = (
    "workloads[chat].quality=0.8",
    "workloads[chat].alternatives=[{llm: llama-3.2-1b, quality: 0.4}]",
    "workloads[chat].quality_floor=0.7",
    "workloads[chat].spare_replicas=2",
    "workloads[chat].headroom=1.5",
    "fleet.largest_vendor_share=0.5",
)


@pytest.fixture(scope="module")
def of() -> Inputs:
    return gather(load(ONE_HOUR, (*SMALL, *PROMISES)))


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    folder = tmp_path_factory.mktemp("plans") / "promised"
    carbonplan.load(ONE_HOUR, (*SMALL, *PROMISES)).solve(out=folder)
    return read(folder)


def test_a_plan_keeps_its_promises(of: Inputs, plan: Plan):
    found = verify(of, plan)
    assert found.violations == ()
    assert {"quality_holds", "spare_is_ready", "shares_hold"} <= set(found.checks)
    vendors = plan.data["servers"].sum(("stage", "region")).values
    assert vendors[0] == vendors[1] > 0


def test_a_quarter_of_the_tokens_may_be_the_smaller_llms(plan: Plan):
    data = plan.data
    small = data["configuration_engine"].str.startswith("llama-3.2-1b")
    tokens = (data["load_rps"].sum(("region", "slot")) * data["output_tokens"]).sum(
        "request_class"
    )
    assert float(tokens.where(small, 0.0).sum() / tokens.sum()) == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        (("workloads[chat].quality_floor=0.75",), "quality_holds[chat, slot 0"),
        (("workloads[chat].spare_replicas=9",), "spare_is_ready[chat, slot 0"),
        (("workloads[chat].headroom=30",), "load_is_within_throughput["),
        (("fleet.largest_vendor_share=0.4",), "shares_hold[now, NVIDIA]"),
    ],
)
def test_a_plan_does_not_keep_what_it_was_not_asked(plan: Plan, changes, name: str):
    asked = gather(load(ONE_HOUR, (*SMALL, *PROMISES, *changes)))
    assert any(line.startswith(name) for line in verify(asked, plan).violations)


def test_each_promise_costs_what_it_takes():
    free, alternative, *asked = (
        optimum(problem("one-hour", *SMALL, *PROMISES[:n])).total for n in (0, 2, 3, 4, 5, 6)
    )
    assert alternative <= free  # another LLM on offer never worsens
    assert [alternative, *asked] == sorted([alternative, *asked])


def test_a_share_of_regions_is_looked_at(plan: Plan, of: Inputs):
    fleet = of.scenario.fleet.model_copy(update={"largest_region_share": 0.9})
    asked = replace(of, scenario=of.scenario.model_copy(update={"fleet": fleet}))
    lines = verify(asked, plan).violations
    assert any(line.startswith("shares_hold[now, aws-us-east-1]") for line in lines)
