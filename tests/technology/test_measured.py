import numpy as np
import pytest

from carbonplan.technology.measured import (
    WIDENING,
    Curve,
    class_times,
    measured_replicas,
)
from tests.technology.example_measurements import powered_rows, row, simple_rows


def only(rows):
    (found,) = measured_replicas(rows)[0].values()
    return found


def test_between_two_points_logarithms_are_joined_by_a_line():
    curve = Curve.through({1.0: [0.01], 4.0: [0.02]}, rises=True)
    assert curve.at([1, 2, 4]) == pytest.approx([0.01, 0.01 * np.sqrt(2), 0.02])


def test_beyond_its_ends_a_curve_goes_on_as_it_ended():
    curve = Curve.through({1.0: [1.0], 2.0: [2.0], 4.0: [8.0]}, rises=True)
    assert curve.at([0.5, 8.0]) == pytest.approx([0.5, 32.0])
    assert curve.beyond(2.0) == curve.beyond(4.0) == 0.0
    assert [curve.beyond(8.0), curve.beyond(0.5)] == pytest.approx([np.log(2)] * 2)


def test_repeats_count_as_their_median_and_a_dip_is_lifted():
    curve = Curve.through({1.0: [1.0, 9.0, 2.0], 2.0: [1.5], 4.0: [4.0]}, rises=True)
    assert curve.at([1, 2, 4]) == pytest.approx([2.0, 2.0, 4.0])


def test_times_of_a_class_follow_batch_and_tokens():
    times, problems = class_times(only(simple_rows()), 150, 200, widen=False)
    assert problems == []
    assert times.prefill_s == pytest.approx(0.15)
    assert times.step_at([1, 2, 4]) == pytest.approx([0.01, 0.01 * np.sqrt(2), 0.02])
    assert times.largest_batch == 4
    assert times.prefill_w is None
    assert times.step_w is None


def test_below_the_smallest_batch_a_step_is_no_faster():
    rows = [one for one in simple_rows() if one.batch == 4 or one.quantity == "prefill_s"]
    times, _ = class_times(only(rows), 150, 200, widen=False)
    assert times.step_at(1) == pytest.approx(0.02)


def test_power_is_interpolated_where_it_was_measured():
    times, _ = class_times(only(powered_rows()), 150, 200, widen=False)
    assert times.prefill_w == pytest.approx(710)
    assert times.step_w.at(3) == pytest.approx(410)


def test_outside_the_measured_tokens_there_is_no_answer():
    times, problems = class_times(only(simple_rows()), 800, 1000, widen=False)
    assert times is None
    assert problems == [
        "prompts of 800 tokens, only from 100 to 400",
        "a context of 1000 tokens, only from 100 to 400",
    ]


def test_a_widened_band_grows_with_the_distance():
    """800 tokens are ln 2 beyond 400: the line gives 0.8 s, the slow end 2^0.25 times that."""
    times, _ = class_times(only(simple_rows()), 800, 200, widen=True)
    assert times.prefill_s == pytest.approx(0.8 * 2**WIDENING)


def test_a_batch_that_was_not_measured_at_the_context_is_not_used():
    """The cache of four long sequences did not fit: their batch ends at 400 tokens."""
    longer = row("step_s", 0.011, batch=1, tokens=1600)
    replica = only([*simple_rows(), longer])
    assert class_times(replica, 150, 300, widen=False)[0].largest_batch == 4
    assert class_times(replica, 150, 1500, widen=False)[0].largest_batch == 1


def test_replicas_differ_by_place_and_clock():
    slower = [one.model_copy(update={"clock_fraction": 0.8}) for one in simple_rows()]
    replicas, problems = measured_replicas([*simple_rows(), *slower])
    assert problems == []
    assert [place[-1] for place in replicas] == [1.0, 0.8]


def test_what_a_plan_needs_and_a_table_lacks_is_told_at_once():
    _, problems = measured_replicas([row("prefill_s", 0.1), row("step_s", 0.01)])
    assert [line.partition(": ")[2] for line in problems] == [
        "prefill_s at 1 lengths; a profile needs at least 2",
        "step_s of batch 1 at 1 context; a profile needs at least 2",
    ]
    _, problems = measured_replicas([row("prefill_s", 0.1, tokens=n) for n in (1, 2)])
    assert "no step_s" in problems[0]
