"""Modes: one engine for each measured replica and class, and nothing else beside them."""

from __future__ import annotations

import pytest

from carbonplan.catalogue.gather import gather
from carbonplan.catalogue.inputs import Inputs
from carbonplan.configurations import Configurations, enumerate_configurations
from carbonplan.errors import NoPlanExists
from carbonplan.reproduce.freesh.data import Profile
from carbonplan.reproduce.freesh.scenario import write_window
from carbonplan.scenario import load
from tests.reproduce.test_freesh import ALPHA, mode, study

SMALL, LARGE = mode("x2", 2, 6.0, 500.0), mode("x4", 4, 12.0, 1200.0)
CLASS = "requests/a/S"


def inputs(folder, *profiles: Profile, overrides: tuple[str, ...] = ()) -> Inputs:
    return gather(load(write_window(study(*profiles), ALPHA, 0, folder), overrides))


def found(folder, *profiles: Profile, **options) -> Configurations:
    return enumerate_configurations(inputs(folder, *profiles, **options))


def test_a_mode_is_an_engine_that_carries_its_class(tmp_path):
    kept = found(tmp_path, SMALL, LARGE).kept
    assert [one.engine.partition(":")[2] for one in kept] == [
        f"tp2:bf16:{CLASS} at 100%",
        f"tp4:bf16:{CLASS} at 100%",
    ]
    assert [one.accelerators for one in kept] == [2, 4]


def test_the_table_has_its_power_at_idle_and_its_rate_over_the_head_room(tmp_path):
    table = found(tmp_path, SMALL).table
    assert table["loaded_kw"].values.tolist() == [0.5]
    assert table["rate_rps"].values.ravel().tolist() == pytest.approx([6.0 / 1.1])
    assert not table["energy_kj_per_request"].values.any()
    assert not table["start_hours"].values.any()


def test_starting_a_mode_takes_what_the_model_says(tmp_path):
    charged = found(tmp_path, SMALL, overrides=("fleet.start_costs=true",)).table
    assert float(charged["start_hours"].max()) > 0
    assert float(charged["start_energy_kwh"].max()) > 0


def test_no_mode_is_dominated(tmp_path):
    """The second needs more of everything, and is kept: it was measured."""
    worse = mode("x4", 4, 6.0, 1200.0)
    assert len(found(tmp_path, SMALL, worse).kept) == 2


def test_a_mode_that_is_too_slow_is_rejected_with_what_was_measured(tmp_path):
    slow = mode("x4", 4, 12.0, 1200.0, ttft_ms=400.0)
    (rejected,) = found(tmp_path, SMALL, slow).rejected
    assert rejected.kind == "slo"
    assert rejected.reason == "TTFT 400 ms measured, 300 ms allowed"


def test_the_workloads_own_limits_hold_too(tmp_path):
    limit = ("workloads[requests].ttft_s=0.05",)
    with pytest.raises(NoPlanExists, match="1 by slo"):
        found(tmp_path, SMALL, overrides=limit)
