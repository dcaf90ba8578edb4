"""Plans in modes, and with a choice of partitions, that are not what they say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import xarray as xr

from carbonplan.catalogue.gather import gather
from carbonplan.catalogue.inputs import Inputs
from carbonplan.plan import Plan, make_plan
from carbonplan.reproduce.freesh.scenario import write_window
from carbonplan.scenario import load
from carbonplan.solve import Limits, solve
from carbonplan.steps import Stopwatch, formulate
from carbonplan.verify import verify
from tests.reproduce.test_freesh import ALPHA, mode, study

A, B = "requests/a", "requests/b"


@pytest.fixture(scope="module")
def honest(tmp_path_factory) -> tuple[Inputs, Plan]:
    """A plan that chooses b, whose only mode carries twice as much."""
    folder: Path = tmp_path_factory.mktemp("window")
    rows = mode("x2", 2, 6.0, 500.0), mode("x2", 2, 12.0, 600.0, partition="b")
    question = replace(ALPHA, partitions=("a", "b"))
    inputs = gather(load(write_window(study(*rows), question, 0, folder)))
    configurations, _, program = formulate(inputs, Stopwatch())
    solution = solve(program, Limits(gap=0.0), isolated=False)
    return inputs, make_plan(inputs, configurations, program, solution)


def violations(honest: tuple[Inputs, Plan], change: Callable[[xr.Dataset], None]) -> str:
    inputs, plan = honest
    data = plan.data.copy(deep=True)
    change(data)
    return "\n".join(verify(inputs, replace(plan, data=data)).violations)


def test_the_honest_plan_holds(honest):
    assert violations(honest, lambda _: None) == ""


def test_both_partitions_at_once(honest):
    def change(data: xr.Dataset) -> None:
        data["chosen"][:] = 1.0

    found = violations(honest, change)
    assert "one_partition_is_used[requests" in found
    assert "demand_is_served[requests/a/S" in found


def test_half_of_each(honest):
    def change(data: xr.Dataset) -> None:
        data["chosen"][:] = 0.5

    assert "partition chosen: 0.5 found" in violations(honest, change)


def test_another_choice_within_the_window(honest):
    def change(data: xr.Dataset) -> None:
        data["chosen"].loc[{"slot": 3}] = [1.0, 0.0]

    assert "over its window" in violations(honest, change)


def test_replicas_of_the_partition_that_is_not_chosen(honest):
    def change(data: xr.Dataset) -> None:
        (engine,) = [e for e in data["engine"].values.tolist() if "/a/" in e]
        data["replicas"].loc[{"engine": engine, "region": "here"}] = 1.0

    assert "replicas of another partition" in violations(honest, change)


def test_a_replica_that_draws_less_than_was_measured(honest):
    def change(data: xr.Dataset) -> None:
        data["loaded_kw"] = data["loaded_kw"] * 0.5

    assert "coefficients_hold" in violations(honest, change)


@pytest.mark.parametrize(
    ("old", "new"),
    [("/b/S at", "/c/S at"), (":tp2:", ":tp4:"), (":requests/b/S at 100%", "")],
)
def test_a_configuration_that_was_not_measured(honest, old: str, new: str):
    inputs, plan = honest
    renamed = {
        name: [one.replace(old, new) for one in plan.data[name].values.tolist()]
        for name in ("configuration", "engine", "configuration_engine")
    }
    data = plan.data.assign_coords(
        configuration=renamed["configuration"], engine=renamed["engine"]
    )
    data["configuration_engine"] = ("configuration", renamed["configuration_engine"])
    found = verify(inputs, replace(plan, data=data)).violations
    assert any("configurations_are_allowed" in one for one in found)
