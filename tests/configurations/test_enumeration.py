"""Enumeration: what a replica can be, why others cannot, and that pruning changes nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carbonplan.configurations import Configuration, enumerate_configurations
from tests.answers import optimum
from tests.profiles import measured_profile
from tests.questions import inputs, problem

SMALL = ("fleet.tensor_parallel=[1, 2]", "fleet.clock_fractions=[1.0, 0.8, 0.6]")


def test_names_tell_what_is_loaded_and_at_which_clock():
    configuration = Configuration("llama", "box-8", 2, 1, "fp8", 0.7)
    assert configuration.engine == "llama@box-8:tp2:fp8"
    assert configuration.name == "llama@box-8:tp2:fp8:70%"
    assert Configuration("llama", "box-8", 2, 4, "fp8", 1.0).accelerators == 8


def test_every_candidate_is_kept_or_rejected_with_a_reason():
    found = enumerate_configurations(inputs("one-hour", *SMALL))
    skus, parallel, precisions, clocks = 4, 2, 2, 3
    assert len(found.kept) + len(found.rejected) == skus * parallel * precisions * clocks
    assert all(rejection.reason for rejection in found.rejected)
    assert [c.name for c in found.kept] == found.table["configuration"].values.tolist()


@pytest.mark.parametrize(
    ("overrides", "kind", "words"),
    [
        (("workloads[chat].llm=llama-3.1-70b",), "memory", "do not fit"),
        (("fleet.tensor_parallel=[1, 16]",), "parallelism", "needs 16 accelerators"),
        (("workloads[chat].tpot_s=0.012",), "slo", "TPOT"),
        (("fleet.clock_fractions=[1.0, 0.05]",), "clock", "below the lowest clock"),
    ],
)
def test_a_rejection_says_why(overrides: tuple[str, ...], kind: str, words: str):
    rejected = enumerate_configurations(inputs("one-hour", *overrides)).rejected
    assert any(r.kind == kind and words in r.reason for r in rejected)


@pytest.mark.parametrize(
    "overrides",
    [
        SMALL,
        (*SMALL, "fleet.start_costs=false"),
        (*SMALL, "fleet.replicas=continuous"),
        (*SMALL, "fleet.replicas=continuous", "fleet.start_costs=false"),
        (*SMALL, "objective.minimise=cost"),
        (*SMALL, "objective.minimise=latency"),
        (*SMALL, "objective.minimise=energy", "fleet.switch_off=false"),
        (*SMALL, "objective.minimise=water", "workloads[chat].arrivals.mean_rps=90"),
    ],
)
def test_dropping_the_dominated_changes_no_optimum(overrides: tuple[str, ...]):
    pruned, whole = (problem("one-hour", *overrides, prune=prune) for prune in (True, False))
    assert len(pruned.serving) < len(whole.serving)
    assert optimum(pruned).total == pytest.approx(optimum(whole).total, rel=1e-6)


def test_dropping_changes_no_optimum_over_a_day_with_starts():
    day = ("horizon.start=2022-02-22T00:00:00Z", "horizon.hours=4", *SMALL)
    series = "series.intensity_g_per_kwh=series/demo-week-intensity.csv"
    overrides = (*day, series, "workloads[chat].arrivals.shape=servegen-m-large")
    pruned, whole = (problem("one-hour", *overrides, prune=prune) for prune in (True, False))
    assert optimum(pruned).total == pytest.approx(optimum(whole).total, rel=1e-6)


def test_a_small_fleet_is_planned_whole_and_a_large_one_continuous():
    assert enumerate_configurations(inputs("one-hour")).whole_replicas
    large = inputs("one-hour", "workloads[chat].arrivals.mean_rps=100000")
    assert not enumerate_configurations(large).whole_replicas


def test_a_measured_profile_replaces_the_model():
    given = inputs("one-hour", *SMALL)
    first = enumerate_configurations(given).kept[0]
    name = given.classes[0].request_class.request_class
    profile = measured_profile(first, name, max_rate_rps=1000.0, ttft_s=0.01)
    table = enumerate_configurations(replace(given, profiles=(profile,))).table
    pair = table.sel(configuration=first.name, request_class=given.classes[0].name)
    assert float(pair["rate_rps"]) == pytest.approx(800.0)  # at the load limit of 0.8
    assert float(pair["energy_kj_per_request"]) == pytest.approx(0.005)
