"""Replicas of one phase: enumerated as asked, named, pruned among their like."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from carbonplan.configurations import Configuration, enumerate_configurations
from carbonplan.configurations.enumeration import least_replica_seconds
from carbonplan.problem import Problem, assemble
from carbonplan.problem.phases import with_both_phases
from tests.answers import optimum
from tests.questions import inputs, problem

SMALL = (
    "fleet.skus=[h100-sxm-8, l40s-8]",
    "fleet.tensor_parallel=[1, 2]",
    "fleet.clock_fractions=[1.0, 0.6]",
)
WAYS = [
    (),
    ("fleet.start_costs=false",),
    ("fleet.replicas=continuous",),
    ("fleet.replicas=continuous", "fleet.start_costs=false"),
    ("objective.minimise=cost",),
    ("objective.minimise=latency",),
]


def phased(phases: str, *overrides: str, prune: bool = True) -> Problem:
    return problem("one-hour", *SMALL, f"fleet.phases={phases}", *overrides, prune=prune)


def test_names_of_one_phase_end_with_it_before_the_clock():
    one = Configuration("llama", "box-8", 4, 1, "fp8", 1.0, "prefill")
    assert one.engine == "llama@box-8:tp4:fp8:prefill"
    assert one.name == "llama@box-8:tp4:fp8:prefill:100%"
    assert one.engine == one.name.rpartition(":")[0]


@pytest.mark.parametrize(
    ("phases", "roles"),
    [
        ("mixed", {"mixed"}),
        ("split", {"prefill", "decode"}),
        ("either", {"mixed", "prefill", "decode"}),
    ],
)
def test_roles_are_those_that_the_scenario_allows(phases: str, roles: set[str]):
    found = enumerate_configurations(inputs("one-hour", *SMALL, f"fleet.phases={phases}"))
    every = [*found.kept, *(one.configuration for one in found.rejected)]
    assert {one.role for one in every} == roles
    assert set(found.table["role"].values.tolist()) <= roles
    skus, parallel, precisions, clocks = 2, 2, 2, 2
    assert len(every) == len(roles) * skus * parallel * precisions * clocks


@pytest.mark.parametrize("overrides", WAYS)
def test_dropping_the_dominated_changes_no_optimum(overrides: tuple[str, ...]):
    pruned, whole = (phased("either", *overrides, prune=prune) for prune in (True, False))
    assert len(pruned.serving) < len(whole.serving)
    assert optimum(pruned).total == pytest.approx(optimum(whole).total, rel=1e-6)


@pytest.mark.parametrize("overrides", WAYS)
def test_either_is_never_worse_than_mixed_and_without_split_roles_the_same(
    overrides: tuple[str, ...],
):
    either, mixed = phased("either", *overrides), phased("mixed", *overrides)
    forbidden = replace(
        either,
        serving=tuple(one for one in either.serving if one[1] not in either.role_of),
        role_of={},
        weights_of={},
    )
    best, plain = optimum(either).total, optimum(mixed).total
    assert best <= plain * (1 + 1e-9)
    assert optimum(forbidden).total == pytest.approx(plain, rel=1e-9)


def test_whether_replicas_are_whole_does_not_depend_on_split_roles():
    tables = {
        phases: enumerate_configurations(
            inputs("one-hour", *SMALL, f"fleet.phases={phases}")
        ).table
        for phases in ("mixed", "split", "either")
    }
    seconds = {phases: least_replica_seconds(table) for phases, table in tables.items()}
    assert seconds["either"] == pytest.approx(seconds["mixed"])
    role, rate = tables["split"]["role"].values, tables["split"]["rate_rps"]
    fastest = [
        rate.isel(configuration=np.flatnonzero(role == one)).max("configuration").values
        for one in ("prefill", "decode")
    ]
    assert seconds["split"] == pytest.approx(sum(1 / rates for rates in fastest))


def test_a_phase_without_the_other_serves_nothing():
    given = inputs("one-hour", *SMALL, "fleet.phases=split")
    found = enumerate_configurations(given)
    kept = [one for one in found.kept if one.role == "decode"]
    serving = tuple(("chat/all", one.name, "north") for one in kept)
    assert with_both_phases(serving, found) == ()
    both = assemble(given, found)
    assert {both.role_of[c] for _, c, _ in both.serving} == {"prefill", "decode"}
    assert with_both_phases(both.serving, found) == both.serving
