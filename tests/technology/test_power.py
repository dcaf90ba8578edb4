import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbonplan.technology.performance import PhaseTime, decode_step, prompt_work
from carbonplan.technology.power import (
    above_idle_kw,
    busy_power_w,
    core_power,
    relative_voltage,
)
from tests.technology.example_records import LLAMA_70B
from tests.technology.example_replicas import figures

CLOCK = st.floats(min_value=0.2, max_value=1.0)


def phase(compute: float, memory: float) -> PhaseTime:
    return PhaseTime(np.ones(1), np.array([compute]), np.array([memory]), np.zeros(1))


def test_voltage_stands_at_its_floor_and_rises_to_one():
    clocks = [0.2, 0.5, 0.75, 1.0]
    assert relative_voltage(clocks, 0.8, 0.5) == pytest.approx([0.8, 0.8, 0.9, 1.0])


def test_core_power_is_voltage_squared_times_clock():
    assert core_power([0.5, 0.75, 1.0], 0.8, 0.5) == pytest.approx([0.32, 0.6075, 1.0])


def test_prompts_draw_the_limit():
    assert busy_power_w(prompt_work(2000, figures({})), figures({})) == pytest.approx(700)


def test_decode_draws_less_than_the_limit_and_more_as_the_batch_grows():
    part = figures({})
    watts = [busy_power_w(decode_step(n, 400, part), part)[0] for n in (1, 8, 32, 128)]
    assert np.all(np.diff(watts) > 0)
    assert 300 < watts[0] < watts[-1] < 700


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 1), st.floats(0, 1), CLOCK, CLOCK)
def test_power_stays_between_idle_and_limit_and_rises_with_the_clock(compute, memory, a, b):
    low, high = (
        busy_power_w(phase(compute, memory), figures({"clock_fraction": clock}))[0]
        for clock in sorted([a, b])
    )
    assert 110 <= low <= high * (1 + 1e-12)
    assert high <= 700


def test_measured_gemms_at_locked_clocks():
    """H100: 558 W at 1,200 MHz and 390 W at 1,005 MHz, against the limit without a lock."""
    low, middle = (
        busy_power_w(phase(1.0, 0.0), figures({"clock_fraction": mhz / 1980}))[0]
        for mhz in (1005, 1200)
    )
    assert [low, middle] == pytest.approx([390, 558], rel=0.25)


def test_lock_above_the_sustained_clock_changes_no_prompt():
    one, other = (
        prompt_work(2000, figures({"clock_fraction": clock})).total_s for clock in (0.8, 1.0)
    )
    assert one == pytest.approx(other)


def test_replica_above_idle_includes_its_share_of_the_host():
    part = figures({"llm": LLAMA_70B, "tensor_parallel": 4})
    step = decode_step(16, 400, part)
    expected = 4 * (busy_power_w(step, part) - 110 + 400 / 8) / 1000
    assert above_idle_kw(step, part) == pytest.approx(expected)
