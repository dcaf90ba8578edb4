"""What a scenario asks of the calibration reaches the models."""

import pytest

from carbonplan.catalogue.gather import gather
from carbonplan.catalogue.shipped import scenarios_root
from carbonplan.scenario import load
from carbonplan.technology.operating import ClassLimits, operating_points
from carbonplan.technology.planning import calibration_of
from tests.technology.example_replicas import replica

CLASSES = [ClassLimits(800.0, 200.0, ttft_s=2.0, tpot_s=0.05)]


def points(*settings: str):
    inputs = gather(load(scenarios_root() / "one-hour.yaml", overrides=settings))
    return operating_points([replica()], CLASSES, 0.8, calibration_of(inputs))


def test_the_engine_of_the_fleet_decides_on_overheads():
    newest, named, other = (
        [found.best_ttft_s[0, 0], found.best_step_s[0, 0], found.max_rate_rps[0, 0]]
        for settings in ((), ("fleet.engine=vllm-2026",), ("fleet.engine=sglang-2025",))
        for found in [points(*settings)]
    )
    assert newest == named
    assert newest != pytest.approx(other, rel=1e-3)


def test_a_pessimist_plans_with_less_throughput_and_more_energy():
    best, central, worst = (
        points(f"uncertainty.stance={stance}")
        for stance in ("optimistic", "central", "pessimistic")
    )
    assert best.rate_rps > central.rate_rps > worst.rate_rps
    assert best.energy_kj_per_request < worst.energy_kj_per_request
