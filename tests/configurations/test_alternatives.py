"""Alternatives, headroom and spares: what may answer, at what rate, and what is dropped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from carbonplan.configurations import enumerate_configurations
from carbonplan.configurations.pruning import Rules, prune
from carbonplan.errors import NoPlanExists
from tests.profiles import measured_profile
from tests.questions import inputs

SMALL = ("fleet.tensor_parallel=[1, 2]", "fleet.clock_fractions=[1.0]")
OTHER = (
    "workloads[chat].quality=0.8",
    "workloads[chat].alternatives=[{llm: qwen2.5-7b, quality: 0.7}]",
)


def test_configurations_of_an_alternative_serve_the_class():
    given = inputs("one-hour", *SMALL, *OTHER)
    assert [card.llm for card in given.llms] == ["llama-3.1-8b", "qwen2.5-7b"]
    table = enumerate_configurations(given).table
    for llm in ("llama-3.1-8b", "qwen2.5-7b"):
        mine = table["rate_rps"].sel(configuration=table["llm"] == llm)
        assert float(mine.max()) > 0
    alone = enumerate_configurations(inputs("one-hour", *SMALL)).table
    own = table.sel(configuration=alone["configuration"])
    assert np.array_equal(own["rate_rps"].values, alone["rate_rps"].values)


def test_a_class_that_nothing_serves_names_every_llm():
    slow = inputs("one-hour", *SMALL, *OTHER, "workloads[chat].tpot_s=0.0001")
    with pytest.raises(NoPlanExists, match=r"no configuration of llama-3\.1-8b or qwen2\.5-7b"):
        enumerate_configurations(slow)


def test_a_profile_is_of_classes_that_its_llm_may_answer():
    one_hour = ("horizon.hours=1", "workloads[summaries].deadline_hours=1")
    given = inputs("demo-week", *one_hour, *SMALL)
    first = enumerate_configurations(given).kept[0]
    other = next(k for k in given.classes if first.llm not in k.workload.llms)
    name = other.request_class.request_class
    profile = measured_profile(first, name, max_rate_rps=99.0)
    table = enumerate_configurations(replace(given, profiles=(profile,)), prune=False).table
    pair = table.sel(request_class=other.name, configuration=first.name)
    assert float(pair["rate_rps"]) == 0


def test_headroom_divides_the_rate_and_leaves_the_energy():
    plain, roomy = (
        enumerate_configurations(
            inputs("one-hour", *SMALL, f"workloads[chat].headroom={room}"), prune=False
        ).table
        for room in (1, 1.5)
    )
    assert roomy["rate_rps"].values == pytest.approx(plain["rate_rps"].values / 1.5)
    for name in ("energy_kj_per_request", "ttft_s", "loaded_kw"):
        assert np.array_equal(roomy[name].values, plain[name].values)


def test_where_replicas_are_counted_a_large_one_replaces_no_small_one():
    """Half a large replica may do the work of a small one, and is half a spare."""
    pair, engine, single = ("request_class", "configuration"), ("engine",), ("configuration",)
    table = xr.Dataset(
        {
            "rate_rps": (pair, [[10.0, 25.0]]),
            "energy_kj_per_request": (pair, [[0.05, 0.04]]),
            "ttft_s": (pair, [[0.1, 0.1]]),
            "accelerators": (engine, [1.0, 2.0]),
            "loaded_kw": (engine, [0.1, 0.2]),
            "start_energy_kwh": (engine, [0.02, 0.04]),
            "start_fraction": (engine, [0.1, 0.1]),
            "host_share": (engine, [0.0, 0.0]),
            "host_dram_gb": (engine, [0.0, 0.0]),
        },
        {
            "request_class": ["chat/all"],
            "configuration": ["small:100%", "large:100%"],
            "engine": ["small", "large"],
            "sku": (single, ["box", "box"]),
            "llm": (single, ["llm", "llm"]),
            "role": (single, ["mixed", "mixed"]),
            "on_host": (single, [False, False]),
            "configuration_engine": (single, ["small", "large"]),
        },
    )
    rules = Rules(whole=False, engines_mix=False, latency_counts=False)
    assert prune(table, rules)[0]["engine"].values.tolist() == ["large"]
    counted = replace(rules, replicas_count=True)
    assert prune(table, counted)[0]["engine"].values.tolist() == ["small", "large"]
