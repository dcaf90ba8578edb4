"""What contracts and alternatives save, by planning once more without them."""

from __future__ import annotations

import pytest

from carbonplan.ablation import LEVERS, is_pulled
from carbonplan.baselines import own_llms
from carbonplan.configurations import enumerate_configurations
from carbonplan.problem import assemble
from tests.answers import optimum
from tests.questions import inputs, problem

SMALL = ("fleet.skus=[h100-sxm-8]", "fleet.tensor_parallel=[1]", "fleet.precisions=[fp8]")
OTHER = (
    "workloads[chat].quality=0.8",
    "workloads[chat].alternatives=[{llm: llama-3.2-1b, quality: 0.4}]",
)
WIND = (
    "supply.contracts=[{name: wind, region: aws-us-east-1, at_most_kw: 9, "
    "price_usd_per_kwh: 0}]"
)


def pulled(*overrides: str) -> set[str]:
    given = inputs("one-hour", *SMALL, *overrides)
    asked = assemble(given, enumerate_configurations(given))
    named = {lever.name for lever in LEVERS if is_pulled(lever, given.scenario, asked)}
    return named & {"alternatives", "contracts"}


def test_levers_are_those_that_the_scenario_pulls():
    assert pulled() == set()
    assert pulled(*OTHER) == {"alternatives"}
    assert pulled(WIND) == {"contracts"}
    assert pulled(WIND, "supply.matched_share=0.5") == set()  # asked for, not a freedom


def test_without_alternatives_each_workload_has_its_own_llm():
    ((alone, _note),) = own_llms(problem("one-hour", *SMALL, *OTHER))
    own = optimum(problem("one-hour", *SMALL)).total
    assert optimum(alone).total == pytest.approx(own)
    assert optimum(problem("one-hour", *SMALL, *OTHER)).total < own
