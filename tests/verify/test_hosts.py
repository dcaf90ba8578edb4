"""Replicas on hosts and chosen memory recomputed: the best plan holds, each lie is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import xarray as xr

import carbonplan
from carbonplan.catalogue.gather import gather
from carbonplan.catalogue.inputs import Inputs
from carbonplan.catalogue.shipped import scenarios_root
from carbonplan.plan import Plan, read
from carbonplan.scenario import load
from carbonplan.verify import verify

ONE_HOUR = scenarios_root() / "one-hour.yaml"
NIGHT = "workloads=[{name: night, kind: batch, llm: llama-3.1-8b, deadline_hours: 1, "
SCARCE = (  # more batch work than the accelerators of the only server do in an hour
    NIGHT + "classes: [{name: all, input_tokens: 1000, output_tokens: 200, share: 1}], "
    "arrivals: {mean_rps: RATE}}]",
    "fleet.skus=[h100-sxm-8]",
    "fleet.stock=[{sku: h100-sxm-8, servers: 1}]",
    "fleet.clock_fractions=[1.0]",
    "fleet.tensor_parallel=[1]",
    "fleet.precisions=[bf16]",
    "fleet.host_reuse=true",
    "fleet.host_memory=chosen",
)
SERVER = {"sku": "h100-sxm-8", "region": "aws-us-east-1"}


def scenario(*overrides: str, rate: float = 147.0):
    """Overrides with what is asked; eight accelerators do 146.1 requests/s, a socket 1.1."""
    return tuple(one.replace("RATE", str(rate)) for one in (*SCARCE, *overrides))


@pytest.fixture(scope="module")
def of() -> Inputs:
    return gather(load(ONE_HOUR, scenario()))


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    folder = tmp_path_factory.mktemp("plans") / "reused"
    carbonplan.load(ONE_HOUR, scenario()).solve(out=folder)
    return read(folder)


def changed(plan: Plan, change: Callable[[xr.Dataset], None]) -> Plan:
    data = plan.data.copy(deep=True)
    change(data)
    return replace(plan, data=data)


def test_the_host_does_what_accelerators_cannot(of: Inputs, plan: Plan):
    found = verify(of, plan)
    assert found.violations == ()
    assert {"replicas_fit_in_hosts", "hosts_serve_batch", "memory_is_fitted"} <= set(
        found.checks
    )
    on_host = plan.data["host_share"] > 0
    assert float(plan.data["replicas"].where(on_host, 0.0).sum()) == 1
    assert float(plan.data["load_rps"].sum()) == pytest.approx(147.0)


def test_memory_is_the_smallest_that_holds_the_replica(plan: Plan):
    """32 GB, 12.3 for each accelerator and 16 of weights leave 110 of 256 for 66."""
    fitted = plan.data["fitted_servers"].sum(("stage", "cohort")).sel(SERVER)
    assert fitted.where(fitted > 0, drop=True)["memory"].values.tolist() == ["dram-256/ssd-960"]


def test_a_host_is_no_accelerator_and_draws_what_its_work_takes(plan: Plan):
    data = plan.data
    on_host = data["host_share"] > 0
    assert data["accelerators"].where(on_host, drop=True).values.tolist() == [0]
    assert data["loaded_kw"].where(on_host, drop=True).values.tolist() == [0]


def crowded(data: xr.Dataset) -> None:
    data["replicas"][:] = data["replicas"].where(data["host_share"] == 0, 2.0)


def barely_powered(data: xr.Dataset) -> None:
    data["powered_fitted"][:] *= 0.5


def smaller_than_needed(data: xr.Dataset) -> None:
    names = data["memory"].values.astype(object)
    names[names == "dram-256/ssd-960"] = "dram-128/ssd-960"
    data["memory"] = names.astype(str)


def never_bought(data: xr.Dataset) -> None:
    data["fitted_servers"][:] = 0.0


def halves(data: xr.Dataset) -> None:
    small = {"memory": "dram-256/ssd-960"}
    for name in ("fitted_servers", "fitted_fleet", "powered_fitted"):
        half = data[name].sel(small) / 2
        data[name].loc[small] = half
        data[name].loc[{"memory": "dram-512/ssd-960"}] = half


@pytest.mark.parametrize(
    ("lie", "words"),
    [
        (crowded, "replicas_fit_in_hosts"),
        (barely_powered, "memory_is_fitted"),
        (smaller_than_needed, "memory_is_fitted"),
        (never_bought, "memory_is_fitted"),
        (halves, "memory_is_fitted"),
    ],
    ids=lambda one: getattr(one, "__name__", one),
)
def test_each_lie_is_named(of: Inputs, plan: Plan, lie: Callable, words: str):
    found = verify(of, changed(plan, lie))
    assert any(line.startswith(words) for line in found.violations), found.violations


def test_hosts_that_are_not_to_be_used_may_not_run_anything(plan: Plan):
    forbidden = gather(load(ONE_HOUR, scenario("fleet.host_reuse=false")))
    found = verify(forbidden, plan)
    assert any("is not free for replicas" in line for line in found.violations)


def test_memory_that_is_not_to_be_chosen_is_named(plan: Plan):
    as_sold = gather(load(ONE_HOUR, scenario("fleet.host_memory=as-sold")))
    assert any("servers by memory" in line for line in verify(as_sold, plan).violations)
