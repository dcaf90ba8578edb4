"""Time and power against clock and power limit: by hand, at the ends, and monotone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbonplan.technology.clocks import (
    LOWEST_CLOCK,
    Load,
    Response,
    compute_rate,
    core_power,
    held_clock,
    mean_power,
    memory_slowing,
    relative_power,
    relative_time,
    relative_voltage,
    shares,
    work_power,
)

PART = st.floats(min_value=0.0, max_value=1.0)
CLOCKS = np.linspace(LOWEST_CLOCK, 1.0, 40)
RESPONSE = Response(
    sustained_clock=1.0,
    memory_clock_knee=0.5,
    voltage_floor=0.8,
    voltage_knee=0.5,
    idle_clock_share=0.0,
)


def load(**changes: float) -> Load:
    parts = {
        "compute": 1.0,
        "memory": 0.0,
        "overhead": 0.0,
        "duty": 1.0,
        "idle_power": 0.2,
        "core_power": 0.0,
        "matrix_power": 0.8,
        "memory_power": 0.0,
    }
    return Load(**{**parts, **changes})


@st.composite
def loads(draw) -> Load:
    compute, memory, overhead = shares(draw(PART) + 0.01, draw(PART), draw(PART))
    powers = [draw(PART) / 4.0 + 0.01 for _ in range(4)]
    return Load(compute, memory, overhead, 1.0 - 0.99 * draw(PART), *powers)


@st.composite
def responses(draw) -> Response:
    return Response(
        sustained_clock=0.5 + draw(PART) / 2.0,
        memory_clock_knee=0.1 + 0.8 * draw(PART),
        voltage_floor=0.4 + 0.6 * draw(PART),
        voltage_knee=0.2 + 0.7 * draw(PART),
        idle_clock_share=draw(PART),
    )


def test_parts_of_a_load_make_up_its_time():
    compute, memory, overhead = shares(3.0, 4.0, 5.0)
    assert (compute, memory, overhead) == pytest.approx((0.3, 0.4, 0.5))
    assert np.hypot(compute, memory) + overhead == pytest.approx(1.0)


def test_voltage_stands_at_its_floor_and_rises_to_one():
    clocks = [0.2, 0.5, 0.75, 1.0]
    assert relative_voltage(clocks, 0.8, 0.5) == pytest.approx([0.8, 0.8, 0.9, 1.0])
    assert core_power([0.5, 0.75, 1.0], 0.8, 0.5) == pytest.approx([0.32, 0.6075, 1.0])


def test_compute_follows_the_clock_up_to_the_sustained_one():
    assert compute_rate([0.35, 0.7, 1.0], 0.7) == pytest.approx([0.5, 1.0, 1.0])
    assert relative_time(load(), RESPONSE, 0.4) == pytest.approx(2.5)


def test_memory_waits_for_a_slow_path_below_the_knee_only():
    assert memory_slowing([0.4, 0.5, 1.0], 0.5) == pytest.approx([1.25**2, 1.0, 1.0])
    waiting = load(compute=0.0, memory=1.0)
    assert relative_time(waiting, RESPONSE, [0.6, 0.4]) == pytest.approx([1.0, 1.5625])


def test_the_path_to_memory_has_a_lowest_clock():
    assert memory_slowing([0.3, 0.125], 0.5) == pytest.approx([25 / 9, 25 / 9])


def test_overhead_and_waits_for_the_host_feel_no_clock():
    assert relative_time(load(compute=0.4, overhead=0.6), RESPONSE, 0.5) == pytest.approx(1.4)
    assert relative_time(load(duty=0.4), RESPONSE, 0.5) == pytest.approx(1.4)


def test_matrix_work_draws_voltage_squared_times_clock_above_idle():
    assert work_power(load(), RESPONSE, [0.5, 0.75, 1.0]) == pytest.approx(
        [0.2 + 0.8 * 0.32, 0.2 + 0.8 * 0.6075, 1.0]
    )


def test_matrix_work_stands_at_the_limit_from_the_sustained_clock_on():
    held = Response(0.75, 0.5, 0.8, 0.5, 0.0)
    assert work_power(load(), held, [0.75, 0.9, 1.0]) == pytest.approx([1.0, 1.0, 1.0])
    assert work_power(load(), held, 0.5) == pytest.approx(0.2 + 0.8 * 0.32 / 0.6075)


def test_memory_power_goes_with_the_work_that_is_done():
    reading = load(compute=0.0, memory=1.0, matrix_power=0.0, memory_power=0.6)
    assert work_power(reading, RESPONSE, [0.5, 0.25]) == pytest.approx([0.8, 0.2 + 0.6 * 0.36])


def test_a_share_of_idle_power_follows_the_clock():
    response = Response(1.0, 0.5, 0.8, 0.5, 0.5)
    asleep = load(matrix_power=0.0)
    assert work_power(asleep, response, 0.5) == pytest.approx(0.2 * (0.5 + 0.5 * 0.32))


def test_mean_power_counts_the_time_that_the_board_waits():
    half = load(duty=0.5)
    assert mean_power(half, RESPONSE, 1.0) == pytest.approx(0.6)
    # twice as long at work at 0.456, as long waiting at 0.2
    assert mean_power(half, RESPONSE, 0.5) == pytest.approx((2 * 0.456 + 0.2) / 3)


def test_a_limit_holds_the_clock_whose_power_it_allows():
    limit = work_power(load(), RESPONSE, 0.75)
    assert held_clock(load(), RESPONSE, 1.0, limit) == pytest.approx(0.75)
    assert held_clock(load(), RESPONSE, 0.6, limit) == pytest.approx(0.6)


def test_limits_that_bind_nothing_or_everything():
    light = load(matrix_power=0.1)
    assert held_clock(light, RESPONSE, 1.0, 0.5) == 1.0
    assert held_clock(load(), RESPONSE, 1.0, 0.01) == pytest.approx(LOWEST_CLOCK)
    heavy = load(matrix_power=1.5)  # held by its sustained clock at the default limit
    assert held_clock(heavy, RESPONSE, 1.0, 1.0) == 1.0


def test_many_loads_at_once():
    many = load(matrix_power=np.array([0.1, 0.8]))
    clock = held_clock(many, RESPONSE, np.ones(2), np.array([0.5, 0.5]))
    assert clock.shape == (2,)
    assert clock[0] == 1.0
    assert work_power(many, RESPONSE, clock)[1] == pytest.approx(0.5, abs=1e-6)


@settings(max_examples=200, deadline=None)
@given(loads(), responses())
def test_more_clock_is_never_slower_and_never_draws_less(some, board):
    assert np.all(np.diff(relative_time(some, board, CLOCKS)) <= 1e-12)
    assert np.all(np.diff(work_power(some, board, CLOCKS)) >= -1e-12)
    assert np.all(np.diff(relative_power(some, board, CLOCKS)) >= -1e-12)
    assert relative_time(some, board, 1.0) == pytest.approx(1.0)
    assert relative_power(some, board, 1.0) == 1.0


@settings(max_examples=100, deadline=None)
@given(loads(), responses())
def test_a_lower_limit_is_never_faster(some, board):
    clock = held_clock(some, board, 1.0, np.linspace(0.1, 1.0, 30))
    assert np.all(np.diff(clock) >= 0.0)
    held = (clock > LOWEST_CLOCK + 1e-6) & (np.linspace(0.1, 1.0, 30) < 1.0)
    limits = np.linspace(0.1, 1.0, 30)
    assert np.all(work_power(some, board, clock)[held] <= limits[held] + 1e-9)
