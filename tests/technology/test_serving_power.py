"""Power of replicas at the load they have, against what requests take alone and together."""

import numpy as np
import pytest

from carbonplan.technology.operating import ClassLimits, operating_points
from carbonplan.technology.performance import decode_step, prompt_work
from carbonplan.technology.power import above_idle_kw
from carbonplan.technology.serving_power import serving_power_kw
from tests.technology.example_replicas import CALIBRATION, figures, replica

PROMPT, ANSWER = np.array([1000.0]), np.array([250.0])
FREE = ClassLimits(1000, 250, ttft_s=None, tpot_s=None)
TWO_STAGES = {"pipeline_parallel": 2}


def power_kw(rates_rps, part=None, role="mixed", classes=1):
    return serving_power_kw(
        np.repeat(PROMPT, classes),
        np.repeat(ANSWER, classes),
        np.asarray(rates_rps, dtype=float).reshape(classes, -1),
        figures() if part is None else part,
        computes_prompts=role == "mixed",
    )


@pytest.mark.parametrize("role", ["mixed", "decode"])
@pytest.mark.parametrize("change", [{}, TWO_STAGES])
def test_at_the_full_rate_it_is_the_energy_of_a_plan(role, change):
    found = operating_points([replica(role=role, **change)], [FREE], 0.8, CALIBRATION)
    expected = found.rate_rps[0, 0] * found.energy_kj_per_request[0, 0]
    drawn = power_kw(found.rate_rps[0, 0], figures(change), role)
    assert drawn[0] == pytest.approx(expected, rel=1e-6)


def test_hardly_any_requests_are_served_one_by_one():
    part, rate = figures(), 1e-4
    step, prompt = decode_step(1.0, 1125.0, part), prompt_work(1000.0, part)
    alone_kj = above_idle_kw(step, part) * 250 * step.total_s
    alone_kj = alone_kj + above_idle_kw(prompt, part) * prompt.total_s
    assert power_kw(rate, part)[0] / rate == pytest.approx(alone_kj[0], rel=1e-3)


def test_of_two_pipeline_stages_one_is_idle_under_a_request_alone():
    part, rate = figures(TWO_STAGES), 1e-4
    step = decode_step(1.0, 1125.0, part)
    expected = above_idle_kw(step, part) * 250 * step.total_s / 2
    assert power_kw(rate, part, "decode")[0] / rate == pytest.approx(expected[0], rel=1e-3)


def test_half_the_load_draws_more_than_half_the_power():
    rate = operating_points([replica()], [FREE], 0.8, CALIBRATION).rate_rps[0, 0]
    nothing, half, whole = power_kw(rate * np.array([0.0, 0.5, 1.0]))
    assert nothing == 0.0
    assert 0.8 * whole < half < whole


def test_classes_alike_are_one_class():
    assert power_kw([[1.0], [2.0]], classes=2) == pytest.approx(power_kw([3.0]))
