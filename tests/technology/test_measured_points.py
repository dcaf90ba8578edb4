import numpy as np
import pytest

from carbonplan.errors import InvalidInput
from carbonplan.technology.measured_points import measured_profiles
from carbonplan.technology.operating import ClassLimits
from tests.technology.example_measurements import powered_rows, simple_rows
from tests.technology.example_replicas import CALIBRATION, replica

CHAT = ClassLimits(150, 100, ttft_s=None, tpot_s=0.03)


def profiles(rows, limits=CHAT, *, utilisation=0.8, widen=False, **changes):
    found = measured_profiles(
        rows, [replica(**changes)], {"w/chat": limits}, utilisation, CALIBRATION, widen=widen
    )
    return list(found)


def test_the_largest_batch_inside_the_limit_gives_the_rate():
    """Four sequences: 20 ms a step, and 4 x 150 ms of prompts over 100 tokens: 26 ms."""
    (found,) = profiles(simple_rows())
    assert found.max_rate_rps == pytest.approx(4 / (100 * 0.026))
    assert (found.sku, found.request_class, found.source) == ("h100-sxm-8", "w/chat", "own.csv")


def test_a_tighter_limit_takes_a_smaller_batch():
    """Of two sequences 14.1 + 3 ms keep 20 ms, of three 17.3 + 4.5 ms do not."""
    (found,) = profiles(simple_rows(), ClassLimits(150, 100, ttft_s=None, tpot_s=0.02))
    assert found.max_rate_rps == pytest.approx(2 / (100 * (0.01 * np.sqrt(2) + 0.003)))


def test_no_batch_inside_the_limits_is_a_rate_of_zero():
    for limits in (
        ClassLimits(150, 100, ttft_s=None, tpot_s=0.011),
        ClassLimits(150, 100, ttft_s=0.15, tpot_s=None),
    ):
        (found,) = profiles(simple_rows(), limits)
        assert found.max_rate_rps == 0.0


def test_waiting_lowers_the_load_that_a_limit_on_ttft_allows():
    loose, tight = (
        profiles(simple_rows(), ClassLimits(150, 100, ttft_s=limit, tpot_s=0.03))[0]
        for limit in (30.0, 1.0)
    )
    assert loose.max_rate_rps == pytest.approx(4 / (100 * 0.026))
    assert 0 < tight.max_rate_rps < loose.max_rate_rps
    assert 0.15 < tight.ttft_s < 1.0


def test_energy_is_that_of_a_prompt_and_of_the_steps_shared_by_the_running_batch():
    """710 W and 410 W are 600 W and 300 W above idle, and 50 W of the host come on top.

    At a load of 80 % Little's law keeps b sequences running, b = r n t(b) / (1 - r p); with
    t(b) = 10 ms times the root of b that is the square of what stands before the root.
    """
    (found,) = profiles(powered_rows())
    rate = 0.8 * 4 / (100 * 0.026)
    batch = (100 * rate * 0.01 / (1 - rate * 0.15)) ** 2
    step_s = 0.01 * np.sqrt(batch)
    assert 1 < batch < 4
    joules = 650 * 0.15 + 350 * 100 * step_s / batch
    assert found.energy_j_per_request == pytest.approx(joules, rel=1e-4)


def test_power_that_was_not_measured_is_that_of_the_model():
    (found,) = profiles(simple_rows())
    prompt_j, steps_j = 650 * 0.15, 350 * 100 * 0.01
    assert 0.5 * (prompt_j + steps_j) < found.energy_j_per_request < 2 * (prompt_j + steps_j)


def test_a_replica_that_was_not_measured_keeps_the_model():
    assert profiles(simple_rows(), clock_fraction=0.8) == []
    assert profiles(simple_rows(), tensor_parallel=2) == []


def test_a_class_beyond_the_range_is_refused_or_taken_with_a_wider_band():
    long = ClassLimits(800, 100, ttft_s=None, tpot_s=None)
    with pytest.raises(InvalidInput) as refusal:
        profiles(simple_rows(), long)
    assert refusal.value.subject == "own.csv"
    assert refusal.value.problems[0].startswith(
        "w/chat: llama-3.1-8b on h100-sxm (TP 1, bf16, clock 1) was not measured at prompts of "
        "800 tokens, only from 100 to 400"
    )
    (found,) = profiles(simple_rows(), long, widen=True)
    assert found.max_rate_rps > 0
