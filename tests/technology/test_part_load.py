"""Lines of power over load: where they are exact, and what clocks of an engine share."""

from __future__ import annotations

import numpy as np
import pytest

from carbonplan.technology.operating import ClassLimits, operating_points
from carbonplan.technology.part_load import LIGHT_LOAD, Lines, lines
from carbonplan.technology.serving_power import serving_power_kw
from tests.technology.example_replicas import CALIBRATION, figures, replica

CHAT = ClassLimits(1000, 250, ttft_s=1.0, tpot_s=0.05)
SUMMARIES = ClassLimits(3000, 100, ttft_s=4.0, tpot_s=0.2)
DEMAND = (3.0, 1.0)


def found(*replicas, demand=DEMAND):
    points = operating_points(replicas, [CHAT, SUMMARIES], 0.8, CALIBRATION)
    return points, lines(points, demand, CALIBRATION)


def drawn_kw(rates, part):
    lengths = np.array([1000.0, 3000.0]), np.array([250.0, 100.0])
    return serving_power_kw(*lengths, rates, part, computes_prompts=True)


def test_the_line_is_exact_at_light_and_at_full_load_of_the_mix():
    points, line = found(replica())
    at_any_load, left = line.of_engine(np.array([0]))
    mix = np.array(DEMAND) / (np.array(DEMAND) / points.rate_rps[:, 0]).sum()
    for load in (LIGHT_LOAD, 1.0):
        by_the_line = at_any_load + load * left[0] * mix @ points.energy_kj_per_request[:, 0]
        assert by_the_line == pytest.approx(drawn_kw(load * mix[:, None], figures({}))[0])
    assert 0.5 * line.full_kw[0] < at_any_load < line.full_kw[0]


def test_a_line_over_light_loads_is_nearer_than_the_straight_one():
    points, line = found(replica())
    at_any_load, left = line.of_engine(np.array([0]))
    mix = np.array(DEMAND) / (np.array(DEMAND) / points.rate_rps[:, 0]).sum()
    alone = mix @ points.energy_kj_per_request[:, 0]
    for load in (0.1, 0.2, 0.5, 0.7):
        drawn = drawn_kw(load * mix[:, None], figures({}))[0]
        assert abs(at_any_load + load * left[0] * alone - drawn) < abs(load * alone - drawn)


def test_clocks_share_what_the_thriftiest_of_the_most_able_draws():
    line = Lines(
        start_kw=np.array([0.5, 0.4, 0.1]),
        full_kw=np.array([1.0, 0.6, 0.2]),
        alone_kw=np.array([0.9, 0.5, 0.2]),
        rate_rps=np.array([2.0, 1.5, 1.0]),
        classes=np.array([2, 2, 1]),
    )
    at_any_load, left = line.of_engine(np.array([0, 1, 2]))
    assert at_any_load == 0.4
    assert left == pytest.approx([0.6 / 0.9, 0.2 / 0.5, 0.0])


def test_replicas_that_compute_prompts_alone_draw_by_the_prompt():
    _, line = found(replica(role="prefill"))
    at_any_load, left = line.of_engine(np.array([0]))
    assert at_any_load == 0.0
    assert left == pytest.approx([1.0])


def test_without_demand_nothing_is_counted_apart():
    _, line = found(replica(), demand=(0.0, 0.0))
    at_any_load, left = line.of_engine(np.array([0]))
    assert at_any_load == 0.0
    assert left.tolist() == [1.0]
