"""The work of a machine: what its replicas do together, and which split is chosen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carbonplan.errors import InvalidInput
from carbonplan.technology.operating import operating_points
from carbonplan.technology.points import ClassLimits
from carbonplan.technology.work import Case, Work, best_work, tensor_parallel_splits
from tests.technology.example_records import H100_8, LLAMA_8B, LLAMA_70B, T4_4
from tests.technology.example_replicas import CALIBRATION, replica

LIMITS = ClassLimits(512, 256, None, None)
CASE = Case(LLAMA_8B, "bf16", LIMITS, 1.0)


def test_replicas_of_a_server_work_together():
    """As many replicas as fit, each at the rate and energy of one."""
    work = best_work(H100_8, CASE, CALIBRATION)
    points = operating_points(
        [replica(tensor_parallel=work.tensor_parallel)], [LIMITS], 1.0, CALIBRATION
    )
    replicas = 8 / work.tensor_parallel
    tokens_per_s = replicas * points.rate_rps[0, 0] * 256
    assert work.ktokens_per_hour == pytest.approx(tokens_per_s * 3.6)
    joules = points.energy_kj_per_request[0, 0] * 1e3
    assert work.active_kwh_per_ktoken == pytest.approx(joules / 256 * 1_000 / 3.6e6)
    assert work.idle_kw == pytest.approx((400 + 8 * 110) / 1_000)


def test_the_split_that_takes_least_is_chosen():
    work = best_work(H100_8, CASE, CALIBRATION)
    for split in tensor_parallel_splits(H100_8, LLAMA_8B):
        points = operating_points([replica(tensor_parallel=split)], [LIMITS], 1.0, CALIBRATION)
        per_hour = 8 / split * points.rate_rps[0, 0] * 256 * 3.6
        active = points.energy_kj_per_request[0, 0] / 3_600 / 256 * 1_000
        assert work.kwh_per_ktoken <= active + work.idle_kw / per_hour + 1e-12


def test_pue_counts_all_energy_and_no_work():
    plain = best_work(H100_8, CASE, CALIBRATION)
    site = best_work(H100_8, replace(CASE, pue=1.5), CALIBRATION)
    assert site.ktokens_per_hour == plain.ktokens_per_hour
    assert site.kwh_per_ktoken == pytest.approx(1.5 * plain.kwh_per_ktoken)
    assert site.mean_power_kw(0.3) == pytest.approx(1.5 * plain.mean_power_kw(0.3))


def test_mean_power_lies_between_idle_and_busy():
    work = Work(1, 1.0, 10.0, 0.2, 0.5)  # 2 kW above idle
    assert [work.mean_power_kw(u) for u in (0.0, 0.5, 1.0)] == [0.5, 1.5, 2.5]
    assert work.kwh_per_ktoken * work.ktokens_per_hour == pytest.approx(work.mean_power_kw(1.0))


def test_an_llm_that_no_split_holds_is_refused_with_each_reason():
    with pytest.raises(InvalidInput, match=r"llama-3\.1-70b on t4-4") as caught:
        best_work(T4_4, replace(CASE, llm=LLAMA_70B), CALIBRATION)
    assert [line.partition(":")[0] for line in caught.value.problems] == ["tp1", "tp2", "tp4"]
