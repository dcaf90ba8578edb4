"""Configurations on hosts: for batch work, where sockets and DRAM are free."""

from __future__ import annotations

import pytest

from carbonplan.configurations import enumerate_configurations
from carbonplan.configurations.hosts import checkpoints_gb
from tests.questions import inputs

DAY = ("horizon.hours=1", "workloads[summaries].deadline_hours=1")
SMALL = (*DAY, "fleet.skus=[h100-sxm-8]", "fleet.stock=[]", "fleet.clock_fractions=[1.0]")
REUSE = "fleet.host_reuse=true"


def on_hosts(*overrides: str):
    return [
        c
        for c in enumerate_configurations(inputs("demo-week", *SMALL, *overrides)).kept
        if c.on_host
    ]


def test_names_of_configurations_on_hosts():
    """Two sockets, one or both of them to a replica, in the precision of the scenario."""
    names = {one.name for one in on_hosts(REUSE)}
    assert names <= {f"llama-3.1-8b@h100-sxm-8/host:tp{tp}:fp8:100%" for tp in (1, 2)}
    assert names
    assert {one.accelerators for one in on_hosts(REUSE)} == {0}


def test_without_reuse_there_are_none():
    assert on_hosts() == []
    assert on_hosts(REUSE, "fleet.host_reuse_share=0") == []


def test_hosts_serve_batch_classes_only():
    given = inputs("demo-week", *SMALL, REUSE)
    found = enumerate_configurations(given)
    hosts = found.table.sel(configuration=found.table["on_host"])
    online = [k.name for k in given.classes if k.workload.kind == "online"]
    assert float(hosts["rate_rps"].sel(request_class=online).max()) == 0
    assert float(hosts["rate_rps"].max()) > 0


def test_an_llm_without_batch_work_has_none():
    assert {one.llm for one in on_hosts(REUSE)} == {"llama-3.1-8b"}


def test_what_a_replica_takes_of_its_host():
    table = enumerate_configurations(inputs("demo-week", *SMALL, REUSE), prune=False).table
    of_two = table.sel(engine="llama-3.1-8b@h100-sxm-8/host:tp2:fp8")
    assert float(of_two["host_share"]) == 1
    assert float(of_two["host_dram_gb"]) == pytest.approx(106, abs=1)
    assert float(of_two["accelerators"]) == float(of_two["loaded_kw"]) == 0
    assert float(table["host_share"].sel(engine="llama-3.1-8b@h100-sxm-8:tp1:fp8")) == 0


def test_too_little_dram_is_told():
    """The LLM does not fit on the accelerator either: 128 GB less 32 and 12.3."""
    large = ("fleet.skus=[l4-1, h100-sxm-8]", "workloads[summaries].llm=llama-3.1-70b")
    rejected = enumerate_configurations(inputs("demo-week", *SMALL, *large, REUSE)).rejected
    reasons = [
        one.reason
        for one in rejected
        if one.configuration.on_host and one.configuration.sku == "l4-1"
    ]
    assert reasons == ["needs 129 GB of DRAM, the host has 84 GB left"]


def test_checkpoints_are_those_that_fit_on_the_accelerators():
    given = inputs("demo-week", *DAY, "fleet.skus=[l4-1, h100-sxm-8]", "fleet.stock=[]")
    l4, h100 = (checkpoints_gb(given, server) for server in given.servers)
    assert len(l4) == 1  # 8 GB of Llama 3.1 8B in 24
    assert len(h100) == 3
