"""Plans with replicas of one phase: what counts as answered, and what its figures rest on."""

from __future__ import annotations

import numpy as np
import pytest

from carbonplan.catalogue.inputs import Inputs
from carbonplan.configurations import enumerate_configurations
from carbonplan.plan.assemble import make_plan
from carbonplan.plan.figures import Modelled
from carbonplan.plan.pairs import pairs_in_use
from carbonplan.plan.records import Plan
from carbonplan.plan.requests import phase_energies
from carbonplan.plan.roles import answered_rps, answering
from carbonplan.plan.tabulate import tables
from carbonplan.problem import assemble
from carbonplan.report.workloads import workload_uses
from carbonplan.technology.figures import Role
from tests.answers import optimum
from tests.questions import inputs
from tests.technology.example_replicas import CALIBRATION, replica

TRANSFER = {"transfer_j_per_gb of gpu"}


@pytest.fixture(scope="module")
def given() -> Inputs:
    small = ("fleet.skus=[h100-sxm-8]", "fleet.tensor_parallel=[1, 2]")
    return inputs("one-hour", *small, "fleet.phases=split")


@pytest.fixture(scope="module")
def plan(given: Inputs) -> Plan:
    found = enumerate_configurations(given)
    answer = optimum(assemble(given, found))
    return make_plan(given, found, answer.program, answer.solution)


def test_what_answers_is_what_decodes(plan: Plan):
    names = plan.data["configuration"].values.astype(str).tolist()
    assert answering(plan.data).tolist() == [":prefill:" not in name for name in names]
    demand = plan.data["demand_rps"].sum("origin")
    answered = answered_rps(plan.data).sum(("configuration", "region"))
    assert answered.values == pytest.approx(demand.transpose(*answered.dims).values)


def test_the_load_of_an_hour_counts_each_request_once(plan: Plan):
    hourly = tables(plan)["hourly"]
    assert hourly["online_rps"].sum() == pytest.approx(float(plan.data["demand_rps"].sum()))


def test_each_phase_of_a_workload_is_served_once(plan: Plan):
    (chat,) = workload_uses(plan.data)
    shares = {role: [] for role in ("prefill", "decode")}
    for engine in chat.engines:
        shares[engine.name.rpartition(":")[2]].append(engine.share_fraction)
    assert sum(shares["prefill"]) == pytest.approx(1)
    assert sum(shares["decode"]) == pytest.approx(1)


def test_phases_sum_to_the_energy_of_the_plan(given: Inputs, plan: Plan):
    pairs = pairs_in_use(given, enumerate_configurations(given), plan.data)
    by_pair: dict[tuple[str, str], dict[str, float]] = {}
    for one in phase_energies(given, pairs, plan.data):
        key = one.pair.request_class, one.pair.configuration
        by_pair.setdefault(key, {})[one.phase] = one.energy_kj
    table = plan.data["energy_kj_per_request"]
    for (k, c), phases in by_pair.items():
        whole = float(table.sel(request_class=k, configuration=c))
        assert sum(phases.values()) == pytest.approx(whole)
        role = c.rpartition(":")[0].rpartition(":")[2]
        assert set(phases) - {"host_load"} == {role, "transfer"}
        assert (phases["transfer"] > 0) == (role == "prefill")


@pytest.mark.parametrize(
    ("role", "transfers"), [("mixed", False), ("prefill", True), ("decode", True)]
)
def test_what_a_replica_takes_part_in_says_what_it_rests_on(role: Role, transfers: bool):
    names = {one.name for one in Modelled(CALIBRATION).figures(replica(role=role))}
    assert (names >= TRANSFER) == transfers


def test_a_transfer_rests_on_the_network_and_the_cache_alone():
    figures = Modelled(CALIBRATION).figures(replica(role="prefill"), ["transfer"])
    names = {one.name for one in figures}
    assert names >= TRANSFER
    assert not any(name.startswith("coefficients of performance") for name in names)
    assert np.all([one.source for one in figures])
