"""Plans with replicas of one phase: what they promise is looked at, and lies are named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from carbonplan.catalogue.inputs import Inputs
from carbonplan.configurations import enumerate_configurations
from carbonplan.plan.assemble import make_plan
from carbonplan.plan.records import Plan
from carbonplan.problem import assemble
from carbonplan.verify import verify
from carbonplan.verify.case import lay_out
from carbonplan.verify.coefficients import coefficients
from carbonplan.verify.service import latency_holds
from tests.answers import optimum
from tests.questions import inputs

HANDED_OVER = "caches_are_handed_over"
CHEAP = (
    "fleet.skus=[h100-sxm-8, l40s-8]",
    "fleet.tensor_parallel=[1, 2]",
    "fleet.clock_fractions=[1.0, 0.6]",
    "fleet.phases=split",
)


@pytest.fixture(scope="module")
def given() -> Inputs:
    return inputs("one-hour", *CHEAP)


@pytest.fixture(scope="module")
def plan(given: Inputs) -> Plan:
    found = enumerate_configurations(given)
    answer = optimum(assemble(given, found))
    return make_plan(given, found, answer.program, answer.solution)


def with_load(plan: Plan, role: str, factor: float) -> Plan:
    """The plan with another load on the configurations of a role."""
    data = plan.data.copy(deep=True)
    mine = [f":{role}:" in name for name in data["configuration"].values.tolist()]
    load = data["load_rps"].transpose("configuration", ...)
    load[np.flatnonzero(mine)] *= factor
    return replace(plan, data=data.assign(load_rps=load.transpose(*data["load_rps"].dims)))


def test_the_plan_holds_and_every_hand_over_is_looked_at(given: Inputs, plan: Plan):
    found = verify(given, plan)
    assert found.violations == ()
    assert found.checks[HANDED_OVER] >= plan.data.sizes["request_class"]
    assert any(one["part"] == "transfer" for one in plan.summary["evidence"]["terms"])


def test_prompts_that_nobody_decodes_are_named(given: Inputs, plan: Plan):
    found = verify(given, with_load(plan, "prefill", 0.9)).violations
    assert any(line.startswith(HANDED_OVER) for line in found)
    assert not any(line.startswith("routed_requests_are_served") for line in found)


def test_answers_without_prompts_are_named(given: Inputs, plan: Plan):
    found = verify(given, with_load(plan, "decode", 0.9)).violations
    assert any(line.startswith(HANDED_OVER) for line in found)
    assert any(line.startswith("routed_requests_are_served") for line in found)


@pytest.mark.parametrize(("decode_s", "too_late"), [(0.1, False), (0.2, True)])
def test_both_phases_count_in_the_time_to_first_token(
    given: Inputs, plan: Plan, decode_s: float, too_late: bool
):
    """0.35 s for prefill leave 0.15 s of the 0.5 s allowed, less the network, for decode."""
    case, _ = lay_out(given, plan)
    roles = np.array([one.role for one in case.running])
    worst_s = np.select([roles == "prefill", roles == "decode"], [0.35, decode_s], 0.0)
    needs = coefficients(case)
    needs = replace(needs, worst_ttft_s=np.broadcast_to(worst_s, needs.worst_ttft_s.shape))
    found = [line for check in latency_holds(case, needs) for line in check.violations]
    assert bool(found) == too_late
    assert all(":prefill:" in line for line in found)


@pytest.mark.parametrize(("phases", "words"), [("mixed", "phases are mixed")])
def test_roles_that_the_scenario_does_not_allow_are_named(
    given: Inputs, plan: Plan, phases: str, words: str
):
    fleet = given.scenario.fleet.model_copy(update={"phases": phases})
    other = replace(given, scenario=given.scenario.model_copy(update={"fleet": fleet}))
    assert any(words in line for line in verify(other, plan).violations)
